import assert from 'node:assert/strict';
import type { DomainName } from '../../../policy/names.js';
import type { HostsEvent } from '../../../server/gate/hosts/hosts.js';
import type { LinkEvent } from '../../../server/gate/hosts/link-event.js';
import { domainLook } from '../../../server/gate/menu/domain-look.js';
import { ShownDomains } from '../../../server/gate/menu/shown-domains.js';
import type { Entry } from '../../../server/gate/menu/showing-menu.js';
import { Slices } from '../../../server/gate/scheduling/slices.js';
import { silentLogger } from '../../support/silent-logger.js';
import { customerName, domainName } from '../../support/temporary-store.js';

const SECOND = 1_000;
const HOUR = 3_600 * SECOND;

/** One host with domains that a test changes, a clock that it sets, and menus that note what they are told. */
class Fixture {
  now = Date.parse('2026-11-30T12:00:00Z');
  reachable = true;
  readonly told: string[] = [];
  looks = 0;
  /** Called when a domain is looked at as a whole. */
  onObservation: () => void = () => undefined;
  #lookedAt: string | null = null;
  #event: (event: HostsEvent) => void = () => undefined;
  #news: (named: { customers: ReadonlySet<never>; domains: ReadonlySet<string> }) => void = () => undefined;
  readonly #views = new Map<DomainName, Record<string, unknown>>();
  readonly shown = new ShownDomains({
    hosts: {
      onEvent: (listener: (event: HostsEvent) => void) => {
        this.#event = listener;
        return () => true;
      },
      find: (name: DomainName) => {
        this.looks += 1;
        const view = this.#views.get(name);
        return view && { host: { name: 'one', reachable: this.reachable, lookedAt: this.#lookedAt }, view };
      },
      strayOf: () => null,
      moveOf: () => null,
      observation: () => {
        this.onObservation();
        return { state: 'running', booted: 'normal' };
      },
    } as never,
    news: {
      onNews: (listener) => {
        this.#news = listener as never;
        return () => true;
      },
    },
    log: silentLogger,
    now: () => this.now,
    // All in the same turn, so that the tests need not wait.
    slices: new Slices({ now: () => 0 }),
  });

  /** A host says what a domain does. */
  says(name: string, more: Record<string, unknown> = {}, state = 'running'): void {
    const domain = domainName(name);
    const known = this.#views.get(domain)?.['observation'] as { since: string; state: string } | undefined;
    const at = new Date(this.now).toISOString();
    const since = known?.state === state ? known.since : at;
    const observation = { state, profile: 'normal', since, seenAt: at };
    this.#views.set(domain, {
      name,
      operation: null,
      cpuPercent: 1,
      cpuSeconds: this.now,
      observation,
      ...more,
    });
    this.emit({ event: 'domain', name: domain });
  }

  /** A domain uses so much; nobody is told. */
  uses(name: string, cpuPercent: number): void {
    const domain = domainName(name);
    this.#views.set(domain, { ...this.#views.get(domain), cpuPercent });
  }

  /** The host has looked at all domains; these have used more. */
  looked(loads: readonly string[]): void {
    this.#lookedAt = new Date(this.now).toISOString();
    this.emit({ event: 'looked', loads: loads.map((name) => domainName(name)) });
  }

  emit(event: LinkEvent): void {
    this.#event({ host: {} as never, event });
  }

  recorded(customers: readonly string[], domains: readonly string[]): void {
    this.#news({ customers: new Set(customers) as never, domains: new Set(domains) });
  }

  menu(id: string, domains: readonly string[], { limited = false } = {}): Entry {
    const note = (what: string) => (): void => {
      this.told.push(`${id} ${what}`);
    };
    const noteNames = (what: string) => (names: ReadonlySet<DomainName>) => {
      note([what, ...names].join(' '))();
    };
    const entry = this.shown.join({
      customer: customerName(id.replace(/\d$/, '')),
      isLong: id.startsWith('long'),
      changed: noteNames('changed'),
      rightsChanged: note('rights'),
      timePassed: noteNames('time'),
      rest: note('rest'),
    });
    this.shown.show(
      entry,
      domains.map((name) => domainName(name)),
      { limited },
    );
    return entry;
  }

