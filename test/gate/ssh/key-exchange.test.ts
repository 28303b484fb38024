import assert from 'node:assert/strict';
import { createDiffieHellmanGroup } from 'node:crypto';
import { ALGORITHMS } from '../../../server/gate/ssh/algorithms.js';
import { eventually } from '../../support/eventually.js';
import { GateUnderTest } from '../../support/gate-under-test.js';
import { MSG, RawHandshake } from '../../support/raw-handshake.js';
import { message } from '../../support/raw-ssh.js';

const GROUP14 = 'diffie-hellman-group14-sha256';

describe('attacks on the key exchange, by a stranger', () => {
  let gate: GateUnderTest;
  const open: RawHandshake[] = [];

  afterEach(async () => {
    for (const raw of open.splice(0)) raw.end();
    await gate.dispose();
  });

  async function start(login: ConstructorParameters<typeof GateUnderTest>[0] = {}): Promise<void> {
    gate = new GateUnderTest(login);
    await gate.listen();
  }

  async function connect(): Promise<RawHandshake> {
    const raw = await RawHandshake.connect(gate.port);
    open.push(raw);
    return raw;
  }

  for (const [when, last] of [
    ['as soon as the gate has computed', MSG.kexReply],
    ['before NEWKEYS', MSG.newkeys],
  ] as const) {
    it(`gives it up ${when}, again and again: the source is penalised`, async () => {
      await start({ login: { penaltyAfter: 5 } });
      for (let n = 0; n < 5; n += 1) {
        const raw = await connect();
        raw.propose();
        raw.exchange();
        await raw.receives(last);
        raw.end();
      }
      await eventually('the penalty', () => gate.eventsOf('source.penalised').length === 1);
      const late = await connect();
      await late.farewell();
      assert.deepEqual(late.payloads, []);
    });
  }

  it('sends IGNORE without end before any key exchange, again and again: penalised as well', async () => {
    await start({ login: { penaltyAfter: 3 } });
    for (let n = 0; n < 3; n += 1) {
      const raw = await connect();
      raw.propose();
      for (let sent = 0; sent < 40; sent += 1) raw.send(message(2, 'x'.repeat(30_000)));
      await eventually('it to be closed', () => raw.closed);
    }
    await eventually('the penalty', () => gate.eventsOf('source.penalised').length === 1);
  });

  it('sends points that are none, again and again: penalised as well', async () => {
    await start({ login: { penaltyAfter: 5 } });
    for (let n = 0; n < 5; n += 1) {
      const raw = await connect();
      raw.propose({ kex: 'ecdh-sha2-nistp256' });
      raw.exchange(Buffer.alloc(65, 4));
      await raw.farewell();
    }
    await eventually('the penalty', () => gate.eventsOf('source.penalised').length === 1);
  });

  it('only looks who is there, as a monitor does: costs nothing and is no refusal', async () => {
    await start({ login: { penaltyAfter: 2 } });
    for (let n = 0; n < 6; n += 1) {
      const raw = await connect();
      raw.propose();
      await raw.receives(MSG.kexinit);
      raw.end();
    }
    const honest = await connect();
    honest.propose();
    honest.exchange();
    await honest.receives(MSG.newkeys);
    assert.deepEqual(gate.eventsOf('source.penalised'), []);
  });

  const prime = createDiffieHellmanGroup('modp14').getPrime();
  const plus = (n: bigint): Buffer =>
    Buffer.from((BigInt(`0x${prime.toString('hex')}`) + n).toString(16).padStart(514, '0'), 'hex');
  for (const [what, value] of Object.entries({
    zero: Buffer.alloc(1),
    nothing: Buffer.alloc(0),
    one: Buffer.from([1]),
    'p - 1': plus(-1n),
    p: plus(0n),
    'p + 1': plus(1n),
    'p + 2': plus(2n),
    'four kilobytes': Buffer.alloc(4096, 0x7f),
  })) {
    it(`sends a Diffie-Hellman value that is no key, ${what}: refused before any secret is made`, async () => {
      await start();
      const raw = await connect();
      raw.propose({ kex: GROUP14 });
      raw.exchange(value);
      await eventually('the end', () => raw.closed);
      assert.deepEqual(
        raw.numbers.filter((number) => number !== MSG.disconnect),
        [MSG.kexinit],
      );
    });
  }

  for (const [what, value] of Object.entries({ two: Buffer.from([2]), 'p - 2': plus(-2n) })) {
    it(`an honest value at the edge is taken: ${what}`, async () => {
      await start();
      const raw = await connect();
      raw.propose({ kex: GROUP14 });
      raw.exchange(value);
      await raw.receives(MSG.newkeys);
    });
  }

  it('finds no dear one offered', async () => {
    await start();
    assert.deepEqual(
      [...ALGORITHMS.kex],
      [
        'mlkem768x25519-sha256',
        'curve25519-sha256',
        'curve25519-sha256@libssh.org',
        'ecdh-sha2-nistp256',
        GROUP14,
      ],
    );
  });
});

describe('gate/ssh: who is turned away', () => {
  it('is told why, and the tenth who has logged in is not counted for their address', async () => {
    const gate = new GateUnderTest({ login: { connectionsPerSource: 2 } });
    const open: RawHandshake[] = [];
    try {
      await gate.listen();
      for (let n = 0; n < 2; n += 1) {
        const raw = await RawHandshake.connect(gate.port);
        open.push(raw);
        await eventually('it to be served', () => raw.payloads.length > 0);
      }
      const third = await RawHandshake.connect(gate.port);
      open.push(third);
      assert.match(String(await third.farewell()), /^Too many connections from your address/);
    } finally {
      for (const raw of open) raw.end();
      await gate.dispose();
    }
  });
});
