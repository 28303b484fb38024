/** Logs numbered lines as fast as the disk takes them, to be killed: `node logging-child.js FOLDER FROM`. Says `ready` when it has begun. */
import { setImmediate as turn } from 'node:timers/promises';
import { parseDomainName } from '../../policy/names.js';
import { ConsoleLogs } from '../../server/dom0/console-log/console-logs.js';
import { LocalDisk } from '../../server/dom0/console-log/log-disk.js';
import { silentLogger } from './silent-logger.js';

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
for (let line = Number(from); ; line += 100) {
  let text = '';
  for (let at = line; at < line + 100; at += 1) text += `line ${String(at).padStart(8, '0')}\r\n`;
  log.append(Buffer.from(text), Date.now());
  if (line === Number(from)) process.stdout.write('ready\n');
  await turn();
}
