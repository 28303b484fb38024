import assert from 'node:assert/strict';
import type { KeyRule } from '../../../policy/policy.js';
import { isRefusal } from '../../../policy/refusal.js';
import type { Identity } from '../../../server/gate/session/identity.js';
import { ed25519Pair } from '../../../server/gate/ssh/raw-keys.js';
import { ALLOW_ALL, GateInside } from '../../support/gate-inside.js';
import { NO_KEY_RULE } from '../../support/policy-values.js';
import { encode } from '../../support/raw-ssh.js';
import { SoftAuthenticator } from '../../support/soft-authenticator.js';

function plainKey(): string {
  const blob = Buffer.concat(['ssh-ed25519', ed25519Pair().publicKey].map((field) => encode(field)));
  return `ssh-ed25519 ${blob.toString('base64')}`;
}

describe('security keys that must verify their user (`verified: true`)', () => {
  let gate: GateInside;
  let verified: Identity;
  let touched: Identity;

  beforeEach(async () => {
    gate = new GateInside();
    await gate.start();
    const key = gate.core.keys.add(gate.alice, new SoftAuthenticator('ed25519').line);
    assert.ok(!isRefusal(key));
    verified = { ...gate.alice, fingerprint: key.fingerprint, verified: true };
    touched = { ...verified, verified: false };
  });
  afterEach(() => gate.stop());

  const enforce = (rule: Partial<KeyRule>): void => {
    gate.enforce({ ...ALLOW_ALL, keyRules: [{ ...NO_KEY_RULE, verified: true, ...rule }] });
  };
  const request = { action: 'reboot', domain: 'horatio', profile: null } as const;
  const mayReboot = (identity: Identity): string => {
    const permit = gate.core.authorizer.authorize(identity, request);
    return isRefusal(permit) ? `${permit.code}: ${permit.detail}` : 'yes';
  };

  it('end what came without it, with a sentence, and leave the rest', () => {
    const ended: string[] = [];
    const track = (name: string, identity: Identity): void => {
      const needs = (): null => null;
      gate.core.revocation.track({ identity, needs, end: (sentence) => ended.push(`${name}: ${sentence}`) });
    };
    track('verified', verified);
    track('touched', touched);
    track('plain', gate.alice);
    track('another', gate.bob);
    enforce({ subjects: { customers: ['alice'], groups: [], roles: [] } });
    assert.equal(ended.length, 2);
    assert.match(
      ended[0] ?? '',
      /^touched: Your security key must verify you, by PIN or fingerprint\. .*\.$/,
    );
    assert.match(ended[1] ?? '', /^plain: The key of this connection is not allowed any more\./);
  });

  it('get no permit, and change no keys, without it', () => {
    assert.deepEqual([mayReboot(verified), mayReboot(touched), mayReboot(gate.alice)], ['yes', 'yes', 'yes']);
    enforce({});
    assert.equal(mayReboot(verified), 'yes');
    assert.match(mayReboot(touched), /^key-revoked: the policy requires that the security key verifies/);
    assert.match(mayReboot(gate.alice), /^key-revoked: the policy does not allow the type/);
    for (const ask of ['check', 'recheck'] as const) {
      assert.equal(gate.core.authorizer[ask](verified, request), null);
      assert.equal(gate.core.authorizer[ask](touched, request)?.code, 'key-revoked');
    }
    const another = new SoftAuthenticator('ecdsa').line;
    const added = gate.core.keys.add(touched, another);
    assert.equal(isRefusal(added) && added.code, 'key-revoked');
    assert.ok(!isRefusal(gate.core.keys.add(verified, another)));
  });

  it('are the only keys that can be added, and the sentence says how to make one', () => {
    enforce({});
    const plain = gate.core.keys.add(verified, plainKey());
    assert.ok(isRefusal(plain));
    assert.match(
      plain.message,
      /keys of the type ssh-ed25519 are not taken from you: make one of sk-ssh-ed25519@openssh\.com, sk-ecdsa-sha2-nistp256@openssh\.com, as with `ssh-keygen -t ed25519-sk -O verify-required`/i,
    );
  });

  it('count as the last way in: the only security key stays', () => {
    enforce({});
    const removed = gate.core.keys.remove(verified, verified.fingerprint, { confirmed: true });
    assert.equal(isRefusal(removed) && removed.code, 'last-key');
  });

  it('are required by a rule that lists plain types by mistake, too: nobody comes in by it', () => {
    enforce({ types: ['ssh-ed25519'] });
    assert.match(mayReboot(gate.alice), /^key-revoked/);
    assert.match(mayReboot(verified), /^key-revoked/);
  });
});
