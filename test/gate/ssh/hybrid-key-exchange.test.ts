import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { answerHybrid } from '../../../server/gate/ssh/hybrid-answer.js';
import { whyNoHybrid } from '../../../server/gate/ssh/hybrid-key-exchange.js';
import { eventually } from '../../support/eventually.js';
import { GateUnderTest } from '../../support/gate-under-test.js';
import { HybridClient, type Departure } from '../../support/hybrid-client.js';
import {
  curve25519Keys,
  exchangeHash,
  HYBRID,
  hybridKeys,
  hybridKeysOf,
  hybridSecret,
  isSigned,
} from '../../support/hybrid-exchange.js';
import { MSG, RawHandshake } from '../../support/raw-handshake.js';
import { signingKey } from '../../support/signing-key.js';

const KEM = 1184;
/** FIPS 203 §8: the number that all of an ML-KEM key have to be below. */
const Q = 3329;

interface Recorded {
  readonly clientIdent: string;
  readonly serverIdent: string;
}
type RecordedBytes = Record<
  | 'seed'
  | 'scalar'
  | 'clientKexinit'
  | 'serverKexinit'
  | 'hostKey'
  | 'init'
  | 'reply'
  | 'secret'
  | 'hash'
  | 'signature',
  string
>;

describe('gate/ssh: the reference client of mlkem768x25519-sha256', () => {
  // Three exchanges with the sshd of OpenSSH 10.0p2, chosen for the first bytes of C_INIT and K: 0x00, from 0x80 on, others.
  const file = new URL('../../../../test/fixtures/hybrid-exchange/openssh-10.0.json', import.meta.url);
  const all = JSON.parse(readFileSync(file, 'utf8')) as (Recorded & RecordedBytes)[];
  for (const [n, recorded] of all.entries()) {
    it(`finds what OpenSSH found and signed, ${n + 1} of ${all.length}`, () => {
      const bytes = (name: keyof RecordedBytes): Buffer => Buffer.from(recorded[name], 'base64');
      const keys = hybridKeysOf(bytes('seed'), bytes('scalar'), bytes('init'));
      const secret = hybridSecret(keys, bytes('reply'));
      const hash = exchangeHash(
        {
          clientIdent: recorded.clientIdent,
          serverIdent: recorded.serverIdent,
          clientKexinit: bytes('clientKexinit'),
          serverKexinit: bytes('serverKexinit'),
          hostKey: bytes('hostKey'),
          init: bytes('init'),
          reply: bytes('reply'),
        },
        secret,
      );
      assert.deepEqual([secret, hash], [bytes('secret'), bytes('hash')]);
      assert.ok(isSigned(hash, bytes('hostKey'), bytes('signature')));
    });
  }
});