  /** The clock's next second, in which hosts say again what they said. @returns what the menus were told */
  second(...same: readonly string[]): readonly string[] {
    this.now += SECOND;
    for (const name of same) this.says(name);
    this.shown.tick();
    return this.told.splice(0).sort();
  }
}

describe('the domains that menus show', () => {
  let fixture: Fixture;

  beforeEach(() => {
    fixture = new Fixture();
    for (const name of ['horatio', 'ophelia']) fixture.says(name);
    fixture.now += 25 * HOUR;
    for (const name of ['horatio', 'ophelia']) fixture.says(name);
  });

  afterEach(() => {
    fixture.shown.close();
  });

  it('tell nobody what hosts repeat, however many menus show it', () => {
    for (let at = 0; at < 9; at += 1) fixture.menu(`alice${at}`, ['horatio']);
    fixture.looks = 0;
    for (let at = 0; at < 5; at += 1) assert.deepEqual(fixture.second('horatio', 'ophelia'), []);
    assert.equal(fixture.looks, 5, 'one look for all menus, none at what nobody shows');
  });

  it('tell a change only to the menus that show the domain', () => {
    fixture.menu('alice', ['horatio']);
    fixture.menu('bob', ['ophelia']);
    fixture.menu('carol', ['horatio', 'ophelia']);
    fixture.says('horatio', {}, 'crashed');
    assert.deepEqual(fixture.told.splice(0).sort(), ['alice changed', 'carol changed']);
    fixture.says('ophelia', { rescueEnd: null, aLaterField: 1 });
    assert.deepEqual(fixture.told.splice(0).sort(), ['bob changed', 'carol changed']);
  });

  it('tell their menus when a host is lost and when it is back', () => {
    fixture.menu('alice', ['horatio']);
    fixture.reachable = false;
    fixture.emit({ event: 'lost' });
    assert.deepEqual(fixture.told.splice(0), ['alice changed']);
    assert.deepEqual(fixture.second(), ['alice time']);
    fixture.reachable = true;
    fixture.emit({ event: 'reachable' });
    assert.deepEqual(fixture.told.splice(0), ['alice changed']);
  });

  it('see that the host of the configuration is lost while the domain arrives on another', () => {
    const at = new Date(fixture.now).toISOString();
    const observation = { state: 'off', profile: null, since: at, seenAt: at };
    const looks = [true, false].map((reachable) => {
      const hosts = {
        find: () => ({
          host: { name: 'one', reachable },
          view: { operation: null, cpuPercent: 0, observation },
        }),
        strayOf: () => ({ host: { name: 'two', reachable: true }, part: 'arriving' }),
        moveOf: () => ({ host: { name: 'two' }, guest: 'horatio--incoming' }),
        observation: () => ({ state: 'running', booted: null }),
      };
      return domainLook(hosts as never, domainName('horatio'), fixture.now).look;
    });
    assert.notEqual(looks[0], looks[1]);
  });

  it('count the age of an observation each second, from when it is old, until there is a new one', () => {
    fixture.menu('alice', ['horatio']);
    const told = Array.from({ length: 7 }, () => fixture.second());
    assert.deepEqual(told, [[], [], [], [], [], ['alice time'], ['alice time']]);
    fixture.says('horatio');
    assert.deepEqual(fixture.told.splice(0), ['alice time']);
    assert.deepEqual(fixture.second('horatio'), []);
  });

  it('count an operation each second', () => {
    fixture.menu('alice', ['horatio']);
    fixture.menu('bob', ['ophelia']);
    fixture.says('horatio', { operation: { id: '1', step: 'creating' } });
    assert.deepEqual(fixture.told.splice(0), ['alice changed']);
    assert.deepEqual(fixture.second(), ['alice time']);
  });

  it('count it each second though the clock comes a little early, and the host speaks in between', () => {
    fixture.menu('alice', ['horatio']);
    fixture.says('horatio', { operation: { id: '1', done: 0 } });
    fixture.told.length = 0;
    const early = Array.from({ length: 5 }, () => {
      fixture.now -= 1;
      return fixture.second();
    });
    assert.deepEqual(
      early.flat().filter((each) => each === 'alice time'),
      Array.from({ length: 5 }, () => 'alice time'),
    );
    const busy = Array.from({ length: 10 }, (_, at) => {
      fixture.now += SECOND / 2 - 1;
      fixture.says('horatio', { operation: { id: '1', done: at + 1 } });
      fixture.now -= SECOND / 2;
      return fixture.second();
    });
    const told = busy.flat().filter((each) => each === 'alice time').length;
    assert.ok(told >= 9, `${told} of 10 seconds`);
  });

  it('tell a menu of many that the time has passed once a second, however many of them are old', () => {
    const names = Array.from({ length: 300 }, (_, at) => `d${at}`);
    for (const name of names) fixture.says(name);
    fixture.menu('alice', names);
    fixture.now += 10 * SECOND;
    const told = Array.from({ length: 4 }, () => fixture.second());
    assert.deepEqual(
      told,
      Array.from({ length: 4 }, () => ['alice time']),
    );
  });

  it('are not looked at for a load that reads the same, or for looks that keep them fresh', () => {
    fixture.menu('alice', ['horatio', 'ophelia']);
    let looks = 0;
    const look = (used: Readonly<Record<string, number>>): readonly string[] => {
      fixture.now += SECOND;
      for (const [name, percent] of Object.entries(used)) fixture.uses(name, percent);
      fixture.looked(Object.keys(used));
      fixture.shown.tick();
      return fixture.told.splice(0).filter((each) => each !== 'alice rest');
    };
    fixture.onObservation = () => (looks += 1);
    assert.deepEqual(look({ horatio: 1, ophelia: 1.2 }), []);
    for (let at = 0; at < 20; at += 1) assert.deepEqual(look({ ophelia: 1.4 }), []);
    assert.equal(looks, 0);
    assert.deepEqual(look({ horatio: 1, ophelia: 80 }), ['alice changed']);
    assert.equal(looks, 1);
  });

  it('tell a long menu which of them look different, each once', () => {
    fixture.menu('alice', ['horatio', 'ophelia']);
    fixture.menu('long', ['horatio', 'ophelia']);
    fixture.says('horatio', {}, 'crashed');
    assert.deepEqual(fixture.told.splice(0).sort(), ['alice changed', 'long changed horatio']);
    fixture.says('ophelia', {}, 'crashed');
    assert.deepEqual(fixture.told.splice(0).sort(), ['alice changed', 'long changed ophelia']);
    const told = Array.from({ length: 8 }, () => fixture.second());
    assert.deepEqual(
      told.filter((each) => each.some((one) => one.includes(' horatio'))),
      [['alice time', 'long time horatio ophelia']],
      'when they begin to show that they were not seen for a while',
    );
  });

  it('are looked at one by one where a menu of thousands begins its list, and then tell it what changes', () => {
    const names = ['horatio', 'ophelia'].map((name) => domainName(name));
    const [horatio, ophelia] = names as [DomainName, DomainName];
    const long = fixture.menu('long', []);
    fixture.looks = 0;
    fixture.shown.show(long, names, { limited: false, later: true });
    assert.equal(fixture.looks, 0);
    fixture.shown.add(long, horatio);
    fixture.says('ophelia', {}, 'crashed');
    assert.deepEqual(fixture.told.splice(0), [], 'its list will have it as it is by then');
    fixture.recorded([], ['ophelia']);
    assert.deepEqual(fixture.told.splice(0), ['long rights'], 'policy may have been asked about it already');
    fixture.says('horatio', {}, 'crashed');
    assert.deepEqual(fixture.told.splice(0), ['long changed horatio']);
    fixture.shown.add(long, ophelia);
    fixture.says('ophelia', {}, 'running');
    assert.deepEqual(fixture.told.splice(0), ['long changed ophelia']);
    fixture.shown.leave(long);
    fixture.looks = 0;
    fixture.says('horatio', {}, 'off');
    assert.equal(fixture.looks, 0, 'nobody shows it any more');
  });

  it('are all told to a menu whose list ended before it had added each', () => {
    const names = ['horatio', 'ophelia'].map((name) => domainName(name));
    const long = fixture.menu('long', []);
    fixture.shown.show(long, names, { limited: false, later: true });
    fixture.shown.show(long, names, { limited: false });
    fixture.says('ophelia', {}, 'crashed');
    assert.deepEqual(fixture.told.splice(0), ['long changed ophelia']);
  });

  it('tell when the time since the last change reads differently', () => {
    fixture.menu('alice', ['horatio']);
    fixture.says('horatio', {}, 'off');
    fixture.told.length = 0;
    fixture.now += 59 * SECOND;
    fixture.says('horatio', {}, 'off');
    fixture.told.length = 0;
    const told = Array.from({ length: 61 }, () => {
      fixture.now += SECOND;
      fixture.says('horatio', {}, 'off');
      fixture.shown.tick();
      return fixture.told.splice(0).filter((each) => each === 'alice time').length;
    });
    assert.equal(
      told.reduce((sum, each) => sum + each, 0),
      2,
      'at one minute and at two',
    );
  });

  it('tell the menus of a customer or of a domain that the audit log names', () => {
    fixture.menu('alice1', ['horatio']);
    fixture.menu('alice2', []);
    fixture.menu('bob', ['horatio']);
    fixture.menu('carol', ['ophelia']);
    fixture.recorded(['alice'], []);
    assert.deepEqual(fixture.told.splice(0).sort(), ['alice1 rights', 'alice2 rights']);
    fixture.recorded([], ['horatio', 'not a name']);
    assert.deepEqual(fixture.told.splice(0).sort(), ['alice1 rights', 'bob rights']);
    fixture.recorded(['alice'], ['horatio']);
    assert.deepEqual(fixture.told.splice(0).sort(), ['alice1 rights', 'alice2 rights', 'bob rights']);
  });

  it('ask again every five seconds for a menu to which a limit refuses something, and for no other', () => {
    fixture.second('horatio');
    fixture.menu('alice', ['horatio'], { limited: true });
    fixture.menu('bob', ['horatio']);
    const told = Array.from({ length: 5 }, () => fixture.second('horatio'));
    assert.deepEqual(told, [[], [], [], [], ['alice rights']]);
  });

  it('ask again about limits after the clock was set back', () => {
    fixture.second('horatio');
    fixture.menu('alice', ['horatio'], { limited: true });
    fixture.now -= HOUR;
    const told = Array.from({ length: 6 }, () => fixture.second('horatio'));
    assert.ok(told.flat().includes('alice rights'), 'within six seconds');
  });

  it('let a menu rest that was not touched for ten to twenty seconds, once', () => {
    fixture.second('horatio');
    fixture.menu('alice', ['horatio']);
    const bob = fixture.menu('bob', ['horatio']);
    const told = Array.from({ length: 40 }, (_, at) => {
      if (at < 15) fixture.shown.touched(bob);
      return fixture.second('horatio');
    });
    const when = (what: string): readonly number[] =>
      [...told.keys()].filter((at) => told[at]?.includes(what));
    assert.deepEqual(when('alice rest').length, 1);
    assert.deepEqual(when('bob rest').length, 1);
    assert.ok((when('alice rest')[0] ?? 0) >= 9 && (when('alice rest')[0] ?? 99) <= 20);
    assert.ok((when('bob rest')[0] ?? 0) >= 24);
  });

  it('forget a menu that has gone, and a domain that nobody shows', () => {
    const alice = fixture.menu('alice', ['horatio'], { limited: true });
    fixture.shown.leave(alice);
    fixture.shown.leave(alice);
    assert.equal(fixture.shown.menus, 0);
    fixture.looks = 0;
    fixture.says('horatio', {}, 'crashed');
    fixture.recorded(['alice'], ['horatio']);
    assert.deepEqual(fixture.second(), []);
    assert.equal(fixture.looks, 0);
  });
});
