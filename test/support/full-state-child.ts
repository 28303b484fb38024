import Sqlite from 'better-sqlite3';
import { closeSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { GateStatus } from '../../server/gate/control/status-answers.js';
import { ControlFixture } from './control-fixture.js';
import { ADMIN, customerName } from './temporary-store.js';

/**
 * Run it with TMPDIR on a small disk. It fills the disk right after a checkpoint of the write-ahead log,
 * which still has room for small rows. Then it asks a gate for its status, and prints the result of a small
 * write and the gate's answer.
 */
const gate = new ControlFixture();
for (let at = 0; at < 50; at += 1) gate.store.customers.add(customerName(`customer${at}`), ADMIN);
const other = new Sqlite(join(gate.temporary.directory, 'postern.db'));
other.pragma('wal_checkpoint(RESTART)');
other.close();
const filling = openSync(join(gate.temporary.directory, 'filling'), 'a');
for (const piece of [64 * 1024, 4096, 1]) while (wrote(Buffer.alloc(piece))) continue;
closeSync(filling);
await gate.server.listen();
const small = gate.store.audit.trouble();
const { audit } = (await gate.client().ask('GET', '/status')) as GateStatus;
process.stdout.write(JSON.stringify({ small, trouble: audit.trouble }));
await gate.remove();

function wrote(bytes: Buffer): boolean {
  try {
    return writeSync(filling, bytes) > 0;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    return false;
  }
}
