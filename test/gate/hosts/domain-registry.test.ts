import assert from 'node:assert/strict';
import type { DomainName } from '../../../policy/names.js';
import { DomainRegistry } from '../../../server/gate/hosts/domain-registry.js';
import type { HostFacts } from '../../../server/gate/hosts/name-rules.js';
import { isRefusal } from '../../../policy/refusal.js';
import type { Configured, DomainView, HostNames, MissingReason } from '../../../server/wire/domain.js';
import { domainView } from '../../support/dom0-stand-in.js';
import { silentLogger } from '../../support/silent-logger.js';
import { ADMIN, customerName, domainName, TemporaryStore } from '../../support/temporary-store.js';

const ALICE = customerName('alice');
const HORATIO = domainName('horatio');
const MINUTE = 60_000;
const GRACE = 10 * MINUTE;
const UUID = '11111111-1111-4111-8111-111111111111';
const OTHER_UUID = '22222222-2222-4222-8222-222222222222';

/** A host that shows what a dom0 half reports, with all times from one clock. */
class FakeHost implements HostFacts {
  readonly name: string;
  reachable = true;
  readonly domains = new Map<DomainName, DomainView>();
  names: HostNames | null = { others: [], missing: [], gone: [] };

  constructor(name: string) {
    this.name = name;
  }

  /** @param since null: from a memory that has just begun; undefined: from an older half */
  shows(
    name: DomainName,
    since: string | null | undefined,
    uuid: string | null = null,
    incarnation: string | null = null,
  ): void {
    const configured: Configured | null = since === undefined ? null : { since, uuid };
    const state = incarnation === null ? 'off' : 'running';
    this.domains.set(name, domainView(name, state, { configured, incarnation }));
    this.#tell({
      others: [],
      missing: [],
      gone: (this.names?.gone ?? []).filter((one) => one.name !== name),
    });
  }

  /** It runs there without a file. */
  runsUnmanaged(name: DomainName): void {
    this.#tell({ others: [name] });
  }

  removes(name: DomainName, at: string): void {
    this.domains.delete(name);
    this.#tell({ gone: [...(this.names?.gone ?? []), { name, at }] });
  }

  misses(names: readonly DomainName[], why: MissingReason): void {
    for (const name of names) this.domains.delete(name);
    this.#tell({ missing: names.map((name) => ({ name, since: '2026-11-29T12:00:00.000Z', why })) });
  }

  #tell(more: Partial<HostNames>): void {
    if (this.names !== null) this.names = { ...this.names, ...more };
  }
}

