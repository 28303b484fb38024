import assert from 'node:assert/strict';
import { ACTIONS } from '../../../policy/actions.js';
import type { KeyRule, Policy } from '../../../policy/policy.js';
import { isRefusal } from '../../../policy/refusal.js';
import { Authorizer } from '../../../server/gate/access/authorize.js';
import { ConsoleSession } from '../../../server/gate/console/console-session.js';
import { RuledAccounts } from '../../../server/gate/ssh/ruled-accounts.js';
import { absenceRefusal, standing } from '../../../server/gate/access/standing.js';
import type { Absence } from '../../../server/gate/access/standing.js';
import type { Holder } from '../../../server/store/holders.js';
import { eventually } from '../../support/eventually.js';
import { FakeTerminal } from '../../support/fake-terminal.js';
import { ALLOW_ALL, GateInside } from '../../support/gate-inside.js';
import { NO_KEY_RULE } from '../../support/policy-values.js';
import { ADMIN, customerName, domainName, TemporaryStore } from '../../support/temporary-store.js';

const ADDED = '2026-01-01T00:00:00.000Z';
const DAY = 86_400_000;
const ALICE = customerName('alice');

function ruled(...rules: readonly Partial<KeyRule>[]): Policy {
  return { ...ALLOW_ALL, keyRules: rules.map((rule) => ({ ...NO_KEY_RULE, ...rule })) };
}

function holder(parts: Partial<NonNullable<Holder['key']>> = {}, suspended = false): Holder {
  const key = { type: 'ssh-ed25519', blob: Buffer.alloc(0), addedAt: ADDED, expiresAt: null, ...parts };
  return { suspended, key, rolesHeld: () => ['operator'] };
}

describe('standing: may they be here', () => {
  const tenDays = ruled({ maxAgeSeconds: 10 * 86_400 });
  const ofOwners = ruled({
    maxAgeSeconds: 1,
    subjects: { customers: [], groups: [], roles: ['owner'] },
  });
  const at = (days: number): Date => new Date(Date.parse(ADDED) + days * DAY);
  const table: readonly (readonly [
    what: string,
    policy: Policy | null,
    holder: Holder,
    now: Date,
    answer: Absence | number | null,
  ])[] = [
    ['a key without an end', ALLOW_ALL, holder(), at(9999), null],
    ['a suspended account', ALLOW_ALL, holder({}, true), at(0), 'customer-suspended'],
    ['no such key', ALLOW_ALL, { ...holder(), key: null }, at(0), 'key-revoked'],
    [
      'a suspended account is told so, whatever its key',
      ALLOW_ALL,
      { ...holder({}, true), key: null },
      at(0),
      'customer-suspended',
    ],
    ['its own end ahead', ALLOW_ALL, holder({ expiresAt: at(3).toISOString() }), at(2), at(3).getTime()],
    [
      'its own end, at the moment',
      ALLOW_ALL,
      holder({ expiresAt: at(3).toISOString() }),
      at(3),
      'key-expired',
    ],
    ['the policy’s end ahead', tenDays, holder(), at(2), at(10).getTime()],
    ['a millisecond before it', tenDays, holder(), new Date(at(10).getTime() - 1), at(10).getTime()],
    ['the policy’s end, at the moment', tenDays, holder(), at(10), 'key-not-allowed'],
    ['the earlier of two ends', tenDays, holder({ expiresAt: at(3).toISOString() }), at(1), at(3).getTime()],
    [
      'the earlier of two ends',
      tenDays,
      holder({ expiresAt: at(30).toISOString() }),
      at(1),
      at(10).getTime(),
    ],
    ['a rule for others', ofOwners, holder(), at(9999), null],
    ['a type that is not allowed', ruled({ types: ['ssh-rsa'] }), holder(), at(0), 'key-not-allowed'],
    ['no policy that can be read', null, holder({ expiresAt: at(3).toISOString() }), at(2), at(3).getTime()],
  ];
  for (const [what, policy, who, now, answer] of table) {
    it(`${what}: ${String(answer)}`, () => {
      const found = standing(policy, ALICE, who, false, now);
      assert.equal(found.here ? found.until : found.why, answer);
      if (!found.here) assert.match(absenceRefusal(found).message, /^[A-Z].*\.$/);
    });
  }

  it('costs a stranger and a customer the same reads at login, with rules for keys and without', () => {
    const reads: string[] = [];
    const temporary = new TemporaryStore({ trace: (sql) => reads.push(sql) });
    const { store } = temporary;
    const alice = {
      customer: ALICE,
      fingerprint: 'f' as never,
      type: 't',
      blob: Buffer.from('k'),
      comment: '',
    };
    store.customers.add(ALICE, ADMIN);
    store.keys.add(alice, ADMIN, 9);
    for (const policy of [ALLOW_ALL, tenDays]) {
      const { logins, holders } = store;
      const accounts = new RuledAccounts({ logins, holders, policy: () => policy });
      const counts = ['alice', 'mallory', ''].map((login) => {
        reads.length = 0;
        accounts.find(login, alice.fingerprint, false);
        return reads.length;
      });
      assert.equal(new Set(counts).size, 1, counts.join(' '));
    }
    temporary.remove();
  });
});

