import assert from 'node:assert/strict';
import type { Action } from '../../../policy/actions.js';
import { ACTIONS } from '../../../policy/actions.js';
import { parseMailAddress } from '../../../policy/mail-address.js';
import type { CustomerName } from '../../../policy/names.js';
import type { Policy } from '../../../policy/policy.js';
import { NoticeDelivery } from '../../../server/gate/notices/notice-delivery.js';
import { NoticeRights } from '../../../server/gate/notices/notice-rights.js';
import type { NoticeSettings } from '../../../server/gate/notices/notice-settings.js';
import type { Identity } from '../../../server/gate/session/identity.js';
import { Slices } from '../../../server/gate/scheduling/slices.js';
import { actorOf } from '../../../server/gate/audit/customer-actor.js';
import type { AuditEvent } from '../../../server/store/audit-event.js';
import { eventually } from '../../support/eventually.js';
import { FakeTerminal } from '../../support/fake-terminal.js';
import { GateInside, policyOf, rule } from '../../support/gate-inside.js';
import { Receiver } from '../../support/notice-receiver.js';
import { silentLogger } from '../../support/silent-logger.js';
import { ADMIN, customerName, domainName, fingerprint } from '../../support/temporary-store.js';

const HORATIO = domainName('horatio');
const OFFERED: NoticeSettings = {
  customers: true,
  channels: [],
  mail: { sendmail: ['/usr/bin/false'], from: 'postern@example.net', perHour: 10 },
};
const WITHOUT = ACTIONS.filter((action) => action !== 'notify');