describe('whose a name is', () => {
  let temporary: TemporaryStore;
  let now: number;
  let registry: DomainRegistry;
  let xen1: FakeHost;
  let xen2: FakeHost;

  beforeEach(() => {
    now = Date.parse('2026-11-29T12:00:00.000Z');
    temporary = new TemporaryStore({ clock: () => new Date(now) });
    temporary.store.customers.add(ALICE, ADMIN);
    xen1 = new FakeHost('xen1');
    xen2 = new FakeHost('xen2');
    gateStarts();
    for (const name of [HORATIO, ...many(6)]) temporary.store.roles.add(ALICE, name, 'owner', ADMIN);
    xen1.shows(HORATIO, null);
    passes(0);
  });
  afterEach(() => {
    temporary.remove();
  });

  const at = (): string => new Date(now).toISOString();
  const many = (count: number): DomainName[] =>
    Array.from({ length: count }, (_, number) => domainName(`guest${number}`));

  /** @param clock how far the gate's monotonic clock is from ours */
  function gateStarts(clock = 0): void {
    const times = { graceMs: GRACE, monotonic: () => now + clock, clock: () => new Date(now) };
    registry = new DomainRegistry(temporary.store.domains, times, silentLogger);
  }

  /** Lets time pass. The gate reviews every twenty seconds. */
  function passes(ms: number): void {
    for (let left = ms; left > 0; left -= 20_000) {
      now += Math.min(left, 20_000);
      registry.review([xen1, xen2]);
    }
    registry.review([xen1, xen2]);
  }

  /** Lets time pass without a gate. */
  function gateIsDown(ms: number): void {
    now += ms;
    gateStarts(123_456_789);
  }

  const record = (name = HORATIO) =>
    temporary.store.domains.list().find((one) => one.name === name) ?? assert.fail(`${name} is not known`);
  const isAlices = (name = HORATIO): boolean => temporary.store.roles.find(ALICE, name)?.counts === true;
  const kinds = (kind: string): number =>
    temporary.store.audit.tail({ limit: 10_000 }).filter(({ event }) => event.kind === kind).length;

  describe('a host that comes up without its configuration files', () => {
    for (const why of [
      'unreadable',
      'directory',
      'empty',
      'device',
      'unmatched',
      'unusable',
      'unread',
      'twice',
      'many',
    ] as const) {
      it(`puts nobody out, however long it lasts (${why})`, () => {
        for (const name of many(6)) xen1.shows(name, null);
        passes(MINUTE);
        xen1.misses([HORATIO, ...many(6)], why);
        passes((7 * 24 * 60 * MINUTE) / 100);
        assert.deepEqual(
          [record().presence, isAlices(), isAlices(domainName('guest3'))],
          ['absent', true, true],
        );
        gateIsDown(60 * MINUTE);
        passes(2 * GRACE);
        for (const name of [HORATIO, ...many(6)]) xen1.shows(name, null);
        passes(MINUTE);
        assert.deepEqual([record().presence, isAlices()], ['present', true]);
        assert.equal(kinds('domain.retired'), 0, 'nothing needs to be adopted');
      });
    }

    it('puts nobody out when its half has lost its memory too', () => {
      xen1.domains.clear();
      passes(2 * GRACE);
      assert.deepEqual([record().presence, isAlices()], ['absent', true]);
      xen1.shows(HORATIO, null);
      passes(MINUTE);
      assert.ok(isAlices());
    });

    it('puts nobody out when it is of before and says that they are gone: more than three wait for an admin', () => {
      xen1.names = null;
      for (const name of [HORATIO, ...many(6)]) xen1.shows(name, undefined);
      passes(MINUTE);
      xen1.domains.clear();
      passes(20 * GRACE);
      assert.equal(kinds('domain.retired'), 0);
      assert.equal(kinds('domain.retirement.waits'), 7, 'and each says so once');
      assert.ok(record().waiting && isAlices());
      for (const name of [HORATIO, ...many(6)]) xen1.shows(name, undefined);
      passes(MINUTE);
      assert.deepEqual([record().waiting, record().presence, isAlices()], [false, 'present', true]);
    });
  });

  describe('a deletion', () => {
    it('is believed after the grace, by the gate’s own clock', () => {
      passes(MINUTE);
      xen1.removes(HORATIO, at());
      passes(GRACE - MINUTE);
      assert.deepEqual([record().presence, isAlices()], ['suspected', true]);
      passes(MINUTE + 20_000);
      assert.deepEqual([record().retiredWhy, isAlices()], ['gone', false]);
    });

    it('waits out its grace over a restart, and the time in which no gate ran does not count', () => {
      passes(MINUTE);
      xen1.removes(HORATIO, at());
      passes(6 * MINUTE);
      gateIsDown(24 * 60 * MINUTE);
      passes(MINUTE);
      assert.ok(isAlices(), 'seven minutes of it');
      passes(5 * MINUTE);
      assert.ok(!isAlices(), 'what was seen before the restart counts');
    });

    it('is not retired by a clock that jumps', () => {
      passes(MINUTE);
      xen1.removes(HORATIO, at());
      passes(MINUTE);
      now += 365 * 24 * 60 * MINUTE;
      registry.review([xen1, xen2]);
      assert.ok(isAlices());
    });

    it('waits for every host that is silent, and is not forgotten meanwhile', () => {
      passes(MINUTE);
      xen2.reachable = false;
      xen1.removes(HORATIO, at());
      passes(2 * GRACE);
      assert.ok(isAlices(), 'the silent one may have it');
      xen2.reachable = true;
      passes(10_000);
      assert.ok(!isAlices());
    });

    it('of more than three in a day waits for an admin, one after the other too', () => {
      for (const name of many(6)) xen1.shows(name, null);
      passes(MINUTE);
      for (const name of many(5)) {
        xen1.removes(name, at());
        passes(2 * GRACE);
      }
      assert.deepEqual(
        many(5).map((name) => isAlices(name)),
        [false, false, false, true, true],
      );
      now += 25 * 60 * MINUTE;
      passes(2 * GRACE);
      assert.ok(isAlices(domainName('guest4')), 'one that waits waits for an admin, not for the next day');
      const { domains } = temporary.store;
      const retired = domains.retire([domainName('guest3'), domainName('guest4')], ADMIN);
      assert.ok(!isRefusal(retired));
      passes(MINUTE);
      assert.ok(!isAlices(domainName('guest4')));
      assert.equal(record(domainName('guest4')).retiredWhy, 'admin');
    });

    it('that an admin denies puts nobody out, until it is seen again', () => {
      for (const name of many(6)) xen1.shows(name, null);
      passes(MINUTE);
      for (const name of many(6)) xen1.removes(name, at());
      passes(2 * GRACE);
      const kept = temporary.store.domains.keep(many(6), ADMIN);
      assert.ok(!isRefusal(kept) && kept.every((one) => one.kept && !one.waiting));
      passes(50 * GRACE);
      assert.ok(many(6).every((name) => isAlices(name)));
    });

    it('is not what a host says that was taken out of the settings', () => {
      passes(MINUTE);
      xen1.domains.clear();
      Object.assign(xen1, { name: 'xen9' });
      passes(20 * GRACE);
      assert.deepEqual([record().presence, isAlices()], ['absent', true]);
      const retired = temporary.store.domains.retire([HORATIO], ADMIN);
      assert.ok(!isRefusal(retired) && !isAlices(), 'an admin can say so');
    });
  });

  describe('a name that is given to somebody else', () => {
    const goneAndBack = (uuid: string | null = null): void => {
      xen1.removes(HORATIO, at());
      now += 30 * MINUTE;
      xen1.shows(HORATIO, at(), uuid);
    };

    it('does not keep its old owner, and an admin can say that it is the same', () => {
      passes(MINUTE);
      xen1.removes(HORATIO, at());
      passes(2 * MINUTE);
      xen1.shows(HORATIO, at());
      passes(0);
      assert.deepEqual([record().retiredWhy, record().presence, isAlices()], ['returned', 'present', false]);
      temporary.store.domains.adopt(HORATIO, ADMIN);
      passes(2 * GRACE);
      assert.ok(isAlices(), 'it is asked once');
    });

    it('does not keep its old owner over a week in which no gate ran', () => {
      passes(MINUTE);
      gateIsDown(3 * 24 * 60 * MINUTE);
      goneAndBack();
      now += 3 * 24 * 60 * MINUTE;
      passes(0);
      assert.ok(!isAlices());
    });

    it('does not keep its old owner over a week in which its host was silent', () => {
      passes(MINUTE);
      xen1.reachable = false;
      passes(60 * MINUTE);
      goneAndBack();
      passes(60 * MINUTE);
      xen1.reachable = true;
      passes(0);
      assert.ok(!isAlices());
    });

    it('does not keep its old owner while some other host is silent', () => {
      passes(MINUTE);
      xen2.reachable = false;
      xen1.removes(HORATIO, at());
      passes(3 * GRACE);
      xen1.shows(HORATIO, at());
      passes(0);
      assert.ok(!isAlices());
    });

    it('does not keep its old owner on another host, whoever was silent or down', () => {
      passes(MINUTE);
      gateIsDown(MINUTE);
      xen1.removes(HORATIO, at());
      now += 2 * GRACE;
      xen2.shows(HORATIO, at());
      xen1.reachable = false;
      passes(MINUTE);
      assert.ok(isAlices(), 'that its host saw it go is not known yet');
      xen1.reachable = true;
      passes(0);
      assert.ok(!isAlices());
    });

    it('does not keep its old owner when both hosts share the files', () => {
      xen2.shows(HORATIO, null);
      passes(MINUTE);
      xen1.removes(HORATIO, at());
      now += 2_000;
      xen2.removes(HORATIO, at());
      passes(2 * MINUTE);
      xen1.shows(HORATIO, at());
      passes(0);
      now += 2_000;
      xen2.shows(HORATIO, at());
      passes(0);
      assert.ok(!isAlices());
    });

    it('is another by the UUID that its file fixes, however quick it was', () => {
      xen1.shows(HORATIO, null, UUID);
      passes(MINUTE);
      xen2.shows(HORATIO, at(), OTHER_UUID);
      passes(0);
      assert.ok(!isAlices());
    });
  });

  describe('an owner whose domain is the same', () => {
    it('keeps it when its file is edited, or its half is restarted', () => {
      passes(MINUTE);
      xen1.reachable = false;
      passes(MINUTE);
      xen1.reachable = true;
      passes(MINUTE);
      xen1.shows(HORATIO, null, UUID);
      passes(MINUTE);
      assert.ok(isAlices());
    });

    it('keeps it when its half has lost its memory', () => {
      const since = at();
      xen1.removes(HORATIO, at());
      passes(MINUTE);
      xen1.shows(HORATIO, since, UUID);
      temporary.store.domains.adopt(HORATIO, ADMIN);
      passes(MINUTE);
      temporary.store.domains.adopt(HORATIO, ADMIN);
      xen1.shows(HORATIO, null, UUID);
      passes(MINUTE);
      assert.ok(isAlices());
    });

    it('keeps it when it went and came back with the same UUID', () => {
      xen1.shows(HORATIO, null, UUID);
      passes(MINUTE);
      xen1.removes(HORATIO, at());
      passes(3 * MINUTE);
      xen1.shows(HORATIO, at(), UUID);
      passes(MINUTE);
      assert.ok(isAlices());
    });

    it('keeps it when it moves to another host, in either order, also while no gate runs', () => {
      passes(MINUTE);
      xen2.shows(HORATIO, at());
      passes(MINUTE);
      xen1.removes(HORATIO, at());
      passes(2 * GRACE);
      assert.ok(isAlices(), 'the new file first');
      xen2.removes(HORATIO, at());
      passes(3 * MINUTE);
      xen1.shows(HORATIO, at());
      passes(2 * GRACE);
      assert.ok(isAlices(), 'and back, the old file first');
      gateIsDown(MINUTE);
      xen1.removes(HORATIO, at());
      now += 3 * MINUTE;
      xen2.shows(HORATIO, at());
      now += 7 * 24 * 60 * MINUTE;
      passes(2 * GRACE);
      assert.ok(isAlices(), 'and while no gate runs');
    });

    /** horatio runs on xen1, is migrated to xen2, and a day later its file follows. */
    function migrates(arrives: string | null): void {
      xen1.shows(HORATIO, null, null, UUID);
      passes(MINUTE);
      xen1.shows(HORATIO, null);
      xen2.runsUnmanaged(HORATIO);
      passes(MINUTE);
      xen1.removes(HORATIO, at());
      passes(2 * GRACE);
      gateIsDown(24 * 60 * MINUTE);
      passes(MINUTE);
      assert.ok(isAlices(), 'it runs where it has no file');
      xen2.shows(HORATIO, at(), null, arrives);
      passes(2 * GRACE);
    }

    it('keeps it when it was migrated and its file follows a day later: name and UUID agree', () => {
      migrates(UUID);
      assert.ok(isAlices());
    });

    for (const [what, arrives] of [
      ['another UUID', OTHER_UUID],
      ['no UUID, being off', null],
    ] as const) {
      it(`does not count it when what has the name then has ${what}`, () => {
        migrates(arrives);
        assert.ok(!isAlices());
        assert.equal(temporary.store.audit.verify().findings.length, 0);
      });
    }

    it('keeps it when it is brought up elsewhere after its host died, and that host returns without it', () => {
      passes(MINUTE);
      xen1.reachable = false;
      passes(60 * MINUTE);
      xen2.shows(HORATIO, at());
      passes(60 * MINUTE);
      xen1.reachable = true;
      xen1.removes(HORATIO, at());
      passes(2 * GRACE);
      assert.ok(isAlices());
    });

    it('keeps it when the halves are upgraded to ones that tell, or the host gets another name in the settings', () => {
      xen1.names = null;
      xen1.shows(HORATIO, undefined);
      passes(MINUTE);
      xen1.names = { others: [], missing: [], gone: [] };
      xen1.shows(HORATIO, at());
      passes(MINUTE);
      Object.assign(xen1, { name: 'elsinore' });
      passes(2 * GRACE);
      assert.ok(isAlices());
    });
  });
});
