import assert from 'node:assert/strict';
import { dom0Health } from '../../../server/cli/half/dom0-health.js';
import { GateHealth } from '../../../server/cli/half/gate-health.js';
import { ServiceManager } from '../../../server/cli/half/service-manager.js';
import type { HalfHealth } from '../../../server/cli/half/service-manager.js';
import { eventually } from '../../support/eventually.js';

/** Collects what systemd would be told. */
class Told {
  readonly words: string[] = [];
  readonly logged: string[] = [];
  readonly log = { error: (_: object, event: string): number => this.logged.push(event) };

  tell(...words: readonly string[]): number {
    this.words.push(...words);
    return 0;
  }

  close(): void {
    // Nothing is held.
  }

  count(word: string): number {
    return this.words.filter((said) => said === word).length;
  }

  manager(watchdogMs: number | null = null): ServiceManager {
    return new ServiceManager(this, this.log as never, watchdogMs);
  }
}

const well: HalfHealth = { status: 'Well.', stuck: null };

describe('what systemd is told of a half', () => {
  it('is nothing where no manager started it', () => {
    const manager = new ServiceManager(null, new Told().log as never);
    manager.status('x');
    manager.ready(() => assert.fail('nobody asks for its health'));
    assert.equal(
      manager.reload(() => 3),
      3,
    );
    manager.stopping();
    assert.equal(manager.isThere, false);
  });

  it('is its start, its status once for each change, and its end', async () => {
    const told = new Told();
    const manager = told.manager(40);
    let status = 'One\nsession.';
    manager.status('Starting.');
    manager.ready(() => ({ status, stuck: null }));
    await eventually('the status', () => told.words.includes('STATUS=One session.'));
    status = 'Two.';
    await eventually('the other status', () => told.words.includes('STATUS=Two.'));
    manager.stopping();
    assert.deepEqual(
      told.words.filter((word) => word !== 'WATCHDOG=1'),
      ['STATUS=Starting.', 'READY=1', 'STATUS=One session.', 'STATUS=Two.', 'STOPPING=1', 'STATUS=Stopping.'],
    );
  });

  it('feeds its watchdog only while it works, and says why it does not', async () => {
    const told = new Told();
    const manager = told.manager(20);
    let health: HalfHealth | Error = well;
    manager.ready(() => {
      if (health instanceof Error) throw health;
      return health;
    });
    await eventually('the watchdog to be fed', () => told.count('WATCHDOG=1') > 2);
    health = { status: 'Well.', stuck: 'It hangs.' };
    await eventually('the reason', () => told.words.at(-1) === 'STATUS=It hangs.');
    const fed = told.count('WATCHDOG=1');
    health = new Error('a fault');
    await eventually('the fault in the log', () => told.logged.includes('service.health-unknown'));
    assert.equal(told.count('WATCHDOG=1'), fed);
    assert.equal(told.logged.filter((event) => event === 'service.stuck').length, 1, 'told once');
    health = well;
    await eventually('the watchdog to be fed again', () => told.count('WATCHDOG=1') > fed);
    manager.stopping();
  });

  it('does not feed its watchdog while a question for its health has no answer', async () => {
    const told = new Told();
    const manager = told.manager(20);
    let asked = 0;
    let answer: (health: HalfHealth) => void = () => assert.fail('nobody asked');
    manager.ready(() => {
      asked += 1;
      return asked === 1 ? well : new Promise((resolve) => (answer = resolve));
    });
    await eventually('the second question', () => asked === 2);
    const fed = told.count('WATCHDOG=1');
    answer(well);
    await eventually('the next question', () => asked > 2);
    assert.equal(told.count('WATCHDOG=1'), fed + 1);
    manager.stopping();
  });

  it('feeds no watchdog when none is wanted', async () => {
    const told = new Told();
    const manager = told.manager();
    manager.ready(() => well);
    await eventually('the status', () => told.words.includes('STATUS=Well.'));
    assert.equal(told.count('WATCHDOG=1'), 0);
    manager.stopping();
  });

  it('is a reload from its begin, by the clock that systemd has, to its end', () => {
    const told = new Told();
    const before = process.hrtime.bigint() / 1000n;
    assert.throws(() =>
      told.manager().reload(() => {
        throw new Error('a fault');
      }),
    );
    const [begin, at, end, ...others] = told.words;
    assert.deepEqual([begin, end, others], ['RELOADING=1', 'READY=1', []]);
    const usec = BigInt(/^MONOTONIC_USEC=(\d+)$/.exec(at ?? '')?.[1] ?? '0');
    assert.ok(usec >= before && usec <= process.hrtime.bigint() / 1000n);
  });
});