describe('gate: customers who are told what happens', () => {
  let gate: GateInside;
  let delivery: NoticeDelivery;
  let mail: Receiver;
  let codes: Receiver;

  async function begin(settings = OFFERED): Promise<void> {
    // It is not started: the receivers below take the place of its mail program.
    gate = new GateInside({}, new Slices({ now: () => 0 }), [], settings);
    mail = new Receiver('customers', 10_000, 10);
    codes = new Receiver('codes');
    const { store } = gate;
    delivery = new NoticeDelivery({
      notices: store.notices,
      roles: store.roles,
      channels: [],
      customers: {
        notices: mail,
        codes,
        rights: new NoticeRights({
          policy: () => gate.core.policy.policy,
          roles: store.roles,
          customers: store.customers,
          observations: gate.core.hosts,
          clock: () => new Date(),
        }),
        addresses: store.noticeAddresses,
      },
      clock: () => new Date(),
      log: silentLogger,
      lookForExpiry: () => Promise.resolve(),
    });
    await delivery.tick();
  }
  beforeEach(() => begin());
  afterEach(async () => {
    await delivery.close();
    await gate.stop();
  });

  async function exec(who: Identity, text: string) {
    const terminal = new FakeTerminal({ hasPty: false });
    const status = await gate.exec(who, text, terminal);
    return { status, out: terminal.output, err: terminal.errors };
  }
  /** The customer sets an address as customers do. */
  async function set(who: Identity, address: string): Promise<void> {
    assert.equal((await exec(who, `notify mail ${address}`)).status, 0);
    await delivery.tick();
    const code = /The code is (\S+)\./.exec(codes.texts.at(-1) ?? '')?.[1] ?? assert.fail();
    assert.deepEqual(await exec(who, `notify confirm ${code}`), {
      status: 0,
      out: `Notices go to ${address}.\n`,
      err: '',
    });
  }
  const got = (): string[] =>
    mail.got.flatMap(({ address, notices }) => notices.map(({ text }) => `${address}: ${text}`));
  async function happens(...events: readonly AuditEvent[]): Promise<readonly string[]> {
    mail.got.length = 0;
    for (const event of events) gate.store.audit.append(event);
    await delivery.tick();
    return got().sort();
  }
  const asked = (verb: Action, who: Identity): AuditEvent =>
    ({
      kind: `domain.${verb}.requested`,
      actor: actorOf(who),
      domain: HORATIO,
      operation: `${verb} ${Math.random()}`,
      profile: null,
      rule: 'r',
      revision: 1,
    }) as AuditEvent;
  const keyAdded = (customer: CustomerName): AuditEvent => ({
    kind: 'key.added',
    actor: ADMIN,
    customer,
    fingerprint: fingerprint('Z'),
    type: 'ssh-ed25519',
  });

  it('set an address by a code that is sent to it, see it, test it, switch it off and on, and forget it', async () => {
    assert.equal((await exec(gate.alice, 'notify')).out, 'Notices are off: there is no address.\n');
    await set(gate.alice, 'alice@example.net');
    assert.deepEqual(
      codes.got.map(({ address }) => address),
      ['alice@example.net'],
    );
    assert.equal(
      (await exec(gate.alice, 'notify test')).out,
      'Notices go to alice@example.net.\nA test is on its way there.\n',
    );
    await delivery.tick();
    assert.deepEqual(got(), [
      'alice@example.net: This is a test of the notices of The Site, which alice asked for.',
    ]);
    assert.equal((await exec(gate.alice, 'notify off')).out, 'Notices to alice@example.net are off.\n');
    assert.deepEqual(await happens(keyAdded(gate.alice.customer)), [
      'alice@example.net: Notices of the account alice are off now. If it was not you, ask us.',
    ]);
    assert.equal((await exec(gate.alice, 'notify on')).status, 0);
    assert.deepEqual(JSON.parse((await exec(gate.alice, 'notify --json')).out), {
      address: 'alice@example.net',
      on: true,
      asked: null,
    });
    assert.equal((await exec(gate.alice, 'notify forget')).out, 'Notices are off: there is no address.\n');
    assert.deepEqual(await happens(keyAdded(gate.alice.customer)), [
      'alice@example.net: Notices of the account alice are off now, and this address is forgotten. If it was not you, ask us.',
    ]);
  });

  it('do the same in the menu line by line', async () => {
    const terminal = new FakeTerminal({ hasPty: false });
    const ended = gate.menu(gate.alice, terminal).run({ plain: true });
    const sees = (what: string): Promise<unknown> =>
      eventually(what, () => terminal.output.includes(what), { everyMs: 5 });
    await sees('n. Notices');
    terminal.type('n\n');
    await sees('Notices are off.');
    terminal.type('1\n');
    await sees('The address, or an empty line');
    terminal.type('nonsense\n');
    await sees('This is not taken as an address.');
    terminal.type('1\nalice@example.net\n');
    await sees('A code is on its way to alice@example.net.');
    await delivery.tick();
    const code = /The code is (\S+)\./.exec(codes.texts.at(-1) ?? '')?.[1] ?? assert.fail();
    terminal.type(`1\n${code}\n`);
    await sees('Notices go to alice@example.net.');
    terminal.type('2\n');
    await sees('Notices to alice@example.net are off.');
    terminal.hangUp();
    await ended;
  });

  it('may test twice while nothing else happens, and hold up nobody by it', async () => {
    await set(gate.alice, 'alice@example.net');
    const terminal = new FakeTerminal({ hasPty: false });
    const ended = gate.menu(gate.alice, terminal).run({ plain: true });
    terminal.type('n\n');
    await eventually('the menu', () => terminal.output.includes('Notices go to alice@example.net.'));
    for (const count of [1, 2, 3]) {
      terminal.type('3\n');
      await eventually('the test', async () => {
        await delivery.tick();
        return mail.got.length === count;
      });
    }
    terminal.hangUp();
    await ended;
    assert.equal(new Set(mail.got.flatMap(({ notices }) => notices.map(({ id }) => id))).size, 3);
    await happens(keyAdded(gate.alice.customer));
    assert.equal(got().length, 1);
  });

  it('read what is wrong in a sentence', async () => {
    const cases: readonly (readonly [command: string, status: number, message: RegExp])[] = [
      [
        'notify mail nonsense',
        2,
        /^This is not taken as an address\. It must be an address like anna@example\.net/,
      ],
      ['notify mail -oQ/tmp@example.net', 2, /There is no option "-oQ/],
      ['notify confirm bbbbbb', 3, /^There is no code to confirm/],
      ['notify on', 3, /^There is no address for notices yet/],
      ['notify test', 3, /^There is no address for notices yet/],
    ];
    for (const [command, status, message] of cases) {
      const { err, status: is } = await exec(gate.alice, command).catch((fault: unknown) => ({
        err: String(fault),
        status: 2,
      }));
      if (command.includes('-oQ')) assert.match(err, /not a command/);
      else assert.match(err, message, command);
      assert.equal(is, status, command);
    }
  });

  it('are told of their account and of servers on which they have a role, each in their own words', async () => {
    gate.role(gate.bob.customer, HORATIO, 'operator');
    await set(gate.alice, 'alice@example.net');
    await set(gate.bob, 'bob@example.org');
    const mallory = gate.customer('mallory', 'M', ['hamlet']);
    await set(mallory, 'mallory@example.com');
    assert.deepEqual(
      await happens(asked('poweroff', gate.alice), asked('rescue', gate.alice), keyAdded(gate.bob.customer), {
        kind: 'domain.crashed',
        domain: HORATIO,
        host: 'one',
        since: '2026-11-30T10:00:00.000Z',
      }),
      [
        'alice@example.net: You asked for a boot of horatio into rescue.',
        'alice@example.net: horatio has crashed.',
        'bob@example.org: An administrator added the SSH key ' +
          `${fingerprint('Z')} (ssh-ed25519) to your account.`,
        'bob@example.org: alice asked for a boot of horatio into rescue.',
        'bob@example.org: alice asked for a power-off of horatio.',
        'bob@example.org: horatio has crashed.',
      ],
    );
  });

  describe('with one mailbox for two accounts', () => {
    const CRASH: AuditEvent = {
      kind: 'domain.crashed',
      domain: HORATIO,
      host: 'one',
      since: '2026-11-30T10:00:00.000Z',
    };
    const told = (): readonly string[] =>
      mail.got
        .flatMap(({ customer, notices }) => notices.map(({ times, text }) => `${customer}: ${times} ${text}`))
        .sort();

    beforeEach(async () => {
      gate.role(gate.bob.customer, HORATIO, 'operator');
      for (const who of [gate.alice, gate.bob]) await set(who, 'ops@example.org');
      await delivery.tick();
    });

    it('each is told of it, once and in their own words', async () => {
      await happens(CRASH, asked('rescue', gate.alice));
      assert.deepEqual(told(), [
        'alice: 1 You asked for a boot of horatio into rescue.',
        'alice: 1 horatio has crashed.',
        'bob: 1 alice asked for a boot of horatio into rescue.',
        'bob: 1 horatio has crashed.',
      ]);
    });

    it('one who switches notices off, or is removed, takes nothing from the other', async () => {
      const { alice, bob, store } = gate;
      mail.answer = () => 'no';
      await happens(CRASH);
      store.audit.append(keyAdded(alice.customer));
      await delivery.tick();
      assert.equal((await exec(bob, 'notify off')).status, 0);
      store.customers.remove(bob.customer, ADMIN);
      mail.answer = () => null;
      mail.got.length = 0;
      store.notices.messages.retryNow('customers');
      await delivery.tick();
      assert.deepEqual(told(), [
        `alice: 1 An administrator added the SSH key ${fingerprint('Z')} (ssh-ed25519) to your account.`,
        'alice: 1 An administrator ended the role of bob on horatio.',
        'alice: 1 horatio has crashed.',
      ]);
    });
  });

  it('are told nothing when the role has gone, or the account is suspended', async () => {
    gate.role(gate.bob.customer, HORATIO, 'operator');
    await set(gate.alice, 'alice@example.net');
    await set(gate.bob, 'bob@example.org');
    gate.store.roles.remove(gate.bob.customer, HORATIO, ADMIN);
    assert.deepEqual(await happens(), [
      'alice@example.net: An administrator ended the role of bob on horatio.',
      'bob@example.org: An administrator ended your role on horatio.',
    ]);
    assert.deepEqual(await happens(asked('poweroff', gate.alice)), []);
    gate.store.customers.suspend(gate.alice.customer, null, ADMIN);
    assert.deepEqual(await happens(asked('rescue', gate.bob), keyAdded(gate.alice.customer)), []);
    gate.store.customers.resume(gate.alice.customer, ADMIN);
  });

  it('are told nothing from before their role, nor of who had their name before', async () => {
    await set(gate.bob, 'bob@example.org');
    mail.got.length = 0;
    // All of it while no gate runs.
    gate.store.audit.append(asked('rescue', gate.alice));
    gate.role(gate.bob.customer, HORATIO, 'operator');
    gate.store.audit.append(keyAdded(gate.alice.customer));
    gate.store.customers.remove(gate.alice.customer, ADMIN);
    gate.customer('alice', 'N', ['ophelia']);
    const { noticeAddresses } = gate.store;
    noticeAddresses.find = (customer) => ({
      address: parseMailAddress(`${customer}@example.org`) ?? assert.fail(),
      on: true,
      asked: null,
    });
    assert.deepEqual(
      (await happens()).map((text) => text.replaceAll(/SHA256:\S+/g, 'FP')),
      [
        'alice@example.org: An administrator added the SSH key FP (ssh-ed25519) to your account.',
        'alice@example.org: An administrator made you owner of ophelia.',
        'bob@example.org: An administrator ended the role of alice on horatio.',
        'bob@example.org: An administrator made you operator of horatio.',
      ],
    );
  });

  describe('as the policy allows it', () => {
    const cases: readonly (readonly [what: string, policy: Policy, may: boolean])[] = [
      ['no rule', policyOf([rule('allow', WITHOUT)]), false],
      ['a rule that names it', policyOf([rule('allow', [...WITHOUT, 'notify'])]), true],
      [
        'a rule for another domain',
        policyOf([
          rule('allow', WITHOUT),
          rule('allow', ['notify'], { domains: { names: ['x'], tags: [] } }),
        ]),
        false,
      ],
      [
        'a rule that denies it before one that allows it',
        policyOf([rule('deny', ['notify']), rule('allow', ACTIONS)]),
        false,
      ],
      ['no right to see the server', policyOf([rule('allow', ['notify'])]), false],
    ];
    for (const [what, policy, may] of cases) {
      it(`${may ? 'may' : 'may not'} have notices with ${what}`, async () => {
        await set(gate.alice, 'alice@example.net');
        gate.enforce(policy);
        const shown = await exec(gate.alice, 'notify');
        assert.equal(shown.status, may ? 0 : 3, shown.err);
        const told = await happens(asked('rescue', gate.alice), keyAdded(gate.alice.customer));
        assert.equal(told.length, may ? 2 : 0);
        if (!may) {
          assert.equal((await exec(gate.alice, 'notify mail other@example.net')).status, 3);
          assert.equal((await exec(gate.alice, 'notify off')).status, 0, 'to end them needs no right');
        }
      });
    }

    it('are not told by a rule that asks where they come from: nobody knows', async () => {
      await set(gate.alice, 'alice@example.net');
      gate.enforce(
        policyOf([
          rule('allow', WITHOUT),
          rule('allow', ['notify'], {
            when: { from: ['192.0.2.0/24'], times: null, states: null, booted: null } as never,
          }),
        ]),
      );
      assert.deepEqual(await happens(asked('rescue', gate.alice)), []);
    });
  });

  it('read that there are none where the settings do not offer them', async () => {
    await delivery.close();
    await gate.stop();
    await begin({ ...OFFERED, customers: false });
    for (const command of ['notify', 'notify mail a@example.net', 'notify on'])
      assert.match((await exec(gate.alice, command)).err, /^This service sends no notices to customers\./);
  });

  it('cannot change them by a certificate for one server', async () => {
    await set(gate.alice, 'alice@example.net');
    const confined = { ...gate.alice, certificate: { confinedTo: HORATIO } } as unknown as Identity;
    const { notices } = gate.core.exec;
    for (const answer of [
      notices.show(confined),
      notices.ask(confined, 'eve@example.org'),
      notices.switch(confined, false),
      notices.forget(confined),
    ])
      assert.equal('refused' in answer && answer.refused, true);
    assert.equal(gate.store.noticeAddresses.find(customerName('alice')).on, true);
  });

  it('are held to a pace, like every request that the audit log records', async () => {
    await set(gate.alice, 'alice@example.net');
    const answers = new Set<number>();
    for (let count = 0; count < 620; count += 1) {
      const { notices } = gate.core.exec;
      const answer = notices.switch(gate.alice, count % 2 === 0);
      answers.add('refused' in answer ? 1 : 0);
    }
    assert.deepEqual([...answers], [0, 1]);
    await delivery.tick();
    assert.ok(mail.got.length <= 10, `${mail.got.length} mails`);
  });
});
