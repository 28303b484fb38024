import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import type { BootProfileName, ImageName } from '../../../policy/names.js';
import { isRefusal } from '../../../policy/refusal.js';
import { fingerprintOf } from '../../../server/gate/keys/public-key.js';
import { OperationDispatcher } from '../../../server/gate/operations/operation-dispatcher.js';
import type { SeedKeys } from '../../../server/wire/seed-key.js';
import { eventually } from '../../support/eventually.js';
import { ALLOW_ALL, GateInside, policyOf, rule } from '../../support/gate-inside.js';
import { silentLogger } from '../../support/silent-logger.js';
import { ADMIN, domainName, fingerprint } from '../../support/temporary-store.js';

const HORATIO = domainName('horatio');
const DEBIAN = 'debian-13' as ImageName;
const SSH = 'ssh' as BootProfileName;
const NAMED = policyOf([rule('allow', ['reinstall'], { images: [DEBIAN] }), ...ALLOW_ALL.rules]);

function field(value: string | Buffer): Buffer {
  const bytes = Buffer.from(value);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

describe('what waits on a host, when a right is taken away', () => {
  let gate: GateInside;
  beforeEach(async () => {
    gate = new GateInside();
    for (const { customer } of [gate.alice, gate.bob]) {
      const blob = Buffer.concat([field('ssh-ed25519'), field(randomBytes(32))]);
      const key = { customer, fingerprint: fingerprintOf(blob), type: 'ssh-ed25519', blob, comment: '' };
      gate.store.keys.add(key, ADMIN, 10);
    }
    offer('asker');
    gate.enforce(NAMED);
    await gate.start();
  });
  afterEach(() => gate.stop());

  function offer(seed: SeedKeys | null, withdrawals = true): void {
    const seeded = seed === null ? {} : { seed };
    gate.dom0.contract = {
      ...gate.dom0.contract,
      withdrawals,
      images: [{ name: DEBIAN, title: 'Debian 13', minimumMiB: null, ...seeded }],
      profiles: [{ name: SSH, title: 't', disks: 'd', hint: 'h', parameters: [], ...seeded }],
    };
    gate.dom0.set(HORATIO, 'running', { images: [DEBIAN], profiles: [SSH] });
  }

  async function ask(action: 'reinstall' | 'rescue' = 'reinstall'): Promise<string> {
    await eventually(
      'the image to be heard of',
      () => gate.core.hosts.find(HORATIO)?.view.images?.length === 1,
    );
    const profile = action === 'reinstall' ? DEBIAN : SSH;
    const started = await gate.core.operations.operate(gate.alice, { action, domain: 'horatio', profile });
    if (isRefusal(started)) assert.fail(started.detail);
    return started.operation.id;
  }

  /** The gate reads the contract when it hears a host anew. */
  async function again(): Promise<void> {
    await gate.dom0.stop();
    await eventually('the host to be lost', () => !gate.core.hosts.areAllReachable);
    await gate.dom0.start();
    await eventually('the host to be heard', () => gate.core.hosts.areAllReachable);
  }

  const withdrawn = (id: string): Promise<unknown> =>
    eventually('it to be taken back', () => gate.dom0.withdrawals.includes(id));
  /** A change that is heard after all those before it, so that none of them was overlooked. */
  const settled = (): Promise<unknown> => new Promise(setImmediate);

  /** Each is tried with both kinds of operations. */
  const LOST: Readonly<Record<string, (gate: GateInside) => void>> = {
    'the role': ({ store, alice }) => void store.roles.remove(alice.customer, HORATIO, ADMIN),
    'the key': ({ store, alice }) =>
      void store.keys.remove(alice.customer, alice.fingerprint, ADMIN, { allowLast: true }),
    'the account': ({ store, alice }) => void store.customers.suspend(alice.customer, null, ADMIN),
    'the rule of the policy': (it) => {
      it.enforce(policyOf([rule('deny', ['reinstall', 'rescue']), ...ALLOW_ALL.rules]));
    },
    'the sight of the server': (it) => {
      it.enforce(policyOf([]));
    },
  };
  for (const [what, take] of Object.entries(LOST)) {
    for (const action of ['reinstall', 'rescue'] as const)
      it(`a ${action} is taken back with ${what}, and the log has how it ended`, async () => {
        const id = await ask(action);
        take(gate);
        await withdrawn(id);
        await eventually('its end', () => gate.events('operation.ended').length === 1);
        const [ended] = gate.events('operation.ended');
        assert.deepEqual([ended?.operation, ended?.outcome, ended?.code], [id, 'failed', 'undone']);
      });
  }

  it('is taken back when it is a reinstallation without a seed disk', async () => {
    offer(null);
    await again();
    const id = await ask('reinstall');
    gate.store.roles.remove(gate.alice.customer, HORATIO, ADMIN);
    await withdrawn(id);
  });

  it('is taken back when another owner, whose keys it would let in, has gone', async () => {
    offer('owners');
    await again();
    gate.store.roles.add(gate.bob.customer, HORATIO, 'owner', ADMIN);
    const id = await ask('rescue');
    assert.equal(gate.dom0.requests.at(-1)?.keys?.length, 2);
    gate.store.roles.remove(gate.bob.customer, HORATIO, ADMIN);
    await withdrawn(id);
  });

  it('goes on when nothing of it has gone: a new key, another role, maintenance', async () => {
    const id = await ask();
    gate.store.roles.add(gate.bob.customer, HORATIO, 'watcher', ADMIN);
    const more = {
      customer: gate.alice.customer,
      fingerprint: fingerprint('Z'),
      type: 'ssh-ed25519',
      blob: Buffer.from('Z'),
      comment: '',
    };
    gate.store.keys.add(more, ADMIN, 10);
    gate.store.maintenance.begin(
      { sentence: 'Disks are changed.', consolesClosed: false, until: null },
      ADMIN,
    );
    gate.enforce(NAMED);
    await settled();
    gate.dom0.tell({
      change: 'operation',
      operation: { ...gate.dom0.operations.get(id)!, step: 'checking-image' },
    });
    gate.dom0.end(id, 'done');
    await eventually('its end', () => gate.events('operation.ended').length === 1);
    assert.deepEqual(gate.dom0.withdrawals, []);
  });

  it('is left to end when it has begun, and asked about once', async () => {
    gate.dom0.hasBegun = true;
    const id = await ask();
    gate.store.roles.remove(gate.alice.customer, HORATIO, ADMIN);
    await withdrawn(id);
    gate.store.customers.suspend(gate.alice.customer, null, ADMIN);
    gate.dom0.end(id, 'done');
    await eventually('its end', () => gate.events('operation.ended').length === 1);
    assert.deepEqual(gate.dom0.withdrawals, [id]);
  });

  it('is not asked of a host that does not know the word', async () => {
    offer('asker', false);
    await again();
    const id = await ask();
    gate.store.roles.remove(gate.alice.customer, HORATIO, ADMIN);
    await settled();
    gate.dom0.end(id, 'done');
    await eventually('its end', () => gate.events('operation.ended').length === 1);
    assert.deepEqual(gate.dom0.withdrawals, []);
  });

  it('is taken back when the host is heard again', async () => {
    const id = await ask();
    await gate.dom0.stop();
    await eventually('the host to be lost', () => !gate.core.hosts.areAllReachable);
    gate.store.roles.remove(gate.alice.customer, HORATIO, ADMIN);
    await gate.dom0.start();
    await withdrawn(id);
  });

  it('is taken back by the next gate, which knows the customer and the role', async () => {
    const id = await ask();
    gate.core.operations.close();
    gate.store.roles.remove(gate.alice.customer, HORATIO, ADMIN);
    const { authorizer, hosts, store } = gate.core;
    const { roles, customers, parameters, audit } = store;
    const seedKeys = { of: () => null, usable: () => new Map() };
    const { grounds } = store;
    const later = new OperationDispatcher({
      authorizer,
      hosts,
      roles,
      customers,
      parameters,
      seedKeys,
      grounds,
      audit,
      log: silentLogger,
    });
    later.closeOpenIntents();
    await withdrawn(id);
    later.close();
  });
});
