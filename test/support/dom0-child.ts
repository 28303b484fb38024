/**
 * A dom0 half in its own process, for tests that kill it: `node dom0-child.js SETTINGS.json`. Prints `ready`
 * when it listens.
 */
import { readFile } from 'node:fs/promises';
import { Dom0 } from '../../server/dom0/dom0.js';
import type { Dom0Settings } from '../../server/dom0/dom0-settings.js';
import { FAST_PACE } from './dom0-settings-sample.js';
import { FakeConsoles } from './fake-consoles.js';
import { silentLogger } from './silent-logger.js';

const [file = ''] = process.argv.slice(2);
const settings = JSON.parse(await readFile(file, 'utf8')) as Dom0Settings;
const consoles = new FakeConsoles();
const dom0 = new Dom0({ settings, version: 'test', consoles, logger: silentLogger, timings: FAST_PACE });
await dom0.start();
process.stdout.write('ready\n');