describe('the health of the gate', () => {
  const parts = {
    sessions: { list: () => ['alice', 'bob'] },
    consoles: () => ({ writing: 1, watching: 2 }),
    hosts: [
      { name: 'xen1', reachable: true },
      { name: 'xen2', reachable: false },
    ],
    policy: { problems: [] as readonly string[], revision: 7 },
    audit: { trouble: (): string | null => null },
    workers: () => null,
  };

  it('counts, and names what does not work', () => {
    assert.deepEqual(new GateHealth({ ...parts, hosts: [] }).now(), {
      status: 'Sessions: 2. Consoles open: 3.',
      stuck: null,
    });
    const troubled = new GateHealth({
      ...parts,
      policy: { problems: ['a:1:1: x'], revision: 7 },
      audit: { trouble: () => 'the database cannot be written: the disk is full' },
    });
    assert.deepEqual(troubled.now(), {
      status:
        "Sessions: 2. Consoles open: 3. Host xen2 does not answer. The policy's files have errors: revision 7 is in force. Changes are refused: the database cannot be written: the disk is full.",
      stuck: null,
    });
  });

  it('is that of its workers: without any, nobody is served', () => {
    const worker = (isReady: boolean): object => ({ number: 1, pid: 1, connections: 0, isReady });
    const healthOf = (workers: readonly object[]): HalfHealth =>
      new GateHealth({ ...parts, hosts: [], workers: () => workers as never }).now();
    assert.match(healthOf([worker(true), worker(false)]).status, /Workers: 1 of 2\./);
    assert.equal(healthOf([worker(true), worker(false)]).stuck, null);
    assert.equal(healthOf([worker(false)]).stuck, 'No worker takes connections.');
  });

  it('tries the database now and then, and lets a fault of it through', () => {
    let tries = 0;
    let now = 0;
    const trouble = (): string | null => {
      tries += 1;
      if (tries >= 3) throw new TypeError('the connection is not open');
      return null;
    };
    const health = new GateHealth({ ...parts, audit: { trouble }, clock: () => now });
    health.now();
    now = 19_000;
    health.now();
    assert.equal(tries, 1);
    now = 20_000;
    health.now();
    assert.equal(tries, 2);
    now = 40_000;
    assert.throws(() => health.now(), /not open/);
    now = 40_001;
    assert.throws(() => health.now(), /not open/, 'and says so until it answers');
  });
});

describe('the health of the dom0 half', () => {
  const health = { domains: 12, attached: 3, underWay: 1, sinceLook: 2000, troubles: [] };

  it('counts, and names what does not work', () => {
    assert.deepEqual(dom0Health(health, 2), {
      status: 'Domains: 12. Consoles attached: 3. Operations under way: 1.',
      stuck: null,
    });
    assert.equal(
      dom0Health({ ...health, troubles: ['xl does not answer: no', 'Two.'] }, 2).status,
      'Domains: 12. Consoles attached: 3. Operations under way: 1. xl does not answer: no. Two.',
    );
  });

  it('is stuck when its looks do not end, however long it waits between two', () => {
    assert.equal(dom0Health({ ...health, sinceLook: 62_000 }, 2).stuck, null);
    assert.match(dom0Health({ ...health, sinceLook: 62_001 }, 2).stuck ?? '', /began 62 s ago/);
    assert.equal(dom0Health({ ...health, sinceLook: 62_001 }, 60).stuck, null);
    assert.equal(dom0Health(null, 2).stuck, null);
  });
});
