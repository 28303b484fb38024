import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { ACTIONS } from '../../../policy/actions.js';
import type { AuthorityName, BootProfileName, CustomerName, ImageName } from '../../../policy/names.js';
import type { Policy, Rule } from '../../../policy/policy.js';
import { isRefusal } from '../../../policy/refusal.js';
import { parseTimeWindow } from '../../../policy/time-window.js';
import { readCertificate } from '../../../server/gate/certificates/certificate.js';
import {
  restoredCertificate,
  storedCertificate,
} from '../../../server/gate/certificates/login-certificate.js';
import { fingerprintOf } from '../../../server/gate/keys/public-key.js';
import { OperationDispatcher } from '../../../server/gate/operations/operation-dispatcher.js';
import { SeedKeys } from '../../../server/gate/operations/seed-keys.js';
import type { Identity } from '../../../server/gate/session/identity.js';
import { CertifiedAccounts } from '../../../server/gate/ssh/certified-accounts.js';
import { AuditUnavailableError } from '../../../server/store/store-error.js';
import { operationView, wireRefusal } from '../../support/dom0-stand-in.js';
import { eventually } from '../../support/eventually.js';
import { GateInside, policyOf, rule } from '../../support/gate-inside.js';
import { makeCertificate, makeKey } from '../../support/made-certificate.js';
import type { CertificateParts } from '../../support/made-certificate.js';
import { NO_KEY_RULE } from '../../support/policy-values.js';
import { silentLogger } from '../../support/silent-logger.js';
import { ADMIN, customerName, domainName } from '../../support/temporary-store.js';

const HORATIO = domainName('horatio');
const DEBIAN = 'debian-13' as ImageName;
const SSH = 'ssh' as BootProfileName;
const CA = 'a-ca' as AuthorityName;

type Action = 'reinstall' | 'rescue';

/** Lets every customer do everything under this condition, and reinstall the image. */
function allowing(when: Partial<NonNullable<Rule['when']>> | null = null, more: Partial<Rule> = {}): Rule[] {
  const condition =
    when === null ? null : { from: [], times: [], zone: 'UTC', states: [], booted: [], ...when };
  return [
    rule('allow', ['reinstall'], { images: [DEBIAN], when: condition, ...more }),
    rule('allow', ['rescue'], { when: condition, ...more }),
    rule(
      'allow',
      ACTIONS.filter((action) => action !== 'reinstall' && action !== 'rescue'),
    ),
  ];
}

