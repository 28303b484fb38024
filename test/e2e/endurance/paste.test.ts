import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '../../support/eventually.js';
import { House } from '../../support/house.js';
import { ProcessFacts } from '../../support/process-facts.js';
import type { SshStream } from '../../support/ssh-stream.js';

const MIB = 1024 * 1024;
/** The customer's escape key. This guest only stores its input, so no other byte can disturb it. */
const ESCAPE = 0x1d;
/**
 * Bytes that may be between the customer's ssh and a guest that takes nothing: windows, socket buffers, our
 * own limits.
 */
const UNDER_WAY = 1.5 * MIB;

/** Every byte but the escape key, never the same sequence twice. */
function paste(size: number): Buffer {
  const lines = Buffer.alloc(size);
  for (let at = 0; at < size; at += 64) lines.write(`${at}:`.padEnd(62, '-'), at, 'latin1');
  for (let at = 62; at < size; at += 64) {
    const byte = (at >> 6) & 0xff;
    lines[at] = byte === ESCAPE ? 0x0a : byte;
    lines[at + 1] = 0x0a;
  }
  return lines;
}

const sha = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

describe('a paste', () => {
  let house: House;
  let typed: string;
  let alice: SshStream;

  beforeEach(async () => {
    // A guest that writes its input to a file, and echoes it.
    house = await House.start({
      console: 'stty raw -echo && exec tee "$(dirname "$0")/typed"',
      domains: [{ name: 'horatio' }],
      customers: { alice: { horatio: 'owner' } },
    });
    assert.equal((await house.ssh('alice', 'horatio start --wait')).status, 0);
    typed = join(house.xl, '..', 'typed');
    alice = house.stream('alice', 'horatio console', { tty: true, keeps: 64 * 1024 });
    alice.type('begun');
    await alice.receives('begun');
  });
  afterEach(() => house.stop());

  const isTaken = (bytes: number): Promise<boolean> =>
    eventually('the guest to have taken it', () => statSync(typed).size >= bytes);

  it('of a megabyte arrives whole and in order', async () => {
    const text = paste(MIB);
    alice.type(text);
    await isTaken(text.length + 5);
    assert.equal(sha(readFileSync(typed).subarray(5)), sha(text));
  });

  it('waits at the client while the guest takes nothing, and arrives whole when it does', async () => {
    const text = paste(6 * MIB);
    const halves = [house.gatePid, house.dom0Pid].map((pid) => new ProcessFacts(pid));
    const guest = new ProcessFacts(house.dom0Pid).children.find((pid) =>
      readFileSync(`/proc/${pid}/comm`, 'utf8').startsWith('tee'),
    );
    assert.ok(guest);
    process.kill(guest, 'SIGSTOP');
    const before = halves.map((half) => half.peak);
    const ssh = new ProcessFacts(alice.pid);
    const sent = ssh.bytesRead;
    alice.type(text);
    let seen = -1;
    let still = 0;
    await eventually('the client to be held up', () => {
      const now = ssh.bytesRead;
      still = now === seen ? still + 1 : 0;
      seen = now;
      return still === 25 && now > sent;
    });
    assert.ok(seen - sent < UNDER_WAY, `${seen - sent} bytes have left the customer`);
    for (const [at, half] of halves.entries()) {
      const grown = half.peak - before[at]!;
      assert.ok(grown < 16 * MIB, `half ${at} has grown by ${grown} bytes`);
    }
    process.kill(guest, 'SIGCONT');
    await isTaken(text.length + 5);
    assert.equal(sha(readFileSync(typed).subarray(5)), sha(text));
  });
});