describe('gate/ssh: mlkem768x25519-sha256', () => {
  const key = signingKey('ed25519');
  let gate: GateUnderTest;
  const open: { end(): void }[] = [];

  async function start(options: ConstructorParameters<typeof GateUnderTest>[0] = {}): Promise<void> {
    gate = new GateUnderTest(options);
    await gate.listen();
    gate.customer('alice', [key.getPublicSSH()]);
  }

  async function connect(): Promise<HybridClient> {
    const client = await HybridClient.connect(gate.port);
    open.push(client);
    return client;
  }

  async function byHand(kex = HYBRID): Promise<RawHandshake> {
    const raw = await RawHandshake.connect(gate.port);
    open.push(raw);
    raw.propose({ kex });
    return raw;
  }

  afterEach(async () => {
    for (const client of open.splice(0)) client.end();
    await gate.dispose();
  });

  it('is signed by the host key, and its keys carry a login and a command', async () => {
    await start();
    const client = await connect();
    const { isSigned: right, transcript } = await client.exchange();
    assert.ok(right);
    assert.deepEqual(transcript.hostKey, gate.hostKey.blob);
    await client.login('alice', key);
    client.data(await client.exec('cat'), 'through the new keys');
    assert.equal(await client.hears(20), 'through the new keys');
  });

  for (const [what, isWanted] of Object.entries({
    'with zeros at its beginning': (init: Buffer) => init[0] === 0,
    'with its first bit set': (init: Buffer) => (init[0] ?? 0) >= 0x80,
    'with zeros at its end': (init: Buffer) => init.at(-1) === 0,
  })) {
    it(`hashes what the client sends as it is: ${what}`, async () => {
      await start();
      const client = await connect();
      assert.ok((await client.exchange({ keys: hybridKeys(isWanted) })).isSigned);
      await client.login('alice', key);
    });
  }

  it('takes the secret for a string, also where a number would be longer', async () => {
    await start();
    for (;;) {
      const client = await connect();
      const { secret, isSigned: right } = await client.exchange();
      assert.ok(right);
      await client.login('alice', key);
      client.end();
      if ((secret[0] ?? 0) >= 0x80) break;
    }
  });

  it('makes other keys each time, from the same of the client', async () => {
    await start();
    const { init } = hybridKeys();
    const answers = Array.from({ length: 8 }, () => answerHybrid(init));
    const seen = answers.flatMap(({ reply, secret }) => [
      reply.toString('hex', 0, 1088),
      reply.toString('hex', 1088),
      secret.toString('hex'),
    ]);
    assert.equal(new Set(seen).size, 24);
  });

  it('makes new keys as often as the client asks', async () => {
    await start();
    const client = await connect();
    await client.exchange();
    await client.login('alice', key);
    const channel = await client.exec('cat');
    for (let n = 1; n <= 5; n += 1) {
      assert.ok((await client.exchange()).isSigned);
      client.data(channel, `after ${n}`);
      assert.equal(await client.hears(7), `after ${n}`);
    }
    assert.equal(new Set(client.exchanges.map(({ hash }) => hash.toString('hex'))).size, 6);
  });

  it('makes new keys as often as the gate asks', async () => {
    await start({ parts: { rekey: { bytes: 2048 } } });
    const client = await connect();
    await client.exchange();
    await client.login('alice', key);
    const channel = await client.exec('cat');
    for (let n = 0; client.exchanges.length < 5; n += 1) {
      const text = `${n}`.padEnd(400, '.');
      client.data(channel, text);
      assert.equal(await client.hears(400), text);
    }
    assert.ok(client.exchanges.every(({ isSigned: right }) => right));
  });

  it('and Curve25519 follow each other on one connection, in either order', async () => {
    await start();
    for (const hybridFirst of [true, false]) {
      const client = await connect();
      for (const n of [0, 1, 2, 3]) {
        const isHybrid = (n % 2 === 0) === hybridFirst;
        const departure = isHybrid ? {} : { kex: 'curve25519-sha256', keys: curve25519Keys() };
        assert.ok((await client.exchange(departure)).isSigned);
        if (n === 0) await client.login('alice', key);
      }
      client.data(await client.exec('cat'), 'done');
      assert.equal(await client.hears(4), 'done');
    }
  });

  for (const [what, kex, chosen] of [
    ['the only one', HYBRID, HYBRID],
    ['behind others that the gate has not', `sntrup761x25519-sha512,${HYBRID},curve25519-sha256`, HYBRID],
    ['twice', `${HYBRID},${HYBRID}`, HYBRID],
    ['behind one that the gate has', `curve25519-sha256,${HYBRID}`, 'curve25519-sha256'],
    ['as part of another name', `${HYBRID}@example.com,x${HYBRID},curve25519-sha256`, 'curve25519-sha256'],
  ] as const) {
    it(`is chosen by the client's order: offered as ${what}`, async () => {
      await start();
      if (chosen === HYBRID) {
        const client = await connect();
        assert.ok((await client.exchange({ kex })).isSigned);
        await client.login('alice', key);
      } else {
        const raw = await byHand(kex);
        raw.exchange();
        await raw.receives(MSG.newkeys);
      }
    });
  }

  describe('attacked by a stranger who sends', () => {
    const honest = hybridKeys().init;
    const [kem, share] = [honest.subarray(0, KEM), honest.subarray(KEM)];
    const lowOrder = [
      '00'.repeat(32),
      `01${'00'.repeat(31)}`,
      'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800',
      '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157',
      `ec${'ff'.repeat(30)}7f`,
      `ed${'ff'.repeat(30)}7f`,
      `ee${'ff'.repeat(30)}7f`,
      `${'00'.repeat(31)}80`,
      `01${'00'.repeat(30)}80`,
      `ed${'ff'.repeat(31)}`,
    ];
    const hostile: Record<string, Buffer> = {
      nothing: Buffer.alloc(0),
      'one byte': Buffer.alloc(1),
      'a Curve25519 key alone': share,
      'an ML-KEM key alone': kem,
      'a byte too few of ML-KEM': honest.subarray(1),
      'a byte too few of X25519': honest.subarray(0, -1),
      'a byte too many of ML-KEM': Buffer.concat([Buffer.alloc(1), honest]),
      'a byte too many of X25519': Buffer.concat([honest, Buffer.alloc(1)]),
      'both parts in the other order': Buffer.concat([share, kem]).fill(0xff, 32, 64),
      'both twice': Buffer.concat([honest, honest]),
      'the key of ML-KEM-512': Buffer.concat([kemKey('ml-kem-512'), share]),
      'the key of ML-KEM-1024': Buffer.concat([kemKey('ml-kem-1024'), share]),
      'a ciphertext in place of the key': Buffer.concat([kem.subarray(0, 1088), share]),
      '30,000 bytes': Buffer.alloc(30_000, 0x41),
      'ones for an ML-KEM key': Buffer.concat([Buffer.alloc(KEM, 0xff), share]),
      'q for the first number of the ML-KEM key': coefficient(honest, 0, Q),
      'q for the last number of the ML-KEM key': coefficient(honest, 767, Q),
      '4095 for a number of the ML-KEM key': coefficient(honest, 300, 4095),
      ...Object.fromEntries(
        lowOrder.map((hex) => [
          `the X25519 key ${hex.slice(0, 4)}…${hex.slice(-4)} of low order`,
          Buffer.concat([kem, Buffer.from(hex, 'hex')]),
        ]),
      ),
      'only zeros': Buffer.alloc(KEM + 32),
    };

    it('what is no pair of keys: the connection ends without an answer and counts, once; the gate goes on', async () => {
      const all = Object.entries(hostile);
      await start({ login: { penaltyAfter: all.length + 1 } });
      for (const [what, init] of all) {
        const raw = await byHand();
        raw.exchange(init);
        await eventually(`the end after ${what}`, () => raw.closed);
        assert.deepEqual(
          raw.numbers.filter((number) => number !== MSG.disconnect),
          [MSG.kexinit],
          what,
        );
      }
      assert.deepEqual(gate.eventsOf('source.penalised'), []);
      assert.deepEqual(
        gate.logged.filter(({ level }) => level === 'error'),
        [],
      );
      const raw = await byHand();
      raw.exchange(honest);
      await raw.receives(MSG.newkeys);
      raw.end();
      await eventually('the penalty', () => gate.eventsOf('source.penalised').length === 1);
    });

    for (const [what, init] of Object.entries({
      'the greatest numbers that a key may have': coefficient(honest, 0, Q - 1),
      'an X25519 key with the bit set that does not count': flipped(honest, KEM + 31, 0x80),
      'zeros for an ML-KEM key, which is one': Buffer.concat([Buffer.alloc(KEM), share]),
    })) {
      it(`${what}: answered like an honest one`, async () => {
        await start();
        const raw = await byHand();
        raw.exchange(init);
        await raw.receives(MSG.newkeys);
      });
    }

    for (const [what, inits] of Object.entries({
      'honest keys three times': [honest, honest, honest],
      'rubbish, then honest keys': [Buffer.alloc(9), honest],
      'a key of low order three times': [1, 2, 3].map(() => Buffer.concat([kem, Buffer.alloc(32)])),
    })) {
      it(`${what} at once: answered once at most, and counts once`, async () => {
        await start({ login: { penaltyAfter: 2 } });
        const raw = await byHand();
        raw.socket.cork();
        for (const init of inits) raw.exchange(init);
        raw.socket.uncork();
        await eventually('the end', () => raw.closed);
        assert.ok(raw.numbers.filter((number) => number === MSG.kexReply).length <= 1);
        assert.deepEqual(gate.eventsOf('source.penalised'), []);
        const second = await byHand();
        second.exchange(Buffer.alloc(0));
        await eventually('the penalty', () => gate.eventsOf('source.penalised').length === 1);
      });
    }

    it('its offer, and no keys: costs nothing, however often', async () => {
      await start({ login: { penaltyAfter: 2 } });
      for (let n = 0; n < 4; n += 1) {
        const raw = await byHand();
        await raw.receives(MSG.kexinit);
        raw.end();
      }
      const last = await connect();
      await last.exchange();
      await last.login('alice', key);
      assert.deepEqual(gate.eventsOf('source.penalised'), []);
    });

    it('250,000 bytes for keys: the connection ends before they are looked at', async () => {
      await start({ login: { penaltyAfter: 1 } });
      const raw = await byHand();
      raw.exchange(Buffer.alloc(250_000, 0x41));
      await eventually('the end', () => raw.closed);
      const late = await connect();
      assert.ok((await late.exchange()).isSigned);
    });

    it('its offer twice, or one that is cut short: the connection ends', async () => {
      await start();
      const twice = await byHand();
      twice.propose({ kex: HYBRID });
      await eventually('the end', () => twice.closed);
      const cut = await RawHandshake.connect(gate.port);
      open.push(cut);
      cut.send(
        Buffer.concat([
          Buffer.from([MSG.kexinit]),
          Buffer.alloc(16),
          Buffer.from([0, 0, 0, 99]),
          honest.subarray(0, 20),
        ]),
      );
      await eventually('the end', () => cut.closed);
    });
  });

  const flip = (at: number) => (bytes: Buffer) => flipped(bytes, at, 1);
  for (const [what, departure] of Object.entries({
    'the ML-KEM key': { sent: flip(KEM - 1) },
    'the X25519 key': { sent: flip(KEM) },
    "the gate's ciphertext": { heard: (all) => ({ ...all, reply: flip(0)(all.reply) }) },
    "the end of the gate's ciphertext": { heard: (all) => ({ ...all, reply: flip(1087)(all.reply) }) },
    "the gate's X25519 key": { heard: (all) => ({ ...all, reply: flip(1088)(all.reply) }) },
    'the host key': { heard: (all) => ({ ...all, hostKey: flip(all.hostKey.length - 1)(all.hostKey) }) },
  } satisfies Record<string, Departure>)) {
    it(`one bit changed on the way, of ${what}: the signature is wrong, and who goes on is not let in`, async () => {
      await start();
      const client = await connect();
      assert.equal((await client.exchange(departure)).isSigned, false);
      await assert.rejects(client.login('alice', key));
      await client.isClosed();
    });
  }

  it('one bit of the signature changed on the way: it is wrong', async () => {
    await start();
    const client = await connect();
    const heard: Departure['heard'] = (all) => ({ ...all, signature: flipped(all.signature, 30, 1) });
    assert.equal((await client.exchange({ heard })).isSigned, false);
  });

  it('hostile keys in a later exchange end the connection, and the gate goes on', async () => {
    await start();
    for (const sent of [() => Buffer.alloc(0), (init: Buffer) => init.fill(0, KEM)]) {
      const client = await connect();
      await client.exchange();
      await client.login('alice', key);
      await assert.rejects(client.exchange({ sent }));
      await client.isClosed();
    }
    const client = await connect();
    await client.exchange();
    await client.login('alice', key);
    assert.deepEqual(
      gate.logged.filter(({ level }) => level === 'error'),
      [],
    );
  });
});

