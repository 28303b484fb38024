import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { isRefusal } from '../../../policy/refusal.js';
import type { KeyRule } from '../../../policy/policy.js';
import { parsePublicKey } from '../../../server/gate/keys/public-key.js';
import { standing } from '../../../server/gate/access/standing.js';
import type { Key } from '../../../server/store/records.js';
import { ed25519Pair } from '../../../server/gate/ssh/raw-keys.js';
import { ALLOW_ALL, GateInside } from '../../support/gate-inside.js';
import { NO_KEY_RULE } from '../../support/policy-values.js';
import { ADMIN } from '../../support/temporary-store.js';

const DAY = 86_400;

/** A string of RFC 4251 §5. */
function field(bytes: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

/** A key that nobody can use: only its form and size count. */
function rsa(bits: number): string {
  const modulus = randomBytes(bits / 8);
  modulus[0] = 0x80 | (modulus[0] ?? 0);
  modulus[modulus.length - 1] = 1 | (modulus.at(-1) ?? 0);
  const parts = [Buffer.from('ssh-rsa'), Buffer.from([1, 0, 1]), Buffer.concat([Buffer.from([0]), modulus])];
  return `ssh-rsa ${Buffer.concat(parts.map(field)).toString('base64')}`;
}

function ed25519(): string {
  const parts = [Buffer.from('ssh-ed25519'), ed25519Pair().publicKey];
  return `ssh-ed25519 ${Buffer.concat(parts.map(field)).toString('base64')}`;
}

describe('rules for keys', () => {
  let gate: GateInside;
  beforeEach(() => {
    gate = new GateInside();
  });
  afterEach(() => gate.stop());

  const enforce = (...rules: readonly Partial<KeyRule>[]): void => {
    gate.enforce({ ...ALLOW_ALL, keyRules: rules.map((rule) => ({ ...NO_KEY_RULE, ...rule })) });
  };
  const add = (text: string, who = gate.alice): string => {
    const key = gate.core.keys.add(who, text);
    return isRefusal(key) ? `${key.code}: ${key.message}` : 'added';
  };
  const faultOf = (
    key: Omit<Key, 'fingerprint' | 'comment' | 'lastUsedAt'>,
    now = new Date(),
  ): string | null => {
    const holder = {
      suspended: false,
      key,
      rolesHeld: () => gate.store.holders.rolesHeld(key.customer),
    };
    const found = standing(gate.core.policy.policy, key.customer, holder, false, now);
    return found.here ? null : found.fault;
  };
  const subjects = { customers: ['alice'], groups: [], roles: [] };

  it('are told to who adds a key that they do not allow, and the first that speaks of them counts', () => {
    enforce({ subjects, types: ['ssh-ed25519'] }, { rsaBits: 3072 });
    assert.match(
      add(rsa(3072)),
      /^key-invalid: keys of the type ssh-rsa are not taken from you: make one of ssh-ed25519, as with `ssh-keygen -t ed25519`/i,
    );
    assert.equal(add(ed25519()), 'added');
    assert.match(
      add(rsa(2048), gate.bob),
      /^key-invalid: this RSA key has 2048 bits, and 3072 is the least for you/i,
    );
    assert.equal(add(rsa(3072), gate.bob), 'added');
  });

  it('say how many, more or fewer than the settings', () => {
    enforce({ subjects, count: 2 }, { count: 5 });
    assert.equal(add(ed25519()), 'added');
    assert.match(add(ed25519()), /^too-many: There are 2 keys already, and no more than 2 are allowed/);
    for (let more = 2; more <= 5; more += 1) assert.equal(add(ed25519(), gate.bob), 'added');
    assert.match(add(ed25519(), gate.bob), /^too-many/);
    gate.enforce(ALLOW_ALL);
    assert.equal(add(ed25519()), 'added', 'three by the settings');
  });

  it('end what came with a key that they do not allow any more', () => {
    const ended: string[] = [];
    for (const identity of [gate.alice, gate.bob])
      gate.core.revocation.track({ identity, needs: () => null, end: () => ended.push(identity.customer) });
    enforce({ subjects, types: ['ssh-rsa'] });
    assert.deepEqual(ended, ['alice']);
  });

  it('give a key an end, which its owner sees, and which a weaker end of its own does not move', () => {
    enforce({ maxAgeSeconds: 10 * DAY });
    const key = gate.core.keys.list(gate.alice)[0] ?? assert.fail();
    const added = Date.parse(key.addedAt);
    assert.equal(key.expiresAt, new Date(added + 10 * DAY * 1000).toISOString());
    const fault = (days: number): string | null =>
      faultOf({ ...key, expiresAt: null }, new Date(added + days * DAY * 1000));
    assert.deepEqual([fault(9.99), fault(10), fault(11)], [null, 'age', 'age']);
    const { customer, fingerprint } = gate.alice;
    gate.store.keys.setExpiry(customer, fingerprint, '2999-01-01T00:00:00.000Z', ADMIN);
    assert.equal(gate.core.keys.list(gate.alice)[0]?.expiresAt, key.expiresAt);
  });

  it('keep a customer from removing the only key that they allow, and so from losing the way in', () => {
    const first = gate.alice.fingerprint;
    assert.equal(add(rsa(3072)), 'added');
    const [second] = gate.core.keys.list(gate.alice).filter(({ fingerprint }) => fingerprint !== first);
    enforce({ subjects, types: ['ssh-ed25519'] });
    const remove = (): string => {
      const key = gate.core.keys.remove(gate.alice, first, { confirmed: true });
      return isRefusal(key) ? key.code : 'removed';
    };
    assert.equal(remove(), 'last-key', 'the other one is there, but may not be used');
    enforce({ subjects, types: ['ssh-ed25519', 'ssh-rsa'] });
    assert.ok(second !== undefined);
    assert.equal(remove(), 'removed');
  });

  it('measure RSA keys as they are when they are added', () => {
    for (const bits of [2048, 3072]) {
      const key = parsePublicKey(rsa(bits));
      assert.ok(!isRefusal(key));
      const row = {
        ...key,
        customer: gate.bob.customer,
        addedAt: '2026-01-01T00:00:00.000Z',
        expiresAt: null,
        own: true,
        declared: null,
      };
      enforce({ rsaBits: bits });
      assert.equal(faultOf(row), null);
      enforce({ rsaBits: bits + 1 });
      assert.equal(faultOf(row), 'bits');
    }
  });
});
