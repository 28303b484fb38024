/**
 * Measures the dom0 half while nothing happens: `npm run bench:consoles [DOMAINS [SECONDS]]`, by default 250
 * and 60. Its `xl` lists that many running domains, and the console of each is a silent process. So only the
 * dom0 half is measured.
 */
import '../../server/cli/installation/fit-node.js';
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { HalfProcess } from '../../server/cli/demo/half-process.js';
import type { DomainView } from '../../server/wire/domain.js';
import { Dom0Client } from '../support/dom0-client.js';
import { eventually } from '../support/eventually.js';
import { ProcessFacts } from '../support/process-facts.js';
import { layOutQuietHost } from './quiet-host.js';

const SCRIPT = fileURLToPath(new URL('../../server/postern.js', import.meta.url));
const TICKS_A_SECOND = 100;
const START_MS = 300_000;

const [domains = 250, seconds = 60] = process.argv.slice(2).map(Number);
const names = Array.from({ length: domains }, (_, at) => `d${String(at + 1).padStart(3, '0')}`);

const directory = mkdtempSync(join(tmpdir(), 'postern-bench-'));
const { dom0Settings, dom0Socket } = layOutQuietHost({ names, directory });
const dom0 = new HalfProcess('dom0', SCRIPT, ['dom0', '--settings', dom0Settings], join(directory, 'log'));
try {
  await dom0.ready();
  const client = new Dom0Client(dom0Socket);
  await eventually(
    'all consoles to be attached',
    async () => {
      const { body } = await client.ask('GET', '/domains');
      const { domains: views } = body as { domains: readonly DomainView[] };
      return views.filter((view) => view.console === 'attached').length === domains;
    },
    { withinMs: START_MS, everyMs: 1_000 },
  );
  const facts = new ProcessFacts(dom0.pid ?? 0);
  const before = facts.cpuTicks;
  await delay(seconds * 1000);
  const percent = ((facts.cpuTicks - before) / TICKS_A_SECOND / seconds) * 100;
  const mib = Math.round(facts.peak / 1024 / 1024);
  process.stdout.write(
    `${domains} attached consoles at rest: ${percent.toFixed(1)} % of a core over ${seconds} s, at most ${mib} MiB resident (${cpus()[0]?.model ?? '?'})\n`,
  );
} finally {
  dom0.kill('SIGTERM');
  await dom0.exited;
  rmSync(directory, { recursive: true, force: true });
}