function field(value: string | Buffer): Buffer {
  const bytes = Buffer.from(value);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

describe('an operation whose right ends while it waits on its host', () => {
  let gate: GateInside;
  let dispatcher: OperationDispatcher;
  let unlisten: () => void;
  let said: { readonly said: string; readonly phase?: string; readonly code?: string | null }[];
  let bobsKey: ReturnType<typeof makeKey>;
  const ca = makeKey();
  const inside = makeKey();

  /** By which alice logs in. */
  let login: ReturnType<typeof makeKey>;

  beforeEach(async () => {
    // A request that the host does not answer hangs for as long as the test.
    gate = new GateInside({ answer: 60_000 });
    said = [];
    bobsKey = makeKey();
    login = makeKey();
    addKey(gate.alice.customer, login);
    addKey(gate.bob.customer, bobsKey);
    gate.store.roles.add(gate.bob.customer, HORATIO, 'owner', ADMIN);
    gate.dom0.contract = {
      ...gate.dom0.contract,
      withdrawals: true,
      images: [{ name: DEBIAN, title: 'Debian 13', minimumMiB: null, seed: 'owners' }],
      profiles: [{ name: SSH, title: 't', disks: 'd', hint: 'h', parameters: [], seed: 'owners' }],
    };
    gate.dom0.set(HORATIO, 'running', { images: [DEBIAN], profiles: [SSH] });
    gate.enforce(policyOf(allowing()));
    await gate.start();
    await eventually('the image', () => gate.core.hosts.find(HORATIO)?.view.images?.length === 1);
    dispatcher = newDispatcher();
    const review = (): void => {
      dispatcher.withdrawals.review();
    };
    gate.core.policy.onChange(review);
    gate.core.revokedKeys.onChange(review);
    unlisten = gate.store.audit.onAppend((row) => {
      dispatcher.withdrawals.heard(row);
    });
  });
  afterEach(async () => {
    unlisten();
    dispatcher.close();
    await gate.stop();
  });

  function addKey(customer: CustomerName, { blob } = makeKey()): void {
    const key = { customer, fingerprint: fingerprintOf(blob), type: 'ssh-ed25519', blob, comment: '' };
    assert.ok(!isRefusal(gate.store.keys.add(key, ADMIN, 1_000)));
  }

  /** As the gate makes it, with a short wait between two tries. */
  function newDispatcher(more: object = {}): OperationDispatcher {
    const { authorizer, hosts, standing } = gate.core;
    const { roles, customers, parameters, audit, grounds, keys } = gate.store;
    return new OperationDispatcher({
      authorizer,
      hosts,
      roles,
      customers,
      parameters,
      grounds,
      audit,
      seedKeys: new SeedKeys({ keys, roles, standing }),
      log: {
        ...silentLogger,
        info: (fields: object, words: string) => said.push({ said: words, ...fields }),
        warn: (fields: object, words: string) => said.push({ said: words, ...fields }),
      },
      timings: { sweep: 20, late: 60_000 },
      clock: () => gate.clock(),
      ...more,
    });
  }

  function nextGate(): void {
    dispatcher.close();
    dispatcher = newDispatcher();
    dispatcher.closeOpenIntents();
  }

  const alice = (): Identity => ({ ...gate.alice, fingerprint: login.fingerprint });

  async function ask(action: Action, identity = alice()): Promise<string> {
    const profile = action === 'reinstall' ? DEBIAN : SSH;
    const started = await dispatcher.operate(identity, { action, domain: 'horatio', profile });
    if (isRefusal(started)) assert.fail(started.detail);
    return started.operation.id;
  }

  const withdrawn = (id: string): Promise<unknown> =>
    eventually('it to be taken back', () => gate.dom0.withdrawals.includes(id));

  /** A round trip to the host comes after a withdrawal that was sent before it. */
  async function goesOn(id: string): Promise<void> {
    await new Promise(setImmediate);
    for (let times = 0; times < 3; times += 1) await gate.core.hosts.links[0]?.operations.find(id);
    assert.deepEqual(gate.dom0.withdrawals, []);
  }

  async function isForgotten(): Promise<void> {
    await eventually('nothing to be kept of it', () => gate.store.grounds.all().size === 0);
  }

  /** The identity of a login by a certificate of the CA. */
  function certified(parts: Partial<CertificateParts> = {}): Identity {
    const { fingerprint, blob } = ca;
    const scope = { everybody: false, customers: [gate.alice.customer], groups: [] };
    const authority = { name: CA, fingerprint, type: 'ssh-ed25519', blob, ...scope };
    assert.ok(!isRefusal(gate.store.authorities.add(authority, ADMIN)));
    const certificate = readCertificate(makeCertificate(ca, inside, parts), { rsaMinimumBits: 2048 });
    assert.ok(typeof certificate !== 'string');
    const { logins, authorities, holders } = gate.store;
    const policy = (): Policy => gate.core.policy.policy;
    const revoked = gate.core.revokedKeys;
    const accounts = new CertifiedAccounts({
      logins,
      authorities,
      holders,
      policy,
      revoked,
      clock: () => gate.clock(),
    });
    const found = accounts.find('alice', certificate, accounts.authority(ca.fingerprint), false);
    assert.ok(found?.certificate !== undefined && found.standing.here);
    const { customer, certificate: proof } = found;
    return { ...gate.alice, customer, fingerprint: inside.fingerprint, certificate: proof, connection: 'c' };
  }

  /** On a busy machine the time may be over before it is stored, and is refused then. */
  const endSoon = ({ roles }: GateInside['store'], customer: CustomerName): void => {
    while (isRefusal(roles.add(customer, HORATIO, 'owner', ADMIN, soon()))) continue;
  };
  const soon = (): string => new Date(Date.now() + 300).toISOString();

  /** What ends a right, by what a person would call it. */
  const ENDS: Readonly<Record<string, (gate: GateInside) => void | Promise<void>>> = {
    'the customer is disabled': ({ store, alice }) =>
      void store.customers.suspend(alice.customer, null, ADMIN),
    'the customer is removed': ({ store, alice }) => void store.customers.remove(alice.customer, ADMIN),
    'the customer is removed, and another one of the name has the server': (it) => {
      it.store.customers.remove(it.alice.customer, ADMIN);
      it.customer('alice', 'A', ['horatio']);
    },
    'the key of the login is removed': ({ store, alice }) =>
      void store.keys.remove(alice.customer, login.fingerprint, ADMIN, { allowLast: true }),
    'the key of the login expires': ({ store, alice }) =>
      void store.keys.setExpiry(alice.customer, login.fingerprint, soon(), ADMIN),
    'the key of the login is revoked by the list': (it) => {
      writeFileSync(it.revokedKeysFile, `${login.line}\n`);
      it.core.revokedKeys.refresh();
    },
    'the role ends': ({ store, alice }) => void store.roles.remove(alice.customer, HORATIO, ADMIN),
    'the time of the role is over': ({ store, alice }) => endSoon(store, alice.customer),
    'the role ends, and is given again at once': ({ store, alice }) => {
      store.roles.remove(alice.customer, HORATIO, ADMIN);
      store.roles.add(alice.customer, HORATIO, 'owner', ADMIN);
    },
    'the server is given up': async (it) => {
      it.dom0.gone(HORATIO);
      await eventually('it to be retired', () => !isRefusal(it.store.domains.retire([HORATIO], ADMIN)));
    },
    'a key that it would let in is removed': ({ store, bob }) =>
      void store.keys.remove(bob.customer, bobsKey.fingerprint, ADMIN, { allowLast: true }),
    'a key that it would let in expires': ({ store, bob }) =>
      void store.keys.setExpiry(bob.customer, bobsKey.fingerprint, soon(), ADMIN),
    'another owner, whom it would let in, is disabled': ({ store, bob }) =>
      void store.customers.suspend(bob.customer, null, ADMIN),
    'the time of another owner, whom it would let in, is over': ({ store, bob }) =>
      endSoon(store, bob.customer),
    'another owner, whom it would let in, is an operator now': ({ store, bob }) =>
      void store.roles.add(bob.customer, HORATIO, 'operator', ADMIN),
    'the policy lets nobody do it': (it) => {
      it.enforce(policyOf([rule('deny', ['reinstall', 'rescue']), ...allowing()]));
    },
    'the policy hides the server': (it) => {
      it.enforce(policyOf([]));
    },
    'the policy allows other profiles and images': (it) => {
      it.enforce(
        policyOf(allowing(null, { profiles: ['rescue' as BootProfileName], images: ['arch' as ImageName] })),
      );
    },
    'the policy allows it from other addresses': (it) => {
      it.enforce(policyOf(allowing({ from: ['198.51.100.0/24'] })));
    },
    'the policy takes no such keys': (it) => {
      const subjects = { customers: [], groups: [], roles: [] };
      it.enforce({
        ...policyOf(allowing()),
        keyRules: [{ ...NO_KEY_RULE, subjects, types: ['ecdsa-sha2-nistp256'] }],
      });
    },
  };

  for (const [what, end] of Object.entries(ENDS)) {
    for (const action of ['reinstall', 'rescue'] as const) {
      it(`a ${action} is taken back when ${what}`, async () => {
        const id = await ask(action);
        await end(gate);
        await withdrawn(id);
        await isForgotten();
      });

      it(`a ${action} is taken back by the next gate when ${what}`, async () => {
        const id = await ask(action);
        dispatcher.close();
        await end(gate);
        nextGate();
        await withdrawn(id);
        await isForgotten();
      });
    }
  }

  /** The same for a login by a certificate. */
  const ENDS_OF_CERTIFICATES: Readonly<
    Record<string, readonly [(gate: GateInside) => void, Partial<CertificateParts>?]>
  > = {
    'its CA is not trusted any more': [({ store }) => void store.authorities.remove(CA, ADMIN)],
    'its CA is removed and trusted again': [
      (it) => {
        const { fingerprint, blob } = ca;
        it.store.authorities.remove(CA, ADMIN);
        const scope = { everybody: true, customers: [], groups: [] };
        it.store.authorities.add({ name: CA, fingerprint, type: 'ssh-ed25519', blob, ...scope }, ADMIN);
      },
    ],
    'the list revokes its key': [
      (it) => {
        writeFileSync(it.revokedKeysFile, `${inside.line}\n`);
        it.core.revokedKeys.refresh();
      },
    ],
    'the customer is renamed, and it names the old one': [
      ({ store, alice }) => void store.customers.rename(alice.customer, customerName('alicia'), ADMIN),
    ],
    'it expires': [() => undefined, { validBefore: BigInt(Math.floor(Date.now() / 1000) + 2) }],
  };
  for (const [what, [end, parts]] of Object.entries(ENDS_OF_CERTIFICATES)) {
    for (const next of [false, true])
      it(`by a certificate, it is taken back ${next ? 'by the next gate ' : ''}when ${what}`, async () => {
        const now = new Date();
        const { clock } = gate;
        // On a busy machine the certificate may be over before anything is asked for.
        gate.clock = () => now;
        const seconds = BigInt(Math.floor(now.getTime() / 1000) + 2);
        const id = await ask(
          'rescue',
          certified(parts === undefined ? {} : { ...parts, validBefore: seconds }),
        );
        gate.clock = clock;
        if (next) dispatcher.close();
        end(gate);
        if (next) nextGate();
        await withdrawn(id);
        await isForgotten();
      });
  }

  /** None of these takes anything of it away. */
  const GOES_ON: Readonly<Record<string, (gate: GateInside) => void>> = {
    'another owner gets another name': ({ store, bob }) =>
      void store.customers.rename(bob.customer, customerName('robert'), ADMIN),
    'the customer gets another name': ({ store, alice }) =>
      void store.customers.rename(alice.customer, customerName('alicia'), ADMIN),
    'a new owner comes before the others, and there are more keys than it could carry': (it) => {
      const aaron = it.customer('aaron', 'C', ['horatio']);
      for (let more = 0; more < 70; more += 1) addKey(aaron.customer);
    },
    'there is maintenance': ({ store }) =>
      void store.maintenance.begin({ sentence: 'Disks.', consolesClosed: true, until: null }, ADMIN),
    'the server does something else, and the policy asks what it does': (it) => {
      it.enforce(policyOf(allowing({ states: ['running'] })));
      it.dom0.set(HORATIO, 'shutting-down', { images: [DEBIAN], profiles: [SSH] });
    },
    'the role gets an end, and another one': ({ store, alice }) => {
      store.roles.add(alice.customer, HORATIO, 'owner', ADMIN, '2099-01-01T00:00:00.000Z');
      store.roles.add(alice.customer, HORATIO, 'owner', ADMIN, null);
    },
    'its customer has another key and another server': ({ store, alice }) => {
      addKey(alice.customer);
      store.roles.add(alice.customer, domainName('yorick'), 'owner', ADMIN);
    },
  };
  for (const [what, change] of Object.entries(GOES_ON)) {
    for (const next of [false, true])
      it(`goes on${next ? ' with the next gate' : ''} when ${what}`, async () => {
        const id = await ask('rescue');
        if (next) dispatcher.close();
        change(gate);
        if (next) nextGate();
        await goesOn(id);
        gate.dom0.end(id, 'done');
        await isForgotten();
        assert.deepEqual(gate.dom0.withdrawals, []);
      });
  }

  it('goes on when a time window closes that was open, and not when the policy has another one', async () => {
    const window = parseTimeWindow('mon-sun 00:00-24:00') ?? assert.fail('no window');
    gate.clock = () => new Date('2026-03-02T12:00:00Z');
    const noon = parseTimeWindow('11:00-13:00') ?? assert.fail('no window');
    gate.enforce(policyOf(allowing({ times: [noon] })));
    const id = await ask('rescue');
    gate.clock = () => new Date('2026-03-02T14:00:00Z');
    dispatcher.withdrawals.review();
    await goesOn(id);
    gate.enforce(policyOf(allowing({ times: [window] })));
    await goesOn(id);
    gate.enforce(policyOf(allowing({ times: [parseTimeWindow('22:00-23:00') ?? assert.fail('no window')] })));
    await withdrawn(id);
  });

  for (const next of [false, true])
    it(`is asked for again${next ? ' by the next gate' : ''}, when the host could not tell`, async () => {
      let tries = 0;
      gate.dom0.refuseWithdrawal = () =>
        (tries += 1) < 3 ? wireRefusal('audit-unavailable', 'The host cannot read its records.') : null;
      const id = await ask('rescue');
      if (next) dispatcher.close();
      gate.store.roles.remove(gate.alice.customer, HORATIO, ADMIN);
      if (next) nextGate();
      await eventually('its end', () => gate.dom0.operations.get(id)?.phase === 'failed');
      assert.equal(tries, 3);
      await isForgotten();
    });

  it('is asked for again when the host is another process now, which has not begun anything', async () => {
    gate.dom0.hasBegun = true;
    const id = await ask('rescue');
    gate.store.roles.remove(gate.alice.customer, HORATIO, ADMIN);
    await eventually('the answer', () => said.some((line) => line.said === 'withdrawal.too-late'));
    gate.dom0.hasBegun = false;
    await gate.dom0.stop();
    await eventually('the host to be lost', () => !gate.core.hosts.areAllReachable);
    await gate.dom0.start();
    await eventually('its end', () => gate.dom0.operations.get(id)?.phase === 'failed');
    await isForgotten();
  });

  it('is watched while the host has not answered the request yet', async () => {
    gate.dom0.reply = (request) => {
      gate.dom0.operations.set(request.id, operationView(request));
      return 'hang';
    };
    const profile = SSH;
    const asked = dispatcher.operate(alice(), { action: 'rescue', domain: 'horatio', profile });
    await eventually('the request', () => gate.dom0.requests.length === 1);
    gate.store.roles.remove(gate.alice.customer, HORATIO, ADMIN);
    await withdrawn(gate.dom0.requests[0]?.id ?? '');
    await gate.dom0.stop();
    assert.ok(isRefusal(await asked));
  });

  it('is not watched any more when its last news did not come, and the log says how it ended', async () => {
    const id = await ask('rescue');
    const other = await ask('reinstall').catch(() => null);
    await gate.dom0.stop();
    await eventually('the host to be lost', () => !gate.core.hosts.areAllReachable);
    for (const [key, view] of gate.dom0.operations)
      gate.dom0.operations.set(key, { ...view, phase: 'done', endedAt: new Date().toISOString() });
    await gate.dom0.start();
    await isForgotten();
    gate.store.roles.remove(gate.alice.customer, HORATIO, ADMIN);
    await goesOn(id);
    assert.notEqual(other, id);
  });

  it('is not called taken back when it was done before', async () => {
    const id = await ask('rescue');
    const view = gate.dom0.operations.get(id) ?? assert.fail('no operation');
    gate.dom0.operations.set(id, { ...view, phase: 'done', endedAt: new Date().toISOString() });
    gate.store.roles.remove(gate.alice.customer, HORATIO, ADMIN);
    await isForgotten();
    const last = said.at(-1);
    assert.deepEqual([last?.said, last?.phase, last?.code], ['withdrawal.void', 'done', null]);
  });

  it('stays watched while its end is not in the journal of its host', async () => {
    const id = await ask('rescue');
    const view = gate.dom0.operations.get(id) ?? assert.fail('no operation');
    const failure = wireRefusal('undone', 'The right to it was taken away before it began.');
    const ended = { phase: 'failed', failure, endedAt: new Date().toISOString() } as const;
    gate.dom0.operations.set(id, { ...view, ...ended, unrecorded: true });
    gate.store.roles.remove(gate.alice.customer, HORATIO, ADMIN);
    await eventually('two tries', () => gate.dom0.withdrawals.length >= 2);
    assert.equal(gate.store.grounds.all().size, 1);
    gate.dom0.operations.set(id, { ...view, ...ended });
    await isForgotten();
  });

  it('is not asked for where it could not be kept what it rests on', async () => {
    dispatcher.close();
    const keep = (): never => {
      throw new AuditUnavailableError('the database cannot be written');
    };
    const grounds = { keep, all: () => new Map(), drop: () => undefined };
    dispatcher = newDispatcher({ grounds });
    const answer = await dispatcher.operate(alice(), { action: 'rescue', domain: 'horatio', profile: SSH });
    assert.equal(isRefusal(answer) && answer.code, 'audit-unavailable');
    assert.deepEqual(gate.dom0.requests, []);
    assert.deepEqual(
      gate.events('operation.ended').map(({ outcome }) => outcome),
      ['refused'],
    );
  });

  it('keeps nothing of what lets nobody in, and is not watched then', async () => {
    const started = await dispatcher.operate(alice(), { action: 'reboot', domain: 'horatio', profile: null });
    assert.ok(!isRefusal(started));
    assert.equal(gate.store.grounds.all().size, 0);
    gate.store.roles.remove(gate.alice.customer, HORATIO, ADMIN);
    await goesOn(started.operation.id);
  });

  it('an old gate left without its grounds is taken back with the customer and the role alone', async () => {
    const id = await ask('rescue');
    dispatcher.close();
    gate.store.grounds.drop(id);
    gate.store.keys.remove(gate.bob.customer, bobsKey.fingerprint, ADMIN, { allowLast: true });
    nextGate();
    await goesOn(id);
    gate.store.roles.remove(gate.alice.customer, HORATIO, ADMIN);
    gate.store.roles.add(gate.alice.customer, HORATIO, 'owner', ADMIN);
    await withdrawn(id);
  });

  it('has a certificate that is kept whole', () => {
    const { certificate } = certified({ serial: 2n ** 63n, keyId: randomBytes(20).toString('hex') });
    assert.ok(certificate !== undefined);
    const kept = JSON.parse(JSON.stringify(storedCertificate(certificate))) as ReturnType<
      typeof storedCertificate
    >;
    assert.deepEqual(restoredCertificate(gate.alice.customer, kept), certificate);
    assert.equal(
      restoredCertificate(gate.alice.customer, { ...kept, blob: field('x').toString('base64') }),
      null,
    );
  });
});
