import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { refusal } from '../../../policy/refusal.js';
import type { HostClock } from '../../../server/dom0/scheduling/host-clock.js';
import { Journal } from '../../../server/dom0/operations/journal.js';
import { OperationRegistry } from '../../../server/dom0/operations/operation-registry.js';
import type { Contract } from '../../../server/wire/contract.js';
import type { JournalPage } from '../../../server/wire/journal.js';
import type { OperationView, WireRefusal } from '../../../server/wire/operation.js';
import type { AtEnd, RescueEnd } from '../../../server/wire/rescue-end.js';
import { operationRequest } from '../../support/dom0-client.js';
import { Dom0UnderTest } from '../../support/dom0-under-test.js';
import { EVERYTHING, MemoryDisk } from '../../support/memory-disk.js';
import { readLines } from '../../support/journal-lines.js';
import { silentLogger } from '../../support/silent-logger.js';
import { UnstalledHost } from '../../support/unstalled-host.js';

const HOUR = 3_600_000;

/** This machine's clock without its stalls, which a test sets forward, with a boot that can change. */
class MovableHost implements HostClock {
  boot = 'b00t0000-0000-4000-8000-000000000001';
  forward = HOUR;
  readonly #unstalled = new UnstalledHost();

  uptime(): number {
    return this.#unstalled.uptime() + this.forward;
  }

  after(ms: number, call: () => void): () => void {
    return this.#unstalled.after(ms, call);
  }
}