describe('gate/ssh: mlkem768x25519-sha256 with another ssh2', () => {
  const require = createRequire(import.meta.url);
  const kex = require('ssh2/lib/protocol/kex.js') as {
    KexInit: unknown;
    HANDLERS: Record<number, unknown>;
  };
  const about = require('ssh2/package.json') as { version: string };
  const [real, version, handler] = [{ ...kex }, about.version, kex.HANDLERS[MSG.kexinit]];

  afterEach(() => {
    Object.assign(kex, real);
    about.version = version;
    kex.HANDLERS[MSG.kexinit] = handler;
  });

  for (const [what, change, sentence] of [
    [
      'another version',
      () => (about.version = '1.18.0'),
      /ssh2 is version 1\.18\.0, .* 1\.17\.0\. Run "npm ci"/,
    ],
    [
      'without its lists',
      () => delete (kex as { KexInit?: unknown }).KexInit,
      /ssh2 1\.17\.0 is not as it was/,
    ],
    ['without its handler', () => (kex.HANDLERS[MSG.kexinit] = undefined), /ssh2 1\.17\.0 is not as it was/],
    [
      'without an exchange',
      () => (kex.HANDLERS[MSG.kexinit] = () => undefined),
      /is not as it was published/,
    ],
    [
      'with another exchange',
      () => (kex.HANDLERS[MSG.kexinit] = other({ type: 'ecdh' })),
      /is not as it was/,
    ],
    [
      'with another hash',
      () => (kex.HANDLERS[MSG.kexinit] = other({ hashName: 'sha512' })),
      /is not as it was/,
    ],
  ] as const) {
    it(`${what}: the gate does not start, and says why in one sentence`, () => {
      assert.equal(whyNoHybrid(), null);
      change();
      assert.throws(() => new GateUnderTest(), { message: sentence });
      assert.match(String(whyNoHybrid()), /^The key exchange mlkem768x25519-sha256 cannot be offered: /);
    });
  }

  /** ssh2's own handler, but its exchange is shown with something changed. */
  function other(change: object): unknown {
    return (protocol: { _kex: object }, payload: Buffer) => {
      const shown = Object.create(protocol, {
        _kex: {
          get: () => protocol._kex,
          set: (exchange: object) => {
            protocol._kex = Object.assign(exchange, change);
          },
        },
      }) as object;
      (handler as (protocol: object, payload: Buffer) => void)(shown, payload);
    };
  }
});

function kemKey(type: 'ml-kem-512' | 'ml-kem-1024'): Buffer {
  const pair = generateKeyPairSync(type as 'ml-kem-512');
  return pair.publicKey.export({ format: 'raw-public' });
}

/** The client's keys with one of the 768 numbers in its ML-KEM key changed: 12 bits each (FIPS 203 §4.2.1). */
function coefficient(init: Buffer, at: number, value: number): Buffer {
  const bytes = Buffer.from(init);
  const byte = Math.floor(at / 2) * 3;
  const word = bytes.readUIntLE(byte, 3);
  const shift = (at % 2) * 12;
  bytes.writeUIntLE((word & ~(0xfff << shift)) | (value << shift), byte, 3);
  return bytes;
}

function flipped(bytes: Buffer, at: number, bit: number): Buffer {
  const changed = Buffer.from(bytes);
  changed[at] = (changed[at] ?? 0) ^ bit;
  return changed;
}
