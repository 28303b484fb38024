/**
 * Logs numbered lines as fast as the disk takes them, and no faster: the log skips bytes that wait beyond a
 * bound. For tests that kill it: `node logging-child.js FOLDER FROM`. Prints `ready` when it has begun.
 */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay, setImmediate as turn } from 'node:timers/promises';
import { parseDomainName } from '../../policy/names.js';
import { ConsoleLogs } from '../../server/dom0/console-log/console-logs.js';
import { LocalDisk } from '../../server/dom0/console-log/log-disk.js';
import { silentLogger } from './silent-logger.js';

/** Bytes that may wait to be written. The log itself allows more. */
const AHEAD_BYTES = 256 * 1024;

/** Bytes after which it goes on slowly: whoever kills it late still kills it in mid-flood, and below its limits. */
const FAST_BYTES = 4 * 1024 * 1024;

const [folder = '', from = '1'] = process.argv.slice(2);
const name = parseDomainName('horatio');
if (name === undefined) throw new Error('no name');
const limits = { perDomainMiB: 64, totalMiB: 64, rateKiB: 1024 * 1024, days: 1, goneDays: 1 };
const logs = new ConsoleLogs({
  folder,
  disk: new LocalDisk(),
  limits,
  goneAfterMs: 60_000,
  logger: silentLogger,
});
const log = logs.of(name);
log.begins({ uuid: 'u1', domid: 1 }, 'normal', Date.now());
/** Bytes on the disk, from this run and earlier ones. */
function written(): number {
  const directory = join(folder, 'domains', 'horatio');
  if (!existsSync(directory)) return 0;
  const segments = readdirSync(directory).filter((file) => file.endsWith('.log'));
  return segments.reduce((sum, file) => sum + statSync(join(directory, file)).size, 0);
}

const before = written();
let sent = 0;
for (let line = Number(from); ; line += 100) {
  let text = '';
  for (let at = line; at < line + 100; at += 1) text += `line ${String(at).padStart(8, '0')}\r\n`;
  log.append(Buffer.from(text), Date.now());
  sent += text.length;
  if (line === Number(from)) process.stdout.write('ready\n');
  do await turn();
  while (before + sent - written() > AHEAD_BYTES);
  if (sent > FAST_BYTES) await delay(10);
}
