import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import type { BootProfileName, CustomerName, DomainName, ImageName } from '../../../policy/names.js';
import { isRefusal } from '../../../policy/refusal.js';
import { OwnDomains } from '../../../server/gate/customer/own-domains.js';
import { fingerprintOf } from '../../../server/gate/keys/public-key.js';
import type { Identity } from '../../../server/gate/session/identity.js';
import type { OperationRequest } from '../../../server/wire/operation.js';
import { MOST_SEED_KEYS } from '../../../server/wire/seed-key.js';
import type { SeedKeys } from '../../../server/wire/seed-key.js';
import { operationView, wireRefusal } from '../../support/dom0-stand-in.js';
import { eventually } from '../../support/eventually.js';
import { ALLOW_ALL, GateInside, policyOf, rule } from '../../support/gate-inside.js';
import { NO_KEY_RULE } from '../../support/policy-values.js';
import { ADMIN, customerName, domainName } from '../../support/temporary-store.js';

const HORATIO = domainName('horatio');
const RSA_BITS = 2048;

function field(value: string | Buffer): Buffer {
  const bytes = Buffer.from(value);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

function ed25519(): Buffer {
  return Buffer.concat([field('ssh-ed25519'), field(randomBytes(32))]);
}

function rsa(): Buffer {
  const modulus = Buffer.concat([Buffer.from([0, 0x80]), randomBytes(RSA_BITS / 8 - 1)]);
  return Buffer.concat([field('ssh-rsa'), field(Buffer.from([1, 0, 1])), field(modulus)]);
}

function securityKey(): Buffer {
  return Buffer.concat([field('sk-ssh-ed25519@openssh.com'), field(randomBytes(32)), field('ssh:')]);
}

describe('the keys that go onto a seed disk', () => {
  let gate: GateInside;
  beforeEach(async () => {
    gate = new GateInside();
    offer('asker');
    await gate.start();
  });
  afterEach(() => gate.stop());

  /** The profile `ssh` with the seed, and `rescue` without one. */
  function offer(seed: SeedKeys | null): void {
    const words = { title: 't', disks: 'd', hint: 'h', parameters: [] };
    gate.dom0.contract = {
      ...gate.dom0.contract,
      profiles: [
        { ...words, name: 'ssh' as BootProfileName, ...(seed === null ? {} : { seed }) },
        { ...words, name: 'rescue' as BootProfileName },
      ],
    };
    for (const [name, view] of gate.dom0.domains)
      gate.dom0.domains.set(name, {
        ...view,
        profiles: gate.dom0.contract.profiles.map((profile) => profile.name),
      });
  }

  /** Gives a customer a key, and returns its line on the seed disk. */
  function add(
    customer: CustomerName,
    blob: Buffer,
    more: { expiresAt?: string; comment?: string } = {},
  ): string {
    const type = blob.subarray(4, 4 + blob.readUInt32BE(0)).toString();
    const key = { customer, fingerprint: fingerprintOf(blob), type, blob, comment: 'x"]\n- y $(z)' };
    const added = gate.store.keys.add({ ...key, ...more }, ADMIN, 1_000);
    assert.ok(!isRefusal(added));
    return `${type} ${blob.toString('base64')} ${customer}`;
  }

  async function rescue(profile = 'ssh', identity: Identity = gate.alice): Promise<OperationRequest> {
    const before = gate.dom0.requests.length;
    const started = await gate.core.operations.operate(identity, {
      action: 'rescue',
      domain: 'horatio',
      profile,
    });
    assert.ok(!isRefusal(started), isRefusal(started) ? started.detail : '');
    const request = gate.dom0.requests[before];
    assert.ok(request !== undefined);
    gate.dom0.end(request.id, 'done');
    return request;
  }

  function owner(name: string, domain: DomainName = HORATIO): CustomerName {
    const customer = customerName(name);
    gate.store.customers.add(customer, ADMIN);
    gate.role(customer, domain, 'owner');
    return customer;
  }

  it('are the keys of the one who asks, of every kind, with the login for a comment', async () => {
    const lines = [
      add(gate.alice.customer, ed25519()),
      add(gate.alice.customer, rsa()),
      add(gate.alice.customer, securityKey()),
    ];
    add(gate.bob.customer, ed25519());
    add(owner('carol'), ed25519());
    assert.deepEqual([...((await rescue()).keys ?? [])].sort(), lines.sort());
  });

  it('have nothing of a comment, whatever is in it', async () => {
    const comments = [
      'two\nlines',
      'ssh\r\nssh-ed25519 AAAA evil',
      '\u0000',
      '"]\n- ssh-ed25519 AAAA evil',
      '*anchor &x !!python/object:os.system {a: [',
      '$(reboot) `reboot` ; reboot',
      '\u202egnp.txe',
      'x'.repeat(100_000),
      'command="rm -rf /" ',
    ];
    const lines = comments.map((comment) => add(gate.alice.customer, ed25519(), { comment }));
    assert.deepEqual([...((await rescue()).keys ?? [])].sort(), lines.sort());
  });

  it('are never sent for a profile without a seed disk, nor to a host that knows of none', async () => {
    add(gate.alice.customer, ed25519());
    assert.equal('keys' in (await rescue('rescue')), false);
    await gate.stop();
    gate = new GateInside();
    offer(null);
    await gate.start();
    add(gate.alice.customer, ed25519());
    assert.equal('keys' in (await rescue()), false);
  });

  it('go with a reinstallation only when its image says so, whatever a profile of that name says', async () => {
    const line = add(gate.alice.customer, ed25519());
    const image = (name: string, seed?: SeedKeys) =>
      ({
        name: name as ImageName,
        title: name,
        minimumMiB: null,
        ...(seed === undefined ? {} : { seed }),
      }) as const;
    gate.enforce(policyOf([rule('allow', ['status', 'rescue', 'reinstall'])]));
    await gate.dom0.stop();
    gate.dom0.contract = { ...gate.dom0.contract, images: [image('debian', 'asker'), image('ssh')] };
    for (const [name, view] of gate.dom0.domains)
      gate.dom0.domains.set(name, { ...view, images: ['debian' as ImageName, 'ssh' as ImageName] });
    await gate.dom0.start();
    await eventually('the images', () => gate.core.hosts.find(HORATIO)?.view.images);
    for (const [profile, keys] of [
      ['debian', [line]],
      ['ssh', undefined],
    ] as const) {
      const wanted = { action: 'reinstall', domain: 'horatio', profile } as const;
      const started = await gate.core.operations.operate(gate.alice, wanted);
      assert.ok(!isRefusal(started), isRefusal(started) ? started.detail : '');
      const request = gate.dom0.requests.at(-1);
      assert.deepEqual([request?.image, request?.keys], [profile, keys]);
      gate.dom0.end(request?.id ?? '', 'done');
    }
  });

  it('are those of all owners where the profile says so, and of nobody else', async () => {
    await gate.stop();
    gate = new GateInside();
    offer('owners');
    await gate.start();
    const alices = add(gate.alice.customer, ed25519());
    const carols = add(owner('carol'), ed25519());
    const dave = customerName('dave');
    gate.store.customers.add(dave, ADMIN);
    gate.role(dave, HORATIO, 'operator');
    add(dave, ed25519());
    add(gate.bob.customer, ed25519());
    assert.deepEqual((await rescue()).keys, [alices, carols]);

    gate.store.roles.remove(customerName('carol'), HORATIO, ADMIN);
    assert.deepEqual((await rescue()).keys, [alices]);
    gate.role(customerName('carol'), HORATIO, 'watcher');
    assert.deepEqual((await rescue()).keys, [alices]);
    gate.role(customerName('carol'), HORATIO, 'owner');
    gate.store.customers.suspend(customerName('carol'), null, ADMIN);
    assert.deepEqual((await rescue()).keys, [alices]);
  });

  it('lose the key of an owner whose role goes while the request is tried again', async () => {
    await gate.stop();
    gate = new GateInside();
    offer('owners');
    await gate.start();
    const alices = add(gate.alice.customer, ed25519());
    const carols = add(owner('carol'), ed25519());
    let tries = 0;
    gate.dom0.reply = (request) => {
      tries += 1;
      if (tries > 1) return operationView(request);
      gate.store.roles.remove(customerName('carol'), HORATIO, ADMIN);
      return 'drop';
    };
    const started = await gate.core.operations.operate(gate.alice, {
      action: 'rescue',
      domain: 'horatio',
      profile: 'ssh',
    });
    assert.ok(!isRefusal(started));
    assert.deepEqual(
      gate.dom0.requests.map(({ keys }) => keys),
      [[alices, carols], [alices]],
    );
  });

  it('are told of in the menu before the boot, where the profile has a seed disk', async () => {
    const shown = (): unknown =>
      new OwnDomains(gate.core.ownDomains, gate.alice)
        .list()
        .find(({ name }) => name === HORATIO)
        ?.profiles.map(({ disks }) => disks);
    assert.deepEqual(shown(), ['d Your SSH keys may log in to it, where it runs SSH.', 'd']);
    await gate.stop();
    gate = new GateInside();
    offer('owners');
    await gate.start();
    assert.deepEqual(shown(), ['d The SSH keys of all owners may log in to it, where it runs SSH.', 'd']);
  });

  it('are none that could not log in: expired, removed, or refused by the policy', async () => {
    const good = add(gate.alice.customer, ed25519());
    add(gate.alice.customer, rsa(), { expiresAt: '2020-01-01T00:00:00.000Z' });
    const removed = ed25519();
    add(gate.alice.customer, removed);
    gate.store.keys.remove(gate.alice.customer, fingerprintOf(removed), ADMIN, { allowLast: true });
    assert.deepEqual((await rescue()).keys, [good]);
    add(gate.alice.customer, rsa());
    assert.equal((await rescue()).keys?.length, 2);
    gate.enforce({
      ...ALLOW_ALL,
      keyRules: [{ ...NO_KEY_RULE, types: ['ssh-ed25519'] }],
    });
    assert.deepEqual((await rescue()).keys, [good]);
    // The keys are read after the decision: a denial reads none.
    gate.enforce(policyOf([rule('deny', ['rescue']), rule('allow', ['status', 'start'])]));
    const before = gate.dom0.requests.length;
    const denied = await gate.core.operations.operate(gate.alice, {
      action: 'rescue',
      domain: 'horatio',
      profile: 'ssh',
    });
    assert.ok(isRefusal(denied));
    assert.equal(gate.dom0.requests.length, before);
  });

  it('are an empty list for a customer without a key, so that the disk lets nobody in', async () => {
    assert.deepEqual((await rescue()).keys, []);
  });

  it('are no more than an operation may carry, and each once, those of the asker first', async () => {
    await gate.stop();
    gate = new GateInside();
    offer('owners');
    await gate.start();
    const shared = ed25519();
    const carol = owner('aaron');
    for (let count = 0; count < MOST_SEED_KEYS; count += 1) add(carol, ed25519());
    add(carol, shared);
    const alices = add(gate.alice.customer, shared);
    const keys = (await rescue()).keys ?? [];
    assert.equal(keys.length, MOST_SEED_KEYS);
    assert.equal(keys[0], alices);
    assert.equal(new Set(keys.map((line) => line.split(' ')[1])).size, MOST_SEED_KEYS);
  });

  it('leave no trace where the host refuses', async () => {
    add(gate.alice.customer, ed25519());
    gate.dom0.reply = () => wireRefusal('toolstack-failed', 'no room');
    const refused = await gate.core.operations.operate(gate.alice, {
      action: 'rescue',
      domain: 'horatio',
      profile: 'ssh',
    });
    assert.ok(isRefusal(refused));
    assert.doesNotMatch(JSON.stringify(gate.store.audit.tail({ limit: 100 })), /AAAAC3Nza/);
  });
});
