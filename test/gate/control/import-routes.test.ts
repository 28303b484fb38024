import assert from 'node:assert/strict';
import { isRefusal } from '../../../policy/refusal.js';
import { makeEd25519KeyPair } from '../../../server/gate/ssh/ed25519-key-pair.js';
import type { ImportResult } from '../../../server/store/imports.js';
import { ControlFixture, POLICY } from '../../support/control-fixture.js';
import { domainName } from '../../support/temporary-store.js';

describe('gate: imports over the control socket', () => {
  let gate: ControlFixture;

  beforeEach(async () => {
    gate = new ControlFixture();
    await gate.server.listen();
  });

  afterEach(() => gate.remove());

  const key = (): object => ({ key: makeEd25519KeyPair('').publicFile });
  const wanted = (customer: string, ...keys: object[]): object => ({
    customer,
    keys,
    roles: [{ domain: 'horatio', role: 'owner' }],
  });

  async function imported(customers: readonly object[], apply = true): Promise<ImportResult> {
    const answer = await gate.client().ask('POST', '/import', { customers, apply });
    return isRefusal(answer) ? assert.fail(answer.message) : (answer as ImportResult);
  }

  it('are done whole, or refused with the customer’s name and not done at all', async () => {
    const weak = { key: 'ssh-dss AAAAB3NzaC1kc3MAAACBAP' };
    const result = await imported([wanted('alice', key()), wanted('bob', key(), weak)]);
    assert.equal(result.applied, false);
    assert.match(result.refused[0]?.sentence ?? '', /^bob: DSA keys are too weak/);
    assert.deepEqual(gate.store.customers.list(), []);
    const many = await imported([wanted('alice', key(), key(), key(), key())]);
    assert.match(many.refused[0]?.sentence ?? '', /^alice: there are 3 keys already/);
    assert.equal((await imported([wanted('alice', key())], false)).applied, false);
    assert.deepEqual(gate.store.customers.list(), []);
    assert.equal((await imported([wanted('alice', key())])).applied, true);
    assert.equal(gate.store.roles.on(domainName('horatio')).length, 1);
  });

  it('go by the policy’s rules for keys, with the roles that are to be, and leave what is there', async () => {
    const rule = {
      subjects: { customers: [], groups: [], roles: ['owner'] },
      types: ['ssh-ed25519'],
      rsaBits: null,
      count: 1,
      maxAgeSeconds: null,
      verified: false,
      place: { file: 'policy.yaml', line: 1, column: 1 },
    } as const;
    gate.policy.policy = { ...POLICY, keyRules: [rule] };
    const two = await imported([wanted('alice', key(), key())]);
    assert.match(two.refused[0]?.sentence ?? '', /^alice: .*no more than 1 /);
    const one = wanted('alice', key());
    assert.equal((await imported([one])).applied, true);
    gate.policy.policy = { ...POLICY, keyRules: [{ ...rule, types: ['ssh-rsa'] }] };
    const again = await imported([one]);
    assert.deepEqual([again.applied, again.customers[0]?.keys[0]?.state], [true, 'there']);
    const bob = await imported([wanted('bob', key())]);
    assert.match(bob.refused[0]?.sentence ?? '', /^bob: .*ssh-rsa/);
  });

  it('are read like anything else that comes there', async () => {
    for (const customers of [
      'alice',
      [{ customer: 'alice' }],
      [wanted('Alice', key())],
      [{ ...wanted('alice', key()), since: 1 }],
      [wanted('alice', { key: 'ssh-ed25519', expires: 'soon' })],
      [{ customer: 'alice', keys: [], roles: [{ domain: 'Domain-0', role: 'owner' }] }],
      [{ customer: 'alice', keys: [], roles: [{ domain: 'horatio', role: 'king' }] }],
    ]) {
      const answer = await gate.client().ask('POST', '/import', { customers, apply: true });
      assert.ok(isRefusal(answer) && answer.code === 'usage', JSON.stringify(customers));
    }
    assert.deepEqual(gate.store.customers.list(), []);
    assert.deepEqual(gate.faults, []);
  });
});
