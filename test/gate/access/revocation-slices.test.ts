import assert from 'node:assert/strict';
import { ACTIONS } from '../../../policy/actions.js';
import type { Identity } from '../../../server/gate/session/identity.js';
import { Revocation } from '../../../server/gate/access/revocation.js';
import type { Tracked } from '../../../server/gate/access/revocation.js';
import { Slices } from '../../../server/gate/scheduling/slices.js';
import type { ImportedCustomer } from '../../../server/store/imports.js';
import { eventually } from '../../support/eventually.js';
import { ALLOW_ALL, GateInside, policyOf, rule } from '../../support/gate-inside.js';
import { NO_KEY_RULE } from '../../support/policy-values.js';
import { silentLogger } from '../../support/silent-logger.js';
import { ADMIN, customerName, domainName } from '../../support/temporary-store.js';

const SESSIONS = 300;

describe('revocation among many sessions', () => {
  let gate: GateInside;
  let revocation: Revocation;
  let people: readonly { readonly who: Identity; readonly domain: string }[];
  /** The customers asked about, in order. */
  let asked: string[];
  let ended: string[];
  let tracked: Tracked[];
  let stopHearing: () => void = () => undefined;
  /** Work that waits for its turn. */
  let turns: (() => void)[];

  /** @param steps questions in one slice */
  function watch(steps: number): void {
    let time = 0;
    const { authorizer, standing, store } = gate.core;
    revocation = new Revocation({
      authorizer: {
        verdictNow: (identity, request) => {
          asked.push(identity.customer);
          time += 1;
          return authorizer.verdictNow(identity, request);
        },
      },
      standing,
      roles: store.roles,
      log: silentLogger,
      slices: new Slices({ milliseconds: steps, now: () => time, later: (work) => turns.push(work) }),
    });
    tracked = people.map(({ who, domain }) =>
      revocation.track({
        identity: who,
        needs: () => ({ action: 'console', domain: domainName(domain) }),
        end: () => ended.push(who.customer),
      }),
    );
    stopHearing = gate.store.audit.onAppend((row) => {
      revocation.heard(row);
    });
  }

  function restOfTheTurns(): void {
    for (let next = turns.shift(); next !== undefined; next = turns.shift()) next();
  }

  const person = (name: string): number => people.findIndex(({ who }) => who.customer === name);

  before(() => {
    gate = new GateInside();
    people = Array.from({ length: SESSIONS }, (_, index) => ({
      who: gate.customer(`c${index}`, 'C', [`d${index}`]),
      domain: `d${index}`,
    }));
  });
  beforeEach(() => {
    asked = [];
    ended = [];
    turns = [];
  });
  afterEach(() => {
    stopHearing();
    revocation.close();
  });
  after(() => gate.stop());

  it('500 roles in one import ask about those whom they name, once each, and about nobody else', async () => {
    watch(1000);
    const import500 = Array.from({ length: 10 }, (_, index): ImportedCustomer => ({
      customer: customerName(`c${index}`),
      keys: [],
      roles: Array.from({ length: 50 }, (__, each) => ({
        domain: domainName(`more${index}-${each}`),
        role: 'watcher',
      })),
      same: true,
    }));
    const before = gate.store.audit.head().seq;
    const result = gate.store.imports.run(import500, ADMIN, { apply: true, maxKeys: () => 9 });
    assert.ok(result.applied);
    assert.equal(gate.store.audit.head().seq - before, 500, 'a row for each role');
    await eventually('the questions', () => asked.length > 0);
    assert.deepEqual(
      asked,
      people.slice(0, 10).map(({ who }) => who.customer),
    );
    assert.deepEqual(ended, []);
  });

  const namings: readonly (readonly [what: string, change: () => unknown, whom: readonly string[]])[] = [
    [
      'a key that is to expire',
      () => {
        const { customer, fingerprint } = people[7]?.who ?? gate.alice;
        gate.store.keys.setExpiry(customer, fingerprint, '2999-01-01T00:00:00.000Z', ADMIN);
      },
      ['c7'],
    ],
    ['a domain that is retired', () => gate.store.domains.gone(domainName('d8')), ['c8']],
    ['a new policy', () => gate.core.policy.policy, []],
    [
      'a customer who is suspended',
      () => gate.store.customers.suspend(customerName('c9'), null, ADMIN),
      ['c9'],
    ],
    ['a customer who is new', () => gate.store.customers.add(customerName('zoe'), ADMIN), []],
  ];
  for (const [what, change, whom] of namings) {
    it(`${what} asks about [${whom.join(' ')}]`, async () => {
      gate.store.domains.seen([domainName('d8')]);
      watch(1000);
      change();
      gate.store.audit.append({ kind: 'gate.stopped', reason: 'a row that names nobody' });
      await eventually('the rows to be heard', () => asked.length >= whom.length, { everyMs: 1 });
      await new Promise(setImmediate);
      assert.deepEqual(asked, whom);
      gate.store.customers.resume(customerName('c9'), ADMIN);
      gate.store.domains.seen([domainName('d8')]);
      gate.store.domains.adopt(domainName('d8'), ADMIN);
    });
  }

  it('a new policy asks about everybody in slices, and the event loop goes on between them', () => {
    watch(40);
    revocation.review();
    const counts = [asked.length];
    for (;;) {
      const [next, ...others] = turns.splice(0);
      if (next === undefined) break;
      assert.equal(others.length, 0, 'one slice waits at a time');
      next();
      counts.push(asked.length);
    }
    assert.deepEqual(counts, [40, 80, 120, 160, 200, 240, 280, people.length]);
    assert.equal(new Set(asked).size, people.length, 'each once');
  });

  it('nobody acts on a right that a new policy took, although they were not asked about yet', () => {
    watch(10);
    assert.ok(tracked.every((one) => one.canAct()));
    gate.enforce(
      policyOf([
        rule('deny', ['console'], { subjects: { customers: ['c200', 'c250'], groups: [], roles: [] } }),
        rule('allow', ACTIONS),
      ]),
    );
    asked = [];
    revocation.review();
    assert.equal(ended.length, 0, 'they are not reached by the first slice');
    assert.equal(tracked[person('c200')]?.canAct(), false);
    assert.deepEqual(ended, ['c200'], 'whoever acts is asked about before');
    assert.equal(tracked[person('c199')]?.canAct(), true);
    assert.equal(tracked[person('c199')]?.canAct(), true);
    assert.equal(asked.filter((name) => name === 'c199').length, 1, 'and is not asked about again');
    restOfTheTurns();
    assert.deepEqual(ended, ['c200', 'c250']);
    assert.equal(tracked[person('c200')]?.canAct(), false);
    assert.equal(asked.length, people.length);
    gate.enforce(ALLOW_ALL);
  });

  it('what changes while the slices go on is asked about by the same slices, once', () => {
    watch(10);
    revocation.review();
    turns.shift()?.();
    assert.equal(asked.length, 20);
    revocation.review();
    assert.equal(turns.length, 1);
    restOfTheTurns();
    assert.equal(asked.length, 20 + people.length);
  });

  it('a domain that is adopted can bar a key, by a rule for those with a role', async () => {
    const owners = { customers: [], groups: [], roles: ['owner' as const] };
    const { who } = people[20] ?? assert.fail();
    gate.store.domains.seen([domainName('d20')]);
    gate.store.domains.gone(domainName('d20'));
    gate.enforce({ ...ALLOW_ALL, keyRules: [{ ...NO_KEY_RULE, subjects: owners, types: ['ssh-rsa'] }] });
    watch(1000);
    const said: string[] = [];
    revocation.track({ identity: who, needs: () => null, end: (sentence) => said.push(sentence) });
    assert.ok(gate.core.standing.of(who).here);
    gate.store.domains.seen([domainName('d20')]);
    gate.store.domains.adopt(domainName('d20'), ADMIN);
    await eventually('the end', () => said.length > 0);
    assert.match(said[0] ?? '', /key of this connection is not allowed any more/);
    gate.enforce(ALLOW_ALL);
  });

  it('one that cannot be asked about acts no more, and is asked about again', () => {
    const { who, domain } = people[30] ?? assert.fail();
    let broken = false;
    const { authorizer, standing, store } = gate.core;
    revocation = new Revocation({
      authorizer: {
        verdictNow: (identity, request) => {
          if (broken) throw new Error('disk I/O error');
          return authorizer.verdictNow(identity, request);
        },
      },
      standing,
      roles: store.roles,
      log: silentLogger,
    });
    const live = { identity: who, end: () => ended.push('ended') };
    const one = revocation.track({
      ...live,
      needs: () => ({ action: 'console', domain: domainName(domain) }),
    });
    assert.ok(one.canAct());
    broken = true;
    revocation.review();
    assert.equal(one.canAct(), false);
    broken = false;
    assert.ok(one.canAct());
    assert.deepEqual(ended, []);
  });
});
