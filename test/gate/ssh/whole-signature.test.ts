import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { AuditBudget } from '../../../server/gate/ssh/audit-budget.js';
import { keepWholeSignature, whyNoWholeSignature } from '../../../server/gate/ssh/whole-signature.js';
import { GateUnderTest } from '../../support/gate-under-test.js';
import { encode, message, RawSsh } from '../../support/raw-ssh.js';
import { signingKey } from '../../support/signing-key.js';
import { fingerprint } from '../../support/temporary-store.js';

const LOGIN = 50;

describe('gate/ssh: the whole signature of a login', () => {
  const session = Buffer.alloc(32, 1);
  const covered = message(LOGIN, 'alice', 'ssh-connection', 'publickey', true, 'type', 'key');
  const signed = Buffer.concat([encode(session), covered]);
  const whole = Buffer.from('a signature');

  /** What is kept while this request is answered. */
  const kept = (request: Buffer, of: Buffer = signed): Buffer | null => {
    const found: (Buffer | null)[] = [];
    const protocol = { _onPayload: (): unknown => found.push(signatureOf(of)) };
    const signatureOf = keepWholeSignature(protocol);
    (protocol._onPayload as (payload: Buffer) => unknown)(request);
    assert.equal(signatureOf(of), null, 'only while it is answered');
    return found[0] ?? null;
  };

  it('is what stands behind the bytes that it signs, up to the end', () => {
    assert.deepEqual(kept(Buffer.concat([covered, encode(whole)])), whole);
    assert.deepEqual(kept(Buffer.concat([covered, encode('')])), Buffer.alloc(0));
  });

  it('is none when the request is cut short, has bytes behind it, or is another', () => {
    const honest = Buffer.concat([covered, encode(whole)]);
    for (let length = 0; length < honest.length; length += 1)
      assert.equal(kept(honest.subarray(0, length)), null, `${length}`);
    assert.equal(kept(Buffer.concat([honest, Buffer.alloc(1)])), null);
    const other = message(LOGIN, 'bobby', 'ssh-connection', 'publickey', true, 'type', 'key');
    assert.equal(kept(Buffer.concat([other, encode(whole)])), null);
    assert.equal(kept(honest, Buffer.alloc(0)), null);
    assert.equal(kept(honest, encode(session)), null);
    assert.equal(kept(honest, Buffer.from([255, 255, 255, 255, 1])), null);
    assert.equal(kept(Buffer.concat([Buffer.from([51]), honest.subarray(1)])), null, 'another message');
  });

  it('is forgotten when ssh2 throws', () => {
    const signatureOf: ReturnType<typeof keepWholeSignature>[] = [];
    const protocol = {
      _onPayload: (): unknown => {
        throw new Error('a fault');
      },
    };
    signatureOf.push(keepWholeSignature(protocol));
    const take = protocol._onPayload as (payload: Buffer) => unknown;
    assert.throws(() => take(Buffer.concat([covered, encode(whole)])), /a fault/);
    assert.equal(signatureOf[0]?.(signed), null);
  });
});

describe('gate/ssh: a login with a plain key', () => {
  const gate = new GateUnderTest({ login: { tries: 100 } });
  const keys = { ed25519: signingKey('ed25519'), rsa: signingKey('rsa') };
  before(async () => {
    await gate.listen();
    gate.customer('alice', [keys.ed25519.getPublicSSH(), keys.rsa.getPublicSSH()]);
  });
  after(() => gate.dispose());

  for (const [algorithm, key, hash] of [
    ['ssh-ed25519', keys.ed25519, undefined],
    ['rsa-sha2-512', keys.rsa, 'sha512'],
  ] as const) {
    it(`is refused with lengths that lie, or with bytes behind the signature or the request: ${algorithm}`, async () => {
      const raw = await RawSsh.connect(gate.port);
      try {
        const blob = key.getPublicSSH();
        const bare = key.sign(raw.toSign('alice', algorithm, blob), hash);
        const honest = Buffer.concat([encode(algorithm), encode(bare)]);
        const send = (whole: Buffer, behind = ''): Promise<string> => {
          const fields = [true, algorithm, blob, whole].map((field) => encode(field));
          return raw.request('alice', 'publickey', Buffer.concat([...fields, Buffer.from(behind)]));
        };
        for (const length of [0, bare.length - 1, bare.length + 1, 0xffffffff]) {
          const lying = Buffer.from(honest);
          lying.writeUInt32BE(length, 4 + algorithm.length);
          assert.equal(await send(lying), 'failure', `${length}`);
        }
        assert.equal(await send(Buffer.concat([honest, Buffer.alloc(4)])), 'failure');
        assert.equal(await send(bare), 'failure', 'the bare signature');
        assert.equal(await send(honest, 'x'), 'failure');
        assert.equal(await send(honest), 'success');
      } finally {
        raw.end();
      }
    });
  }
});

describe('gate/ssh: an ssh2 that reads logins otherwise', () => {
  const require = createRequire(import.meta.url);
  const handlers = require('ssh2/lib/protocol/handlers.misc.js') as Record<number, unknown>;
  const handler = handlers[LOGIN] as (protocol: object, payload: Buffer) => void;
  afterEach(() => {
    handlers[LOGIN] = handler;
  });

  for (const [what, changed] of [
    ['without its handler', undefined],
    ['without an answer', () => undefined],
    [
      'with other bytes that are signed',
      (protocol: { _handlers: Record<string, (...parts: unknown[]) => void> }, payload: Buffer) => {
        const tell = (...parts: unknown[]): void => {
          const told = parts.at(-1) as { blob: Buffer };
          protocol._handlers['USERAUTH_REQUEST']?.(...parts.slice(0, -1), { blob: told.blob.subarray(1) });
        };
        handler({ ...protocol, _handlers: { USERAUTH_REQUEST: tell } }, payload);
      },
    ],
  ] as const) {
    it(`${what}: the gate does not start, and says why in one sentence`, () => {
      assert.equal(whyNoWholeSignature(), null);
      handlers[LOGIN] = changed;
      const sentence = /^Logins with security keys do not work with this ssh2 \(1\.17\.0\); .* Run "npm ci"/;
      assert.match(String(whyNoWholeSignature()), sentence);
      assert.throws(() => new GateUnderTest(), { message: sentence });
    });
  }
});

describe('gate/ssh: the record of counters that went back', () => {
  it('is bounded for each key, and none keeps another from being recorded', () => {
    let now = 0;
    const budget = new AuditBudget(() => now);
    const count = (letter: string): number =>
      Array.from({ length: 50 }, () => budget.counterWentBack(fingerprint(letter))).filter(Boolean).length;
    assert.deepEqual([count('a'), count('a'), count('b')], [10, 0, 10]);
    now += 10 * 60 * 1000;
    assert.equal(count('a'), 1);
  });
});