describe('a live session whose key is over', () => {
  let gate: GateInside;
  let now: number;
  beforeEach(async () => {
    gate = new GateInside();
    await gate.start();
    now = Date.now();
    gate.clock = () => new Date(now);
  });
  afterEach(() => gate.stop());

  /** Ways in which a key's time ends, each at a moment. They do not touch the timers. */
  const ends: readonly (readonly [what: string, end: () => number])[] = [
    [
      'by its own expiry',
      () => {
        const { customer, fingerprint } = gate.alice;
        const end = now + 1000;
        gate.store.keys.setExpiry(customer, fingerprint, new Date(end).toISOString(), ADMIN);
        return end;
      },
    ],
    [
      'by the age that the policy allows',
      () => {
        const [key] = gate.store.keys.list(gate.alice.customer);
        gate.enforce(
          ruled({ subjects: { customers: ['alice'], groups: [], roles: [] }, maxAgeSeconds: 3600 }),
        );
        return Date.parse(key?.addedAt ?? '') + 3_600_000;
      },
    ],
  ];

  for (const [what, end] of ends) {
    it(`gets no permit from that millisecond on, ${what}`, () => {
      const over = end();
      const authorizer = new Authorizer(gate.store.authorizations, gate.core.policy, {
        clock: () => new Date(now),
      });
      for (const action of ACTIONS) {
        const request = { action, domain: 'horatio', profile: null };
        now = over - 1;
        assert.ok(!isRefusal(authorizer.authorize(gate.alice, request)), action);
        assert.equal(authorizer.recheck(gate.alice, request), null);
        now = over;
        const no = authorizer.authorize(gate.alice, request);
        assert.equal(isRefusal(no) && no.code, 'key-revoked', action);
        assert.equal(authorizer.check(gate.alice, request)?.code, 'key-revoked');
        assert.equal(authorizer.recheck(gate.alice, request)?.code, 'key-revoked');
      }
    });

    it(`adds no key of its own to stay, ${what}`, () => {
      const over = end();
      const [held] = gate.store.keys.list(gate.alice.customer);
      now = over - 1;
      assert.equal(gate.core.standing.refusal(gate.alice), null);
      now = over;
      const removed = gate.core.keys.remove(gate.alice, held?.fingerprint ?? '', { confirmed: true });
      assert.equal(isRefusal(removed) && removed.code, 'key-revoked');
      assert.equal(gate.store.keys.list(gate.alice.customer).length, 1);
    });

    it(`types nothing more into a guest and reads nothing more of it, ${what}`, async () => {
      const over = end();
      const terminal = new FakeTerminal();
      const session = new ConsoleSession(gate.core.console, gate.alice, terminal, 'horatio', 'write');
      const ending = session.run();
      await eventually('the console', () => gate.dom0.consoles.length === 1);
      const console = gate.dom0.consoles[0] ?? assert.fail();
      terminal.type('before');
      await eventually('what was typed', () => console.typed.includes('before'));
      console.bytes('seen before');
      await eventually('what was said', () => terminal.output.includes('seen before'));
      now = over;
      // No timer has noticed.
      terminal.type('after');
      const ended = await ending;
      assert.ok(!isRefusal(ended));
      assert.match(ended.message ?? '', /key of this connection has expired/);
      assert.ok(!console.typed.includes('after'));
    });

    it(`reads nothing of the guest that was said after it, ${what}`, async () => {
      const over = end();
      const terminal = new FakeTerminal();
      const session = new ConsoleSession(gate.core.console, gate.alice, terminal, 'horatio', 'watch');
      const ending = session.run();
      await eventually('the console', () => gate.dom0.consoles.length === 1);
      gate.dom0.consoles[0]?.bytes('said before');
      await eventually('what was said', () => terminal.output.includes('said before'));
      now = over;
      gate.dom0.consoles[0]?.bytes('said after');
      assert.ok(!isRefusal(await ending));
      assert.ok(!terminal.output.includes('said after'));
    });

    it(`is ended at the moment with a sentence, by one timer for all, ${what}`, async () => {
      const said: string[] = [];
      gate.clock = () => new Date();
      now = Date.now();
      const track = (identity: typeof gate.alice, domain: string): void => {
        gate.core.revocation.track({ identity, needs: () => null, end: (sentence) => said.push(sentence) });
        gate.core.revocation.track({
          identity,
          needs: () => ({ action: 'watch', domain: domainName(domain) }),
          end: (sentence) => said.push(sentence),
        });
      };
      const before = timers();
      for (let each = 0; each < 50; each += 1) {
        track(gate.alice, 'horatio');
        track(gate.bob, 'yorick');
      }
      const [key] = gate.store.keys.list(gate.alice.customer);
      const age = Math.ceil((Date.now() - Date.parse(key?.addedAt ?? '') + 100) / 1000);
      const over = what.startsWith('by its own') ? now + 300 : Date.parse(key?.addedAt ?? '') + age * 1000;
      if (what.startsWith('by its own')) {
        const { customer, fingerprint } = gate.alice;
        gate.store.keys.setExpiry(customer, fingerprint, new Date(over).toISOString(), ADMIN);
      } else {
        const subjects = { customers: ['alice'], groups: [], roles: [] };
        gate.enforce(ruled({ subjects, maxAgeSeconds: age }));
      }
      await eventually('the timer', () => timers() > before || said.length > 0);
      assert.ok(timers() <= before + 1, 'one timer for all');
      await eventually('the end', () => said.length >= 100, { everyMs: 2 });
      assert.ok(Date.now() >= over);
      assert.equal(said.length, 100);
      assert.deepEqual([...new Set(said)], ['The key of this connection has expired. Log in with another.']);
    });
  }

  function timers(): number {
    return process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
  }
});
