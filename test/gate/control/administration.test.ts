import assert from 'node:assert/strict';
import { sessionTable } from '../../../server/cli/customer/session.js';
import type { SessionView } from '../../../server/gate/control/session-answers.js';
import { isRefusal } from '../../../policy/refusal.js';
import { NORMAL } from '../../../policy/names.js';
import type { BootProfileName } from '../../../policy/names.js';
import type { CustomerRemoved, CustomerRenamed } from '../../../server/gate/control/customer-answers.js';
import type { DomainDetail, ParametersSet } from '../../../server/gate/control/domain-answers.js';
import type { KeysExpiring, KeyView } from '../../../server/gate/control/key-answers.js';
import type { GateStatus } from '../../../server/gate/control/status-answers.js';
import type { ControlClient } from '../../../server/gate/control/control-client.js';
import { ed25519Pair } from '../../../server/gate/ssh/raw-keys.js';
import { ControlFixture, POLICY } from '../../support/control-fixture.js';
import { domainView } from '../../support/dom0-stand-in.js';
import { eventually } from '../../support/eventually.js';
import { SoftAuthenticator } from '../../support/soft-authenticator.js';
import {
  ADMIN,
  customerActor,
  customerName,
  domainName,
  fingerprint,
  parameterName,
} from '../../support/temporary-store.js';

const ALICE = customerName('alice');
const HORATIO = domainName('horatio');

function publicKey(): string {
  const type = Buffer.from('\0\0\0\x0bssh-ed25519\0\0\0\x20', 'latin1');
  return `ssh-ed25519 ${Buffer.concat([type, ed25519Pair().publicKey]).toString('base64')} alice@home`;
}