describe('a rescue that ends', () => {
  let house: Dom0UnderTest;
  let disk: MemoryDisk;
  let host: MovableHost;
  /** Added to the time of day. */
  let jump = 0;

  beforeEach(async () => {
    house = await Dom0UnderTest.make(['horatio', 'ophelia']);
    disk = new MemoryDisk();
    host = new MovableHost();
    jump = 0;
    house.parts = { disk, host, clock };
    house.toolstack.put('horatio');
  });
  afterEach(() => house.dispose());

  const clock = (): number => Date.now() + jump;
  const atEnd = (then: AtEnd, more: { keep?: boolean } = {}): void => {
    const { rescue } = house.settings.profiles;
    const changed = { ...rescue!, atEnd: then, ...more };
    house.settings = { ...house.settings, profiles: { rescue: changed, other: changed } };
  };
  /** Boots horatio into rescue for so many hours. @returns the operation's id */
  const rescue = async (hours = 2): Promise<string> => {
    const seconds = { profile: 'rescue', forSeconds: hours * 3600 };
    const done = await house.client.run('horatio', 'rescue', seconds);
    assert.equal(done.phase, 'done');
    return done.id;
  };
  const post = async (...request: Parameters<typeof operationRequest>): Promise<OperationView> => {
    const answer = await house.client.submit(operationRequest(...request));
    if (!('phase' in answer)) assert.fail(JSON.stringify(answer));
    return answer;
  };
  const refused = async (...request: Parameters<typeof operationRequest>): Promise<WireRefusal> => {
    const answer = await house.client.submit(operationRequest(...request));
    if ('phase' in answer) assert.fail(JSON.stringify(answer));
    return answer;
  };
  const end = async (): Promise<RescueEnd | null> => (await house.client.domain('horatio')).rescueEnd ?? null;
  const theEnd = async (): Promise<RescueEnd> => {
    const found = await end();
    assert.ok(found, 'horatio runs a rescue that ends');
    return found;
  };
  const untilEnds = (what: string, wanted: (end: RescueEnd | null) => boolean): Promise<RescueEnd | null> =>
    house.until(what, end, wanted);
  const profile = async (): Promise<string> => (await house.client.domain('horatio')).observation.profile;
  const untilProfile = (name: string): Promise<string> =>
    house.until(`horatio to run ${name}`, profile, (is) => is === name);
  /** The operation by which the last rescue ended, when it is over. */
  const ending = async (): Promise<OperationView> => {
    const view = await house.until(
      'an ending',
      async () => (await house.client.domain('horatio')).lastEnding ?? null,
      (last) => last !== null && last.endedAt !== null,
    );
    assert.ok(view);
    return view;
  };
  const extend = async (operation: string, forSeconds: unknown, more: object = {}, name = 'horatio') => {
    const { actor } = operationRequest('horatio', 'start');
    const body = JSON.stringify({ operation, forSeconds, actor, ...more });
    return house.client.ask('PUT', `/domains/${name}/rescue-end`, body);
  };
  /** Waits until the half has looked at the toolstack once more. */
  const looked = async (): Promise<void> => {
    const { listings } = house.toolstack;
    await house.until(
      'two more looks',
      () => house.toolstack.listings,
      (now) => now >= listings + 3,
    );
  };
  const untilVoid = (): Promise<boolean> =>
    house.until(
      'the end to be void',
      () => records().some(({ event }) => event.kind === 'end-void'),
      (is) => is,
    );
  const shutdowns = (): number => house.toolstack.calls.filter((call) => call === 'shutdown horatio').length;
  /** A guest that acknowledges a shutdown, and runs on. */
  const ignores = (): void => {
    house.toolstack.on.set('shutdown', () => Promise.resolve(null));
  };
  const records = () => readLines(disk.text(join(house.settings.state, 'journal.jsonl')) ?? '').records;
  /** Kills the half: anything not yet written is never written. */
  const kill = async (): Promise<void> => {
    disk.cutBefore = disk.operations;
    await house.stop();
    disk = disk.afterPowerCut(EVERYTHING);
    house.parts = { disk, host, clock };
  };
  /** What the guest's own reboot leaves: the same UUID and another domid. */
  const rebootsInside = (): void => {
    const { uuid } = house.toolstack.domains.get('horatio')!;
    const { domid } = house.toolstack.put('horatio', { uuid });
    assert.ok(domid > 0);
    house.toolstack.long.set('horatio', bootOf('rescue'));
  };
  const bootOf = (name: string) => {
    const { event } = records().findLast((record) => record.event.kind === 'booted')!;
    assert.ok(event.kind === 'booted' && event.profile === name);
    return event.boot;
  };

  it('is offered in the contract, with what each profile does at the end', async () => {
    atEnd('reset', { keep: true });
    await house.start();
    const contract = (await house.client.ask('GET', '/contract')).body as Contract;
    assert.equal(contract.rescueEnds, true);
    assert.deepEqual(
      contract.profiles.map(({ name, keep, atEnd: then }) => [name, keep, then]),
      [
        ['rescue', true, 'reset'],
        ['other', true, 'reset'],
      ],
    );
  });

  it('has no end when none was asked for', async () => {
    await house.start();
    await house.client.run('horatio', 'rescue', { profile: 'rescue' });
    assert.equal(await end(), null);
    host.forward += 1000 * 24 * HOUR;
    await looked();
    assert.equal(await profile(), 'rescue');
  });

  it('boots normally when its time is over, counted from the boot, and not before', async () => {
    await house.start();
    const id = await rescue();
    const { operation, forSeconds, at, then, retryAt } = await theEnd();
    assert.deepEqual([operation, forSeconds, then, retryAt], [id, 7200, 'normal', null]);
    assert.ok(Math.abs(Date.parse(at) - Date.now() - 2 * HOUR) < 60_000, at);
    host.forward += 2 * HOUR - 60_000;
    await looked();
    assert.equal(await profile(), 'rescue');
    host.forward += 60_000;
    const over = await ending();
    assert.deepEqual(
      [over.verb, over.phase, over.profile, over.by, over.cause],
      ['normal', 'done', null, 'alice', 'rescue-end'],
    );
    await untilProfile('normal');
    assert.equal(await end(), null);
    assert.equal(shutdowns(), 2);
  });

  it('is no matter of the limits: not counted, and not refused by them', async () => {
    house.settings = {
      ...house.settings,
      limits: { ...house.settings.limits, createsPerDomain: { count: 1, windowSeconds: 30 * 24 * 3600 } },
    };
    await house.start();
    await rescue();
    host.forward += 3 * HOUR;
    assert.equal((await ending()).phase, 'done');
  });

  it("claims nothing of the gate's audit log", async () => {
    await house.start();
    const id = await rescue();
    host.forward += 3 * HOUR;
    await ending();
    const { entries, next } = (await house.client.ask('GET', '/journal')).body as JournalPage;
    assert.deepEqual([entries.map(({ operation }) => operation), next], [[id], null]);
  });

  describe('whose guest ignores the shutdown', () => {
    beforeEach(() => {
      house.makeDeadlinesShort();
    });

    it('runs on after `normal`, is asked again, and shows when', async () => {
      house.timings = { ...house.timings, endRetry: HOUR };
      ignores();
      await house.start();
      house.toolstack.domains.delete('horatio');
      await rescue();
      host.forward += 3 * HOUR;
      const first = await ending();
      assert.deepEqual([first.phase, first.failure?.code], ['failed', 'deadline-passed']);
      assert.ok(house.toolstack.domains.has('horatio'));
      const shown = await untilEnds('the next try', (is) => is !== null && is.retryAt !== null);
      assert.ok(Date.parse(shown?.retryAt ?? '') > Date.now());
      assert.equal(shown?.why, 'ignored');
      await looked();
      assert.equal((await ending()).id, first.id);
      house.toolstack.on.delete('shutdown');
      host.forward += HOUR;
      await untilProfile('normal');
      assert.equal((await ending()).phase, 'done');
    });

    it('is powered off after `reset`, and boots normally', async () => {
      atEnd('reset');
      await house.start();
      await rescue();
      ignores();
      host.forward += 3 * HOUR;
      assert.equal((await ending()).phase, 'done');
      await untilProfile('normal');
      assert.equal(house.toolstack.calls.filter((call) => call === 'destroy horatio').length, 1);
    });

    it('is powered off after `poweroff`, and stays off', async () => {
      atEnd('poweroff');
      await house.start();
      await rescue();
      ignores();
      host.forward += 3 * HOUR;
      const over = await ending();
      assert.deepEqual([over.verb, over.phase], ['shutdown', 'done']);
      await house.client.state('horatio', 'off');
      await untilEnds('no end', (is) => is === null);
      assert.equal(house.toolstack.domains.has('horatio'), false);
    });

    it('may be given more time, and is left in peace for it', async () => {
      house.timings = { ...house.timings, endRetry: HOUR };
      await house.start();
      const id = await rescue();
      ignores();
      host.forward += 3 * HOUR;
      await ending();
      await house.until(
        'the extension',
        () => extend(id, 4 * 3600),
        ({ status }) => status === 200,
      );
      assert.equal((await theEnd()).retryAt, null);
      const asked = shutdowns();
      await looked();
      assert.equal(shutdowns(), asked);
      house.toolstack.on.delete('shutdown');
      host.forward += HOUR;
      await untilProfile('normal');
    });
  });

  describe('whose guest cannot hear the shutdown', () => {
    const stop = (flags: { paused?: boolean; shutdown?: 'crash' | 'reboot' }): void => {
      house.toolstack.change('horatio', { flags: { paused: false, shutdown: null, dying: false, ...flags } });
    };
    const endings = () =>
      records().flatMap(({ event }) =>
        event.kind === 'requested' && event.ending !== undefined ? event.request.verb : [],
      );
    const destroys = (): number => house.toolstack.calls.filter((call) => call === 'destroy horatio').length;

    it('stays paused after `normal`, says so once, and ends as soon as it goes on', async () => {
      house.timings = { ...house.timings, endRetry: HOUR, endRefusedRetry: HOUR };
      await house.start();
      await rescue();
      stop({ paused: true });
      await house.client.state('horatio', 'paused');
      const before = shutdowns();
      host.forward += 3 * HOUR;
      const over = await ending();
      assert.deepEqual(
        [over.phase, over.failure?.code, over.failure?.message],
        [
          'failed',
          'wrong-state',
          "It is paused by the host's operators, so it cannot shut down. Power off is possible.",
        ],
      );
      const shown = await untilEnds('the reason', (is) => is?.why !== undefined);
      assert.deepEqual([shown?.why, shown?.retryAt], ['paused', null]);
      await looked();
      assert.deepEqual([endings(), shutdowns(), destroys()], [['normal'], before, 0]);
      stop({});
      await untilProfile('normal');
      assert.equal((await house.until('the end', ending, ({ phase }) => phase === 'done')).verb, 'normal');
      assert.equal(destroys(), 0);
    });

    for (const [then, what, state] of [
      ['reset', 'paused', 'running'],
      ['poweroff', 'paused', 'off'],
      ['normal', 'crashed', 'running'],
      ['reset', 'crashed', 'running'],
      ['poweroff', 'crashed', 'off'],
    ] as const) {
      it(`is powered off at once after \`${then}\` when it is ${what}`, async () => {
        atEnd(then);
        house.timings = { ...house.timings, endRetry: HOUR, endRefusedRetry: HOUR };
        await house.start();
        await rescue();
        stop(what === 'paused' ? { paused: true } : { shutdown: 'crash' });
        await house.client.state('horatio', what);
        const before = shutdowns();
        host.forward += 3 * HOUR;
        assert.equal((await ending()).phase, 'done');
        await house.client.state('horatio', state);
        await untilProfile('normal');
        assert.deepEqual([shutdowns(), destroys()], [before, 1]);
        assert.equal(await end(), null);
      });
    }

    it('is powered off after `normal` when it crashes while it shuts down', async () => {
      house.timings = { ...house.timings, endRetry: HOUR, endRefusedRetry: HOUR };
      house.settings = {
        ...house.settings,
        deadlines: { ...house.settings.deadlines, shutdownSeconds: 600 },
      };
      await house.start();
      house.toolstack.domains.delete('horatio');
      await rescue();
      house.toolstack.on.set('shutdown', () => {
        stop({ shutdown: 'crash' });
        return Promise.resolve(null);
      });
      host.forward += 3 * HOUR;
      await untilProfile('normal');
      assert.equal((await house.until('the end', ending, ({ phase }) => phase === 'done')).verb, 'normal');
      assert.equal(destroys(), 1);
    });

    it('is left alone while it is crashed and the toolstack may restart it', async () => {
      house.timings = { ...house.timings, rebootAbsence: 2 * HOUR };
      await house.start();
      await rescue();
      stop({ shutdown: 'crash' });
      await house.client.state('horatio', 'crashed');
      host.forward += HOUR;
      stop({ shutdown: 'crash' });
      host.forward += HOUR - 60_000;
      await looked();
      assert.equal(destroys(), 0);
      rebootsInside();
      await untilProfile('rescue');
      host.forward += HOUR;
      await untilProfile('normal');
      assert.equal(destroys(), 0);
    });

    it('is asked when it is up again from its own reboot, and no try fails meanwhile', async () => {
      house.timings = { ...house.timings, rebootAbsence: 2 * HOUR, endRetry: HOUR, endRefusedRetry: HOUR };
      await house.start();
      await rescue();
      stop({ shutdown: 'reboot' });
      await house.client.state('horatio', 'rebooting');
      host.forward += 3 * HOUR;
      await looked();
      assert.deepEqual([endings(), (await theEnd()).retryAt, (await theEnd()).why], [[], null, undefined]);
      rebootsInside();
      await untilProfile('normal');
    });

    it('says that its host could not end it, when that is why', async () => {
      house.timings = { ...house.timings, endRetry: HOUR };
      await house.start();
      house.toolstack.domains.delete('horatio');
      await rescue();
      house.toolstack.on.set('shutdown', () => Promise.resolve(refusal('toolstack-failed', 'no answer')));
      host.forward += 3 * HOUR;
      const shown = await untilEnds('the reason', (is) => is?.why !== undefined);
      assert.equal(shown?.why, 'failed');
      assert.ok(shown.retryAt !== null);
    });
  });

  it('ends with a shutdown after `poweroff` when the guest obeys', async () => {
    atEnd('poweroff');
    await house.start();
    await rescue();
    host.forward += 3 * HOUR;
    assert.equal((await ending()).phase, 'done');
    assert.deepEqual(
      house.toolstack.calls.filter((call) => call.startsWith('destroy')),
      [],
    );
    await house.client.state('horatio', 'off');
  });

  describe('and clocks that jump', () => {
    for (const [way, by] of [
      ['forward', 365 * 24 * HOUR],
      ['back', -365 * 24 * HOUR],
    ] as const) {
      it(`keeps its length when the time of day jumps ${way}`, async () => {
        await house.start();
        await rescue();
        jump = by;
        await looked();
        const { at } = await theEnd();
        assert.ok(Math.abs(Date.parse(at) - clock() - 2 * HOUR) < 60_000, at);
        assert.equal(await profile(), 'rescue');
        host.forward += 3 * HOUR;
        await untilProfile('normal');
      });
    }
  });

  describe('and the death of the half', () => {
    it('is ended by the next half when its time is over meanwhile', async () => {
      await house.start();
      await rescue();
      await kill();
      host.forward += 5 * HOUR;
      await house.start();
      assert.equal((await ending()).phase, 'done');
      await untilProfile('normal');
    });

    it('keeps its end, extended or not, and its first hour is not given twice', async () => {
      await house.start();
      const id = await rescue();
      host.forward += HOUR;
      assert.equal((await extend(id, 4 * 3600)).status, 200);
      await kill();
      await house.start();
      const { forSeconds, at } = await theEnd();
      assert.equal(forSeconds, 4 * 3600);
      assert.ok(Math.abs(Date.parse(at) - Date.now() - 3 * HOUR) < 60_000, at);
    });

    it('is finished when the half is killed in the midst of the end, and nothing is done twice', async () => {
      await house.start();
      await rescue();
      ignores();
      host.forward += 3 * HOUR;
      await house.until(
        'the shutdown to be asked for',
        async () => (await house.client.domain('horatio')).operation,
        (operation) => operation?.step === 'shutting-down',
      );
      await kill();
      house.toolstack.on.delete('shutdown');
      await house.start();
      assert.equal((await ending()).phase, 'done');
      await untilProfile('normal');
      const asked = records().filter(({ event }) => event.kind === 'requested' && event.ending !== undefined);
      assert.equal(asked.length, 1);
    });

    it('is over when the host has restarted, even with the same UUID and domid', async () => {
      const uuid = '6f1f64e4-7a3c-4f4e-9d4b-0c6a3f9d1c22';
      await house.configure('horatio', `uuid = "${uuid}"\n`);
      house.toolstack.change('horatio', { uuid });
      house.toolstack.on.set('create', (name) => {
        house.toolstack.put(name, {
          uuid,
          cpuSeconds: 0,
          flags: { paused: true, shutdown: null, dying: false },
        });
        return Promise.resolve(null);
      });
      await house.start();
      await rescue();
      assert.ok(await end());
      const asked = shutdowns();
      await kill();
      host.boot = 'b00t0000-0000-4000-8000-000000000002';
      host.forward += 5 * HOUR;
      await house.start();
      await looked();
      assert.equal(await end(), null);
      assert.equal(shutdowns(), asked);
    });
  });

  describe('and other acts', () => {
    it('waits for an operation that is under way at the end', async () => {
      const deadlines = { ...house.settings.deadlines, rebootSeconds: 86_400 };
      house.settings = { ...house.settings, deadlines };
      await house.start();
      await rescue();
      let goDown: () => void = () => undefined;
      house.toolstack.on.set('reboot', async () => {
        await new Promise<void>((resolve) => (goDown = resolve));
        rebootsInside();
        return null;
      });
      const reboot = await post('horatio', 'reboot');
      await house.until(
        'the reboot to be asked for',
        () => house.toolstack.calls.includes('reboot horatio'),
        (is) => is,
      );
      const asked = shutdowns();
      host.forward += 2 * HOUR;
      await looked();
      assert.equal(shutdowns(), asked);
      goDown();
      assert.equal((await house.client.ended(reboot.id)).phase, 'done');
      await untilProfile('normal');
    });

    it('keeps its end over a reboot from inside', async () => {
      await house.start();
      const id = await rescue();
      rebootsInside();
      await looked();
      assert.equal((await untilEnds('the end', (is) => is !== null))?.operation, id);
      host.forward += 3 * HOUR;
      await untilProfile('normal');
    });

    it('has a new end when it is booted again', async () => {
      await house.start();
      await rescue(2);
      host.forward += HOUR;
      const again = await rescue(3);
      assert.equal((await theEnd()).operation, again);
      host.forward += 2 * HOUR;
      await looked();
      assert.equal(await profile(), 'rescue');
      host.forward += HOUR;
      await untilProfile('normal');
    });

    it('has no end any more when it is booted again without one', async () => {
      await house.start();
      await rescue(2);
      await house.client.run('horatio', 'rescue', { profile: 'rescue' });
      assert.equal(await end(), null);
    });

    for (const [what, act] of [
      ['leaves rescue', 'normal'],
      ['powers it off', 'poweroff'],
      ['shuts it down', 'shutdown'],
    ] as const) {
      it(`ends nothing after its customer ${what} in time`, async () => {
        await house.start();
        await rescue();
        assert.equal((await house.client.run('horatio', act)).phase, 'done');
        await untilEnds('no end', (is) => is === null);
        if (act !== 'normal') {
          await untilVoid();
          await house.client.run('horatio', 'start');
        }
        const asked = shutdowns();
        host.forward += 3 * HOUR;
        await looked();
        assert.equal(shutdowns(), asked);
        assert.equal((await house.client.domain('horatio')).lastEnding, null);
      });
    }

    it("leaves an admin's own `xl destroy` and `xl create` alone, also after a restart", async () => {
      await house.start();
      await rescue();
      const boot = bootOf('rescue');
      house.toolstack.domains.delete('horatio');
      house.toolstack.put('horatio');
      house.toolstack.long.set('horatio', boot);
      await untilVoid();
      assert.equal(await profile(), 'rescue');
      await kill();
      host.forward += 3 * HOUR;
      const asked = shutdowns();
      await house.start();
      await looked();
      assert.deepEqual([await end(), shutdowns()], [null, asked]);
    });

    it('stays off when its customer shuts it down at the moment of the end', async () => {
      const deadlines = { ...house.settings.deadlines, shutdownSeconds: 86_400 };
      house.settings = { ...house.settings, deadlines };
      await house.start();
      await rescue();
      let goDown: () => void = () => undefined;
      house.toolstack.on.set('shutdown', async () => {
        await new Promise<void>((resolve) => (goDown = resolve));
        house.toolstack.domains.delete('horatio');
        return null;
      });
      const asked = shutdowns();
      const shutdown = await post('horatio', 'shutdown');
      await house.until('the shutdown', shutdowns, (now) => now > asked);
      host.forward += 3 * HOUR;
      await looked();
      goDown();
      assert.equal((await house.client.ended(shutdown.id)).phase, 'done');
      await untilVoid();
      await house.client.state('horatio', 'off');
      assert.equal((await house.client.domain('horatio')).lastEnding, null);
    });

    it('stays off when an operator has destroyed it at the moment of the end', async () => {
      await house.start();
      await rescue();
      house.toolstack.domains.delete('horatio');
      host.forward += 3 * HOUR;
      await untilVoid();
      await house.client.state('horatio', 'off');
      assert.equal((await house.client.domain('horatio')).lastEnding, null);
    });

    it('ends when it has its name again, after an operator renamed it', async () => {
      await house.start();
      await rescue();
      const guest = house.toolstack.domains.get('horatio')!;
      house.toolstack.domains.delete('horatio');
      const { name: _, ...rest } = guest;
      const renamed = house.toolstack.put('other', rest);
      await house.client.state('horatio', 'off');
      // Longer than an absence may last.
      host.forward += HOUR;
      await looked();
      host.forward += 2 * HOUR;
      await looked();
      assert.deepEqual(house.toolstack.domains.get('other'), renamed);
      house.toolstack.domains.delete('other');
      house.toolstack.domains.set('horatio', guest);
      assert.equal((await ending()).phase, 'done');
      await untilProfile('normal');
    });

    it('ends when its file is there again', async () => {
      await house.start();
      await rescue();
      const asked = shutdowns();
      const file = join(house.directory, 'etc', 'horatio.cfg');
      await rename(file, `${file}.away`);
      host.forward += 3 * HOUR;
      assert.equal((await untilEnds('the reason', (is) => is?.why !== undefined))?.why, 'failed');
      await looked();
      assert.equal(shutdowns(), asked, 'nothing is stopped that cannot be booted again');
      await rename(`${file}.away`, file);
      await untilProfile('normal');
    });

    it('is ended by a power-off that overtakes the end: the domain stays off', async () => {
      await house.start();
      await rescue();
      ignores();
      host.forward += 3 * HOUR;
      await house.until(
        'the shutdown to be asked for',
        async () => (await house.client.domain('horatio')).operation,
        (operation) => operation?.step === 'shutting-down',
      );
      assert.equal((await house.client.run('horatio', 'poweroff')).phase, 'done');
      assert.equal((await ending()).phase, 'superseded');
      await untilVoid();
      assert.equal(house.toolstack.domains.size, 0);
    });

    it('starts a domain again that its end left off', async () => {
      await house.start();
      await rescue();
      let creates = 0;
      house.toolstack.on.set('create', () => {
        creates += 1;
        if (creates === 2) house.toolstack.on.delete('create');
        return Promise.resolve(refusal('toolstack-failed', 'not enough memory'));
      });
      host.forward += 3 * HOUR;
      await untilProfile('normal');
      await house.client.state('horatio', 'running');
      assert.equal(creates, 2);
    });

    it('gives up starting it after some tries', async () => {
      await house.start();
      await rescue();
      house.toolstack.on.set('create', () =>
        Promise.resolve(refusal('toolstack-failed', 'not enough memory')),
      );
      host.forward += 3 * HOUR;
      await untilVoid();
      assert.equal(await end(), null);
    });
  });

  it('is ended as soon as the disk takes records again', async () => {
    house.timings = { ...house.timings, endRefusedRetry: 20 };
    await house.start();
    await rescue();
    const asked = shutdowns();
    disk.fault = (what) => (what === 'write' ? 'ENOSPC' : null);
    host.forward += 3 * HOUR;
    await looked();
    assert.equal(shutdowns(), asked, 'what cannot be recorded is not done');
    disk.fault = () => null;
    await untilProfile('normal');
  });

  it('does nothing while the toolstack is silent, then ends', async () => {
    await house.start();
    await rescue();
    house.toolstack.silence = refusal('toolstack-timeout', 'The host did not answer in time.');
    host.forward += 3 * HOUR;
    await looked();
    house.toolstack.silence = null;
    await untilProfile('normal');
  });

  it('keeps its end, and the void of another, when the journal begins a new file', async () => {
    await house.start();
    const id = await rescue();
    await extend(id, 3 * 3600);
    await house.client.run('ophelia', 'rescue', { profile: 'rescue', forSeconds: 60 });
    house.toolstack.domains.delete('ophelia');
    await untilVoid();
    const again = new OperationRegistry(house.settings.limits);
    for (const record of OperationRegistry.condense(records(), house.settings.limits)) again.take(record);
    assert.deepEqual(
      again.rescues.list().map(({ operation, forSeconds }) => [operation, forSeconds]),
      [[id, 3 * 3600]],
    );
  });

  describe('is given more time', () => {
    it('by its whole length, so that the same request twice is the same as once', async () => {
      await house.start();
      const id = await rescue(2);
      const { status, body } = await extend(id, 3 * 3600);
      assert.equal(status, 200);
      assert.equal((body as RescueEnd).forSeconds, 3 * 3600);
      assert.equal((await extend(id, 3 * 3600)).status, 200);
      assert.equal(records().filter(({ event }) => event.kind === 'extended').length, 1);
      host.forward += 2 * HOUR;
      await looked();
      assert.equal(await profile(), 'rescue');
      host.forward += HOUR;
      await untilProfile('normal');
    });

    it('never less, never for another boot, another domain, or after it', async () => {
      await house.start();
      const id = await rescue(2);
      const codes = async (answer: Promise<{ status: number; body: unknown }>): Promise<string> =>
        ((await answer).body as WireRefusal).code;
      // Two customers ask at once, one for less: that is no fault of the request.
      assert.equal(await codes(extend(id, 60)), 'wrong-state');
      assert.equal(await codes(extend(randomUUID(), 3 * 3600)), 'wrong-state');
      assert.equal(await codes(extend(id, 3 * 3600, {}, 'ophelia')), 'wrong-state');
      assert.equal(await codes(extend(id, 3 * 3600, {}, 'yorick')), 'no-such-domain');
      await house.client.run('horatio', 'normal');
      assert.equal(await codes(extend(id, 3 * 3600)), 'wrong-state');
      assert.equal(records().filter(({ event }) => event.kind === 'extended').length, 0);
    });

    it('not while an operation is under way', async () => {
      await house.start();
      const id = await rescue(2);
      ignores();
      await post('horatio', 'shutdown');
      assert.equal(((await extend(id, 3 * 3600)).body as WireRefusal).code, 'busy');
    });

    for (const wrong of [0, -1, 1.5, Number.NaN, Infinity, 366 * 86_400 + 1, 1e300, '3600', null, [3600]]) {
      it(`not for ${JSON.stringify(wrong)} seconds (${String(wrong)})`, async () => {
        await house.start();
        const id = await rescue(2);
        assert.equal((await extend(id, wrong)).status, 400);
        const request = {
          ...operationRequest('ophelia', 'rescue', { profile: 'rescue' }),
          forSeconds: wrong,
        };
        const { status } = await house.client.ask('POST', '/operations', JSON.stringify(request));
        assert.equal(status, 400);
        assert.equal((await theEnd()).forSeconds, 7200);
      });
    }

    it('not without room in the journal', async () => {
      await house.start();
      const id = await rescue(2);
      disk.fault = (what) => (what === 'write' ? 'ENOSPC' : null);
      assert.equal(((await extend(id, 3 * 3600)).body as WireRefusal).code, 'audit-unavailable');
      disk.fault = () => null;
      assert.equal((await theEnd()).forSeconds, 7200);
    });

    it('not faster than requests may come, so that the journal does not fill', async () => {
      const now = Date.now();
      house.parts = { ...house.parts, clock: () => now };
      await house.start();
      const id = await rescue(2);
      await house.stop();
      const { journal } = await Journal.open(house.settings.state, () => [], {
        logger: silentLogger,
        clock: () => now,
        disk,
      });
      const { actor, domain } = operationRequest('ophelia', 'start');
      const event = { kind: 'extended', operation: randomUUID(), domain, forSeconds: 60, actor } as const;
      for (let at = 0; at < 600; at += 1) await journal.append(event);
      await journal.close();
      await house.start();
      assert.equal(((await extend(id, 3 * 3600)).body as WireRefusal).code, 'host-limit');
      assert.equal((await theEnd()).forSeconds, 7200);
    });
  });

  for (const [what, request, message] of [
    ['start', ['horatio', 'start', { forSeconds: 60 }], 'Only a rescue has an end.'],
    ['normal', ['horatio', 'normal', { forSeconds: 60 }], 'Only a rescue has an end.'],
    [
      'a rescue with a profile that is kept',
      ['horatio', 'rescue', { profile: 'rescue', forSeconds: 60 }],
      'This boot profile has no end.',
    ],
  ] as const) {
    it(`is refused for ${what}`, async () => {
      atEnd('normal', { keep: true });
      await house.start();
      const { code, message: said } = await refused(request[0], request[1], request[2]);
      assert.deepEqual([code, said], ['usage', message]);
    });
  }

  it('ends no more when its profile is kept by now', async () => {
    await house.start();
    await rescue();
    await kill();
    atEnd('normal', { keep: true });
    await house.start();
    host.forward += 3 * HOUR;
    await looked();
    assert.deepEqual([await end(), await profile()], [null, 'rescue']);
  });

  it('is another request with another end', async () => {
    await house.start();
    const id = randomUUID();
    await post('horatio', 'rescue', { id, profile: 'rescue', forSeconds: 60 });
    assert.equal(
      (await refused('horatio', 'rescue', { id, profile: 'rescue', forSeconds: 61 })).code,
      'usage',
    );
  });
});