describe('gate: what admins ask of a running gate', () => {
  let gate: ControlFixture;
  let client: ControlClient;

  beforeEach(async () => {
    gate = new ControlFixture();
    client = gate.client();
    await gate.server.listen();
    gate.store.customers.add(ALICE, ADMIN);
  });

  afterEach(async () => {
    await gate.remove();
  });

  async function code(asked: Promise<object>): Promise<string> {
    const answer = await asked;
    return isRefusal(answer) ? answer.code : 'none';
  }

  it('takes parameters of a domain, and says what its host does not know or take', async () => {
    const offer = { name: parameterName('suite'), title: 'suite', values: ['bookworm'], default: null };
    const profile = {
      name: 'installer' as BootProfileName,
      title: 't',
      disks: 'd',
      hint: '',
      parameters: [offer],
    };
    gate.contract = {
      version: 1,
      host: 'xen1',
      verbs: ['rescue'],
      profiles: [profile],
      console: { passesEscape: false, sysrqKeys: [], log: true, screenText: true },
    };
    gate.domains.set(HORATIO, domainView(HORATIO, 'running'));
    const set = async (parameters: unknown): Promise<unknown> => {
      const answer = await client.ask('PUT', '/domains/horatio/parameters', { parameters });
      return isRefusal(answer) ? answer.code : (answer as ParametersSet).notes;
    };
    assert.deepEqual(await set({ suite: 'bookworm' }), []);
    assert.deepEqual(await set({ suite: 'potato' }), [
      'installer on xen1 does not take potato for suite, only bookworm',
    ]);
    assert.deepEqual(await set({ sweet: 'x' }), [
      'no boot profile on the host of horatio has a parameter sweet; is the name right?',
    ]);
    for (const bad of [undefined, null, [], {}, 'x', { a: 1 }, { a: null }, { a: 'b c' }, { A: 'b' }]) {
      assert.equal(await set(bad), 'usage', JSON.stringify(bad));
    }
    for (const names of [undefined, [], 'suite', ['A'], [1]]) {
      assert.equal(await code(client.ask('DELETE', '/domains/horatio/parameters', { names })), 'usage');
    }
    const shown = (await client.ask('GET', '/domains/horatio')) as DomainDetail;
    assert.deepEqual(shown.asked, [{ ...offer, host: 'xen1', profile: 'installer' }]);
  });

  it('announces one printable line, which is recorded, and nothing that plays tricks on a terminal', async () => {
    assert.deepEqual(await client.ask('POST', '/announcements', { text: ' At 22:00 the host restarts ' }), {
      text: 'At 22:00 the host restarts',
      told: 1,
    });
    assert.deepEqual(gate.announced, ['From the administrators: At 22:00 the host restarts.']);
    const { event } = gate.store.audit.tail().at(-1) ?? {};
    assert.deepEqual(event, {
      kind: 'announcement.made',
      actor: { admin: 'tester' },
      text: 'At 22:00 the host restarts',
    });
    const head = gate.store.audit.head().seq;
    for (const text of [undefined, '', '  ', 'a\nb', '\x1b[2J', 'a\u202eb', 'x'.repeat(201), 7])
      assert.equal(await code(client.ask('POST', '/announcements', { text })), 'usage', String(text));
    assert.equal(gate.announced.length, 1);
    assert.equal(gate.store.audit.head().seq, head);
  });

  it('begins and ends maintenance, and says so to doctor', async () => {
    const on = { sentence: 'New disks.', until: '2999-01-01', closeConsoles: true };
    assert.equal(await code(client.ask('PUT', '/maintenance', on)), 'none');
    const status = (await client.ask('GET', '/status')) as GateStatus;
    assert.deepEqual(
      [status.maintenance?.sentence, status.maintenance?.until, status.maintenance?.consolesClosed],
      ['New disks.', '2999-01-01T00:00:00.000Z', true],
    );
    for (const bad of [
      {},
      { ...on, sentence: 'a\nb' },
      { ...on, until: 'soon' },
      { ...on, until: '2020-01-01' },
    ])
      assert.equal(await code(client.ask('PUT', '/maintenance', bad)), 'usage', JSON.stringify(bad));
    await client.ask('DELETE', '/maintenance');
    assert.deepEqual(await client.ask('GET', '/maintenance'), { maintenance: null });
    await client.ask('DELETE', '/maintenance');
    const kinds = gate.store.audit.tail().map(({ event }) => event.kind);
    assert.deepEqual(kinds.slice(-2), ['maintenance.began', 'maintenance.ended']);
  });

  it('adds a customer, in the name of who asked', async () => {
    await client.ask('POST', '/customers', { customer: 'bob' });
    assert.deepEqual(gate.store.audit.tail().at(-1)?.event, {
      kind: 'customer.added',
      actor: { admin: 'tester' },
      customer: 'bob',
    });
    assert.equal(await code(client.ask('POST', '/customers', { customer: 'bob' })), 'name-reserved');
  });

  it('takes no odd names, and records no odd admin', async () => {
    for (const customer of [
      '',
      'Alice',
      '-a',
      '../x',
      'list',
      'a'.repeat(40),
      7,
      null,
      undefined,
      ['bob'],
      '\u0430lice',
    ]) {
      assert.equal(
        await code(client.ask('POST', '/customers', { customer })),
        'usage',
        JSON.stringify(customer),
      );
    }
    for (const domain of ['-a', '0', 'Domain-0', 'horatio ', '../ophelia', 'hor\u0430tio', '']) {
      assert.equal(
        await code(client.ask('PUT', '/roles', { customer: 'alice', domain, role: 'owner' })),
        'usage',
        domain,
      );
    }
    assert.equal(
      await code(client.ask('PUT', '/roles', { customer: 'alice', domain: 'horatio', role: 'root' })),
      'usage',
    );
    assert.equal(
      await code(client.ask('PUT', '/roles', { customer: 'alice', domain: 'horatio', role: 'owner', x: 1 })),
      'usage',
    );
    assert.equal(gate.store.roles.of(ALICE).length, 0);
    await gate.client('a b').ask('POST', '/customers', { customer: 'bob' });
    assert.deepEqual(gate.store.audit.tail().at(-1)?.event, {
      kind: 'customer.added',
      actor: { admin: 'unknown' },
      customer: 'bob',
    });
  });

  it('adds keys on security keys, and no key that was made for a web site', async () => {
    const key = new SoftAuthenticator('ecdsa', 'ssh:work');
    const added = (await client.ask('POST', '/customers/alice/keys', {
      key: `${key.line} yubi\n`,
    })) as KeyView;
    assert.deepEqual([added.fingerprint, added.type, added.comment], [key.fingerprint, key.type, 'yubi']);
    const web = new SoftAuthenticator('ed25519', 'example.com').line;
    assert.equal(await code(client.ask('POST', '/customers/alice/keys', { key: web })), 'key-invalid');
  });

  it('adds keys as pasted, up to the settings’ maximum, and shows them', async () => {
    const text = publicKey();
    const added = (await client.ask('POST', '/customers/alice/keys', { key: `${text}\n` })) as {
      publicKey: string;
      comment: string;
    };
    assert.equal(`${added.publicKey} ${added.comment}`, text);
    assert.equal(await code(client.ask('POST', '/customers/alice/keys', { key: text })), 'key-exists');
    assert.equal(await code(client.ask('POST', '/customers/alice/keys', { key: 'nonsense' })), 'key-invalid');
    assert.equal(await code(client.ask('POST', '/customers/nobody/keys', { key: text })), 'no-such-customer');
    for (let n = 0; n < 2; n += 1) await client.ask('POST', '/customers/alice/keys', { key: publicKey() });
    assert.equal(await code(client.ask('POST', '/customers/alice/keys', { key: publicKey() })), 'too-many');
    assert.equal(((await client.ask('GET', '/customers/alice/keys')) as { keys: unknown[] }).keys.length, 3);
  });

  it('removes a key, also one with a slash in its fingerprint, and ends the sessions that came with it', async () => {
    const print = fingerprint('/');
    gate.store.keys.add(
      { customer: ALICE, fingerprint: print, type: 't', blob: Buffer.from('k'), comment: '' },
      ADMIN,
      9,
    );
    gate.addSession('s1', 'alice', '/');
    gate.addSession('s2', 'alice', 'b');
    const path = `/customers/alice/keys/${encodeURIComponent(print)}`;
    assert.equal(await code(client.ask('DELETE', path)), 'last-key');
    assert.equal(gate.live.length, 2);
    const removed = (await client.ask('DELETE', path, { allowLast: true })) as { sessionsEnded: number };
    assert.equal(removed.sessionsEnded, 1);
    assert.deepEqual(
      gate.live.map(({ id }) => id),
      ['s2'],
    );
  });

  it('renames a customer, ends what goes on under the old name, and says where the policy speaks of it', async () => {
    gate.addSession('s1', 'alice');
    gate.addSession('s2', 'bob');
    gate.policy.policy = { ...POLICY, groups: { staff: [ALICE] } };
    const renamed = (await client.ask('POST', '/customers/alice/rename', {
      to: 'alicia',
    })) as CustomerRenamed;
    assert.deepEqual([renamed.customer.name, renamed.sessionsEnded], ['alicia', 1]);
    assert.deepEqual(renamed.mentions, ['group staff']);
    assert.deepEqual(gate.told, [['s1', 'Your login name is alicia from now on. Log in again with it.']]);
    assert.equal(await code(client.ask('GET', '/customers/alice')), 'no-such-customer');
    assert.equal(await code(client.ask('POST', '/customers/alicia/rename', { to: 'Alice!' })), 'usage');
  });

  it('removes a customer, and says what is gone and what stays', async () => {
    await client.ask('POST', '/customers/alice/keys', { key: publicKey() });
    gate.store.customers.add(customerName('bob'), ADMIN);
    for (const name of ['horatio', 'yorick']) gate.store.roles.add(ALICE, domainName(name), 'owner', ADMIN);
    gate.store.roles.add(customerName('bob'), domainName('yorick'), 'watcher', ADMIN);
    const removed = (await client.ask('DELETE', '/customers/alice')) as CustomerRemoved;
    const { keys, roles, ownerless, unowned, recordings, mentions } = removed;
    assert.deepEqual(unowned, ['horatio', 'yorick'], 'bob only watches yorick');
    assert.deepEqual([keys, roles.length, ownerless, recordings, mentions], [1, 2, ['horatio'], 0, []]);
  });

  it('says of a role that is taken away or changed whether it was the last owner’s', async () => {
    const BOB = customerName('bob');
    gate.store.customers.add(BOB, ADMIN);
    const unowned = async (method: 'PUT' | 'DELETE', given: object): Promise<boolean> =>
      ((await client.ask(method, '/roles', { domain: 'horatio', ...given })) as { unowned: boolean }).unowned;
    assert.equal(await unowned('PUT', { customer: 'alice', role: 'owner' }), false);
    assert.equal(await unowned('PUT', { customer: 'bob', role: 'owner' }), false);
    assert.equal(await unowned('DELETE', { customer: 'bob' }), false, 'alice owns it');
    assert.equal(await unowned('PUT', { customer: 'bob', role: 'watcher' }), false);
    assert.equal(await unowned('DELETE', { customer: 'bob' }), false, 'a watcher is no owner');
    assert.equal(await unowned('PUT', { customer: 'alice', role: 'operator' }), true);
    assert.equal(await unowned('PUT', { customer: 'alice', role: 'watcher' }), false);
    assert.equal(await unowned('PUT', { customer: 'alice', role: 'owner' }), false);
    assert.equal(await unowned('DELETE', { customer: 'alice' }), true);
  });

  it('rolls keys over: who still logs in with old ones, until when, and then away', async () => {
    const { customers, keyUse } = gate.store;
    const add = async (name: string, more: object = {}): Promise<KeyView> =>
      (await client.ask('POST', `/customers/${name}/keys`, { key: publicKey(), ...more })) as KeyView;
    customers.add(customerName('bob'), ADMIN);
    gate.policy.policy = { ...POLICY, groups: { staff: [ALICE] } };
    const [old, others] = [await add('alice'), await add('bob')];
    await eventually('the next millisecond', () => new Date().toISOString() > others.addedAt, { everyMs: 1 });
    const addedBefore = new Date().toISOString();
    const fresh = await add('alice', { expires: '2999-01-01' });
    assert.equal(fresh.expiresAt, '2999-01-01T00:00:00.000Z');
    void keyUse.touch(ALICE, old.fingerprint);
    const listed = async (query: string): Promise<string[]> => {
      const answer = await client.ask('GET', `/keys?${query}`);
      return isRefusal(answer)
        ? [answer.code]
        : (answer as { keys: KeyView[] }).keys.map((key) => key.fingerprint);
    };
    const before = encodeURIComponent(addedBefore);
    assert.deepEqual(await listed(`addedBefore=${before}`), [old.fingerprint, others.fingerprint]);
    assert.deepEqual(await listed(`addedBefore=${before}&usedSince=2020-01-01`), [old.fingerprint]);
    assert.deepEqual(await listed(`customer=bob&unusedSince=2020-01-01`), [others.fingerprint]);
    assert.deepEqual(await listed('group=staff&unusedSince=2020-01-01'), [fresh.fingerprint]);
    assert.deepEqual(await listed('group=__proto__'), ['no-such-group']);
    assert.deepEqual(await listed('customer=nobody'), ['no-such-customer']);
    const at = '2998-01-01T00:00:00.000Z';
    const expiring = (await client.ask('POST', '/keys/expire', { addedBefore, at })) as KeysExpiring;
    assert.deepEqual(
      expiring.keys.map((key) => key.fingerprint),
      [old.fingerprint],
    );
    assert.deepEqual(expiring.left, ['bob']);
    const path = `/customers/alice/keys/${encodeURIComponent(old.fingerprint)}/expiry`;
    assert.equal(
      ((await client.ask('PUT', path, { at: '2020-01-01' })) as KeyView).expiresAt,
      '2020-01-01T00:00:00.000Z',
    );
    assert.equal(
      ((await client.ask('POST', '/keys/prune')) as { keys: KeyView[] }).keys[0]?.fingerprint,
      old.fingerprint,
    );
    assert.equal(await code(client.ask('PUT', path, { at: null })), 'no-such-key');
  });

  it('suspends a customer and ends their sessions at once, and nobody else’s', async () => {
    gate.store.customers.add(customerName('bob'), ADMIN);
    gate.addSession('s1', 'alice');
    gate.addSession('s2', 'bob');
    gate.addSession('s3', 'alice');
    const answer = (await client.ask('POST', '/customers/alice/suspend', { reason: 'unpaid' })) as {
      sessionsEnded: number;
    };
    assert.equal(answer.sessionsEnded, 2);
    assert.deepEqual(
      gate.live.map(({ id }) => id),
      ['s2'],
    );
    assert.ok(
      gate.told.every(([, sentence]) => !sentence.includes('unpaid')),
      'the reason is for the log',
    );
    assert.ok(gate.store.customers.find(ALICE)?.suspendedAt);
    await client.ask('POST', '/customers/alice/resume');
    assert.equal(gate.store.customers.find(ALICE)?.suspendedAt, null);
    await client.ask('DELETE', '/customers/bob');
    assert.deepEqual(gate.live, []);
  });

  it('lists and ends connections without a session as well, and does not count them as sessions', async () => {
    gate.addSession('7f3a.1', 'alice');
    gate.addSession('c0ffee', 'alice', 'a', 'connection');
    const { sessions } = (await client.ask('GET', '/sessions?customer=alice')) as { sessions: SessionView[] };
    assert.deepEqual(
      sessions.map(({ id, what }) => [id, what]),
      [
        ['7f3a.1', 'menu'],
        ['c0ffee', 'connection'],
      ],
    );
    assert.match(sessionTable(sessions), /^c0ffee +alice .* no session$/m);
    assert.equal(((await client.ask('GET', '/status')) as { sessions: number }).sessions, 1);
    await client.ask('DELETE', '/sessions/c0ffee');
    assert.deepEqual(
      gate.live.map(({ id }) => id),
      ['7f3a.1'],
    );
  });

  it('lists and ends sessions, with the reason in the log and for the customer', async () => {
    gate.addSession('c1.1', 'alice');
    const { sessions } = (await client.ask('GET', '/sessions?customer=alice')) as {
      sessions: { id: string }[];
    };
    assert.deepEqual(
      sessions.map(({ id }) => id),
      ['c1.1'],
    );
    assert.deepEqual(await client.ask('GET', '/sessions?customer=bob'), { sessions: [] });
    await client.ask('DELETE', '/sessions/c1.1', { reason: 'maintenance at 22:00' });
    assert.deepEqual(gate.told, [
      ['c1.1', 'This session was ended by an administrator: maintenance at 22:00'],
    ]);
    assert.deepEqual(gate.store.audit.tail().at(-1)?.event, {
      kind: 'session.ended',
      actor: { admin: 'tester' },
      session: 'c1.1',
      reason: 'maintenance at 22:00',
    });
    assert.equal(await code(client.ask('DELETE', '/sessions/c1.1')), 'no-such-session');
    assert.equal(await code(client.ask('DELETE', '/sessions/c1.1', { reason: 'x\u001b[2J' })), 'usage');
  });

  it('says of a role whether its domain was ever seen', async () => {
    const role = { customer: 'alice', domain: 'horatio', role: 'owner' };
    assert.equal(((await client.ask('PUT', '/roles', role)) as { seen: boolean }).seen, false);
    gate.store.domains.seen([HORATIO]);
    assert.equal(((await client.ask('PUT', '/roles', role)) as { seen: boolean }).seen, true);
    const { roles } = (await client.ask('GET', '/roles?domain=horatio')) as { roles: { customer: string }[] };
    assert.deepEqual(
      roles.map(({ customer }) => customer),
      ['alice'],
    );
    gate.store.domains.gone(HORATIO);
    const { domains } = (await client.ask('GET', '/domains')) as {
      domains: { retiredAt: string | null; roles: { counts: boolean }[] }[];
    };
    assert.equal(domains[0]?.roles[0]?.counts, false);
    assert.equal(await code(client.ask('POST', '/domains/horatio/adopt')), 'wrong-state');
    gate.store.domains.seen([HORATIO]);
    await client.ask('POST', '/domains/horatio/adopt');
    assert.equal(gate.store.roles.find(ALICE, HORATIO)?.counts, true);
    await client.ask('DELETE', '/roles', { customer: 'alice', domain: 'horatio' });
    assert.equal(
      await code(client.ask('DELETE', '/roles', { customer: 'alice', domain: 'horatio' })),
      'no-such-role',
    );
  });

  it('explains a decision with what is used up, and what comes before any rule', async () => {
    gate.store.roles.add(ALICE, HORATIO, 'owner', ADMIN);
    const ask = { customer: 'alice', action: 'reboot', domain: 'horatio' };
    const text = async (given = ask): Promise<string> =>
      ((await client.ask('POST', '/policy/explain', given)) as { text: string }).text;
    assert.match(await text(), /allowed by owners/);
    assert.match(await text({ ...ask, action: 'poweroff' }), /denied, no-rule/);
    const actor = customerActor(ALICE, fingerprint('a'));
    for (const operation of ['o1', 'o2']) {
      gate.store.audit.append({
        kind: 'domain.reboot.requested',
        actor,
        domain: HORATIO,
        operation,
        profile: null,
        rule: 'r',
        revision: 1,
      });
    }
    assert.match(await text(), /denied, limit-reached \(calm\)/);
    gate.store.domains.seen([HORATIO]);
    gate.store.domains.gone(HORATIO);
    gate.store.customers.suspend(ALICE, null, ADMIN);
    assert.match(
      await text(),
      /alice is suspended since .*\nhoratio was retired.*postern domain adopt horatio/,
    );
    assert.equal(await code(client.ask('POST', '/policy/explain', { ...ask, action: 'rebot' })), 'usage');
    assert.equal(
      await code(client.ask('POST', '/policy/explain', { ...ask, customer: 'bob' })),
      'no-such-customer',
    );
  });

  it('explains a denial by the reference that the customer read, as it was and as it would be now', async () => {
    gate.store.roles.add(ALICE, HORATIO, 'watcher', ADMIN);
    const event = {
      kind: 'domain.denied',
      actor: customerActor(ALICE, fingerprint('a')),
      domain: 'horatio',
      action: 'reboot',
      code: 'rule-denies',
      detail: 'rule-denies: closed at 10-default.yaml:3:5',
      reference: 'bkdmtz',
      profile: null,
      revision: 7,
      state: 'crashed',
      booted: NORMAL,
    } as const;
    const { seq } = gate.store.audit.append(event);
    const { text } = (await client.ask('GET', '/policy/denials/BKDMTZ')) as { text: string };
    assert.match(text, /^alice, reboot, horatio: denied on \S+Z, rule-denies\n/);
    assert.match(text, /\nbecause {2}rule-denies: closed at 10-default\.yaml:3:5\npolicy {3}revision 7\n/);
    assert.match(text, new RegExp(`\naudit {4}row ${seq}, connection c1\n`));
    assert.match(text, /\n\nalice, reboot, horatio: denied, no-rule\n[^]*\nstate {4}crashed, boot normal\n/);
    gate.store.audit.append({ ...event, domain: '-a', reference: 'bkdmtx' });
    const odd = (await client.ask('GET', '/policy/denials/bkdmtx')) as { text: string; now: unknown };
    assert.match(odd.text, /There is no such customer or domain/);
    assert.equal(odd.now, null);
    assert.equal(await code(client.ask('GET', '/policy/denials/bkdmtc')), 'no-such-reference');
    for (const name of ['aeioux', "'%20OR%201", ''])
      assert.equal(await code(client.ask('GET', `/policy/denials/${name}`)), 'usage', name);
  });

  it('explains for another time, address and state, and by files that are not in force', async () => {
    gate.store.roles.add(ALICE, HORATIO, 'owner', ADMIN);
    const files = [
      {
        file: 'new.yaml',
        text: 'rules:\n  - id: office\n    allow: [console]\n    when: {times: [mon-fri 08:00-18:00], zone: Europe/Berlin, from: [2001:db8::/32], states: [running]}\n',
      },
    ];
    const ask = { customer: 'alice', action: 'console', domain: 'horatio', files };
    const text = async (more: object): Promise<string> =>
      ((await client.ask('POST', '/policy/explain', { ...ask, ...more })) as { text: string }).text;
    const noon = { at: '2026-11-25T12:00:00Z', source: '2001:DB8::7', state: 'running' };
    assert.match(await text(noon), /: allowed by office\n[^]*\nfrom {5}2001:db8::7\nstate {4}running/);
    assert.match(
      await text({ ...noon, at: '2026-11-25T23:00:00Z' }),
      /: denied, condition-not-met\n[^]* times mon-fri 08:00-18:00 \(Europe\/Berlin\): thu 00:00, not met\n/,
    );
    assert.match(
      await text({ ...noon, source: '192.0.2.1' }),
      / from 2001:db8::\/32: 192\.0\.2\.1, not met\n/,
    );
    assert.match(await text({ ...noon, state: 'off' }), / states running: off, not met\n/);
    assert.match(await text({}), / from 2001:db8::\/32: not known, which meets no condition\n/);
    const wrong = { ...ask, files: [{ file: 'new.yaml', text: 'rules: [' }] };
    assert.equal(await code(client.ask('POST', '/policy/explain', wrong)), 'usage');
    for (const odd of [{ source: 'example.net' }, { state: 'unknown' }, { at: 'noon' }, { files: [7] }])
      assert.equal(await code(client.ask('POST', '/policy/explain', { ...ask, ...odd })), 'usage');
  });

  it('reloads the policy, or says what is wrong with it', async () => {
    assert.deepEqual(await client.ask('POST', '/policy/reload'), {
      accepted: true,
      revision: 2,
      changed: true,
      problems: [],
    });
    gate.policyProblems = ['policy.yaml:3:1: a word is not known'];
    assert.deepEqual(await client.ask('POST', '/policy/reload'), {
      accepted: false,
      revision: 2,
      changed: false,
      problems: gate.policyProblems,
    });
    assert.deepEqual(await client.ask('GET', '/policy'), {
      revision: 2,
      digest: 'd'.repeat(64),
      rules: 1,
      limits: 1,
      sessionLimits: 0,
      problems: [],
    });
  });

  it('warns of whom the policy speaks of, and there is nobody', async () => {
    const [warning, ...more] = ((await client.ask('GET', '/policy/warnings')) as { warnings: string[] })
      .warnings;
    assert.match(
      warning ?? '',
      /^The rule owners \(policy\.yaml:3\) is for the role owner, which nobody has/,
    );
    assert.deepEqual(more, []);
    gate.store.roles.add(ALICE, HORATIO, 'owner', ADMIN);
    assert.deepEqual(await client.ask('GET', '/policy/warnings'), { warnings: [] });
  });

  it('tells how the gate does', async () => {
    const status = (await client.ask('GET', '/status')) as {
      pid: number;
      hosts: unknown;
      audit: { seq: number };
    };
    assert.equal(status.pid, process.pid);
    assert.deepEqual(status.hosts, [
      { name: 'xen1', reachable: true, domains: 0, tellsNames: true, missing: [] },
    ]);
    assert.equal(status.audit.seq, 1);
  });

  it('tells which domains wait for an admin, and lets one retire or keep them, by name or all', async () => {
    const names = ['horatio', 'ophelia', 'yorick'].map((name) => domainName(name));
    gate.store.domains.seen(names);
    for (const name of names) gate.store.roles.add(ALICE, name, 'owner', ADMIN);
    const nothing = { seen: [], identities: [], away: [], waiting: [], held: [], retired: [] };
    const away = names.map((name) => ({ name, presence: 'suspected', absentMs: 1 }) as const);
    assert.equal(await code(client.ask('POST', '/domains/retire', { domains: [], waiting: true })), 'usage');
    gate.store.domains.settle({ ...nothing, away, waiting: names });
    const asked = async () => (await client.ask('GET', '/status')) as { domains: Record<string, string[]> };
    assert.deepEqual((await asked()).domains, { waiting: ['horatio', 'ophelia', 'yorick'], held: [] });
    assert.equal(
      await code(client.ask('POST', '/domains/retire', { domains: ['horatio'], waiting: true })),
      'usage',
    );
    assert.equal(
      await code(client.ask('POST', '/domains/retire', { domains: ['horatio', 'nobody'] })),
      'no-such-domain',
    );
    assert.equal(gate.store.roles.find(ALICE, HORATIO)?.counts, true, 'all or none');
    await client.ask('POST', '/domains/retire', { domains: ['horatio'] });
    await client.ask('POST', '/domains/keep', { domains: [], waiting: true });
    assert.deepEqual(
      gate.store.domains.list().map(({ name, retiredWhy, kept }) => [name, retiredWhy, kept]),
      [
        ['horatio', 'admin', false],
        ['ophelia', null, true],
        ['yorick', null, true],
      ],
    );
    gate.store.domains.settle({ ...nothing, seen: names });
    assert.deepEqual((await asked()).domains, { waiting: [], held: ['horatio'] });
    const kinds = gate.store.audit.tail().map(({ event }) => event.kind);
    assert.deepEqual(kinds.slice(-6), [
      'domain.retirement.waits',
      'domain.retirement.waits',
      'domain.retirement.waits',
      'domain.retired',
      'domain.kept',
      'domain.kept',
    ]);
  });

  it('shows where a domain is without a configuration file, and why a host lacks one', async () => {
    gate.store.domains.seen([HORATIO]);
    const since = '2026-11-29T12:00:00.000Z';
    gate.names = {
      others: ['horatio--incoming', 'fortinbras'],
      missing: [{ name: HORATIO, since, why: 'empty' }],
      gone: [],
    };
    const { domains } = (await client.ask('GET', '/domains')) as { domains: object[] };
    assert.deepEqual(
      domains.map((one) => ({ ...one, firstSeenAt: null, roles: null })),
      [
        {
          name: 'horatio',
          firstSeenAt: null,
          retiredAt: null,
          retiredWhy: null,
          presence: 'present',
          absentSince: null,
          absentMs: 0,
          waiting: false,
          kept: false,
          roles: null,
          on: [
            {
              host: 'xen1',
              state: 'arriving',
              profile: 'unknown',
              type: null,
              reachable: true,
              managed: false,
            },
          ],
          missing: [{ host: 'xen1', why: 'empty' }],
        },
      ],
    );
  });

  it('verifies the log against the hosts’ journals', async () => {
    const { seq, hash } = gate.store.audit.append({
      kind: 'domain.reboot.requested',
      actor: customerActor(ALICE, fingerprint('a')),
      domain: HORATIO,
      operation: 'o1',
      profile: null,
      rule: 'r',
      revision: 1,
    });
    gate.journal = [{ auditSeq: seq, auditHash: hash, operation: 'o1' }];
    interface Report {
      ok: boolean;
      findings: { kind: string }[];
      witnesses: unknown;
    }
    const good = (await client.ask('POST', '/audit/verify')) as Report;
    assert.equal(good.ok, true);
    assert.deepEqual(good.witnesses, [{ host: 'xen1', entries: 1, problem: null }]);
    gate.journal = [{ auditSeq: seq, auditHash: 'f'.repeat(64), operation: 'o1' }];
    const bad = (await client.ask('POST', '/audit/verify')) as Report;
    assert.deepEqual(
      bad.findings.map(({ kind }) => kind),
      ['contradicted'],
    );
    gate.journal = new Error('no answer');
    const silent = (await client.ask('POST', '/audit/verify')) as Report;
    assert.equal(silent.ok, false, 'a witness that does not answer is no agreement');
    assert.deepEqual(silent.witnesses, [{ host: 'xen1', entries: 0, problem: 'no answer' }]);
  });

  it('follows the log: the last rows, then each as it is written, by customer', async () => {
    const leave = new AbortController();
    const lines = await client.lines('/audit/follow?limit=1&customer=alice', leave.signal);
    assert.ok(!isRefusal(lines));
    const kinds: string[] = [];
    for await (const row of lines) {
      kinds.push((row as { event: { kind: string } }).event.kind);
      if (kinds.length === 1) {
        gate.store.customers.add(customerName('bob'), ADMIN);
        gate.store.customers.suspend(ALICE, null, ADMIN);
        gate.store.customers.resume(ALICE, ADMIN);
      }
      if (kinds.length === 3) leave.abort();
    }
    assert.deepEqual(kinds, ['customer.added', 'customer.suspended', 'customer.resumed']);
    assert.ok(isRefusal(await client.lines('/audit/follow?customer=No', new AbortController().signal)));
  });

  it('refuses changes when the log cannot be written, and goes on to answer', async () => {
    const full = new ControlFixture({ maximumPages: 40 });
    try {
      await full.server.listen();
      full.store.customers.add(ALICE, ADMIN);
      assert.throws(() => {
        for (;;) full.store.audit.append({ kind: 'gate.stopped', reason: '' });
      });
      assert.equal(await code(full.client().ask('POST', '/customers/alice/suspend')), 'audit-unavailable');
      const { customers } = (await full.client().ask('GET', '/customers')) as { customers: unknown[] };
      assert.equal(customers.length, 1);
      assert.deepEqual(full.faults, []);
    } finally {
      await full.remove();
    }
  });
});
