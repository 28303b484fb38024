import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdir, readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { refusal } from '../../../policy/refusal.js';
import type { Refusal } from '../../../policy/refusal.js';
import { Dom0 } from '../../../server/dom0/dom0.js';
import type { HostClock } from '../../../server/dom0/scheduling/host-clock.js';
import { FIRST_PREV, recordHash } from '../../../server/dom0/operations/journal-record.js';
import type { Incarnation } from '../../../server/dom0/toolstack/incarnation.js';
import type { Contract } from '../../../server/wire/contract.js';
import type { OperationView, WireRefusal } from '../../../server/wire/operation.js';
import { operationRequest } from '../../support/dom0-client.js';
import { Dom0UnderTest } from '../../support/dom0-under-test.js';
import { EVERYTHING, MemoryDisk } from '../../support/memory-disk.js';
import { silentLogger } from '../../support/silent-logger.js';
import { readLines } from '../../support/journal-lines.js';
import { UnstalledHost } from '../../support/unstalled-host.js';

const never = (): Promise<Refusal | null> => new Promise(() => undefined);
const up = { paused: false, shutdown: null, dying: false } as const;
const building = { cpuSeconds: 0, flags: { ...up, paused: true } };
const HOUR = 3_600_000;

/** This machine's clock without its stalls, which a test can set forward, with a boot that can change. */
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

  reboot(): void {
    this.boot = 'b00t0000-0000-4000-8000-000000000002';
  }
}

/** A disk that holds syncs while a test says so. */
class HeldDisk extends MemoryDisk {
  holds: (text: string) => boolean = () => false;
  readonly held: (() => void)[] = [];

  override async sync(path: string): Promise<void> {
    if (this.holds(this.text(path) ?? '')) await new Promise<void>((resolve) => this.held.push(resolve));
    await super.sync(path);
  }
}

describe('an act', () => {
  let house: Dom0UnderTest;
  let disk: HeldDisk | MemoryDisk;
  let host: MovableHost;
  const unhandled: unknown[] = [];
  const note = (why: unknown): void => void unhandled.push(why);

  beforeEach(async () => {
    house = await Dom0UnderTest.make(['horatio', 'ophelia']);
    disk = new HeldDisk();
    host = new MovableHost();
    house.parts = { disk, host };
    process.on('unhandledRejection', note);
  });
  afterEach(async () => {
    await house.dispose();
    process.off('unhandledRejection', note);
    assert.deepEqual(unhandled.splice(0), [], 'no rejection was left unhandled');
  });

  const post = async (...request: Parameters<typeof operationRequest>): Promise<OperationView> => {
    const answer = await house.client.submit(operationRequest(...request));
    if (!('phase' in answer)) assert.fail(JSON.stringify(answer));
    return answer;
  };
  const atStep = (id: string, step: OperationView['step']): Promise<OperationView> =>
    house.until(
      `step ${step}`,
      () => house.client.operation(id),
      (view) => view.step === step,
    );
  const end = async (id: string): Promise<[string, string | undefined]> => {
    const { phase, failure } = await house.client.ended(id);
    return [phase, failure?.code];
  };
  /** Kills the half: anything not yet written is never written. */
  const kill = async (): Promise<void> => {
    disk.cutBefore = disk.operations;
    await house.stop();
    disk = disk.afterPowerCut(EVERYTHING);
    house.parts = { disk, host };
  };
  const full = (): void => {
    disk.fault = (what) => (what === 'write' || what === 'makeFolder' ? 'ENOSPC' : null);
  };
  const room = (): void => {
    disk.fault = () => null;
  };
  const journal = () => readLines(disk.text(join(house.settings.state, 'journal.jsonl')) ?? '').records;
  const ends = (id: string): string[] =>
    journal().flatMap(({ event }) => (event.kind === 'ended' && event.operation === id ? [event.phase] : []));
  const troubles = async (): Promise<readonly string[]> =>
    ((await house.client.ask('GET', '/contract')).body as Contract).troubles ?? [];
  const calls = (verb: string): string[] => house.toolstack.calls.filter((call) => call.startsWith(verb));

  describe('of power-off (1)', () => {
    /** A power-off whose end met a full disk. */
    async function offOnFullDisk(): Promise<OperationView> {
      house.toolstack.put('horatio');
      house.toolstack.on.set('destroy', () => {
        full();
        house.toolstack.domains.delete('horatio');
        return Promise.resolve(null);
      });
      await house.start();
      const off = await post('horatio', 'poweroff');
      const view = await house.client.ended(off.id);
      house.toolstack.on.delete('destroy');
      assert.deepEqual([view.phase, view.unrecorded], ['done', true]);
      return view;
    }

    it('does not take a server down weeks later that its customer had started again since', async () => {
      const { id } = await offOnFullDisk();
      await kill();
      house.toolstack.put('horatio');
      host.forward += 30 * 24 * HOUR;
      await house.start();
      assert.equal((await house.client.ended(id)).failure?.code, 'undone');
      assert.deepEqual(calls('destroy'), ['destroy horatio']);
      assert.ok(house.toolstack.domains.has('horatio'));
    });

    it('does not reach a newer boot even when the half is back within seconds', async () => {
      const { id } = await offOnFullDisk();
      await kill();
      house.toolstack.put('horatio');
      await house.start();
      assert.deepEqual(await end(id), ['failed', 'undone']);
      assert.deepEqual(calls('destroy'), ['destroy horatio']);
    });

    it('writes its end as soon as the disk takes it; until then an admin is told and nobody is kept waiting', async () => {
      const { id } = await offOnFullDisk();
      assert.match((await troubles()).join(' '), /cannot be written since .*1 records/);
      assert.deepEqual(ends(id), []);
      room();
      assert.equal((await house.client.run('horatio', 'start')).phase, 'done', 'nothing is in its way');
      assert.deepEqual(ends(id), ['done']);
      assert.equal((await house.client.operation(id)).unrecorded, undefined);
      assert.deepEqual(await troubles(), []);
    });

    it('writes it although nobody asks for anything', async () => {
      const { id } = await offOnFullDisk();
      room();
      await house.until(
        'the end',
        () => ends(id),
        ({ length }) => length === 1,
      );
      await house.until('no trouble', troubles, ({ length }) => length === 0);
    });

    it('that was cut off acts on the same boot again, but not after its term', async () => {
      house.toolstack.put('horatio');
      house.toolstack.on.set('destroy', never);
      await house.start();
      const soon = await post('horatio', 'poweroff');
      await house.until(
        'the call',
        () => calls('destroy').length,
        (count) => count === 1,
      );
      await kill();
      host.forward += HOUR;
      await house.start();
      assert.deepEqual(await end(soon.id), ['failed', 'undone']);
      assert.ok(house.toolstack.domains.has('horatio'));
      const again = await post('horatio', 'poweroff');
      await house.until(
        'the call',
        () => calls('destroy').length,
        (count) => count === 2,
      );
      await kill();
      house.toolstack.on.delete('destroy');
      await house.start();
      assert.deepEqual(await end(again.id), ['done', undefined]);
      assert.equal(house.toolstack.domains.size, 0);
    });
  });

  describe('of start (2)', () => {
    async function cutOffInCreate(): Promise<string> {
      house.toolstack.on.set('create', never);
      await house.start();
      const { id } = await post('horatio', 'start');
      await house.until(
        'the call',
        () => calls('create').length,
        (count) => count === 1,
      );
      await kill();
      house.toolstack.on.delete('create');
      return id;
    }

    it('does not write to a disk beside the server that an operator brought up elsewhere while the host was away', async () => {
      const id = await cutOffInCreate();
      host.reboot();
      await house.start();
      assert.deepEqual(await end(id), ['failed', 'undone']);
      assert.deepEqual(calls('create'), ['create horatio']);
    });

    it('is not done by a half that was away for hours, and what it had made is taken away', async () => {
      const id = await cutOffInCreate();
      host.forward += 3 * HOUR;
      await house.start();
      assert.deepEqual(await end(id), ['failed', 'undone']);
      assert.deepEqual(calls('create'), ['create horatio']);

      house.toolstack.on.set('unpause', never);
      const made = await post('ophelia', 'start');
      await atStep(made.id, 'unpausing');
      await kill();
      host.forward += 3 * HOUR;
      house.toolstack.on.delete('unpause');
      await house.start();
      assert.deepEqual(await end(made.id), ['failed', 'undone']);
      assert.equal(house.toolstack.domains.size, 0, 'nothing is left paused');
      assert.deepEqual(calls('unpause'), ['unpause ophelia'], 'and nothing was started so late');
    });

    it('is done by a half that is back at once', async () => {
      const id = await cutOffInCreate();
      await house.start();
      assert.deepEqual(await end(id), ['done', undefined]);
      assert.equal(house.toolstack.domains.get('horatio')?.flags.paused, false);
    });

    it('is not done again when a later request for the domain was accepted', async () => {
      const id = await cutOffInCreate();
      const state = house.settings.state;
      // Its end was lost, but the later operation's end was not.
      await house.start();
      await house.client.ended(id);
      await house.client.run('horatio', 'poweroff');
      await house.stop();
      const text = disk.text(join(state, 'journal.jsonl')) ?? '';
      const kept = text.split('\n').filter((line) => !(line.includes('"ended"') && line.includes(id)));
      await disk.truncate(join(state, 'journal.jsonl'), 0);
      await disk.write(join(state, 'journal.jsonl'), 0, Buffer.from(kept.join('\n')));
      const before = calls('create').length;
      await house.start();
      assert.equal((await house.client.ended(id)).phase, 'superseded');
      assert.equal(calls('create').length, before);
      assert.equal(house.toolstack.domains.size, 0);
    });
  });

  describe('meant for one incarnation (3)', () => {
    it('does not shut down the server that the host started by itself under the same number', async () => {
      const uuid = '5df6f9d5-1d71-47bf-9dc0-eb16fa9a2ee8';
      await house.configure('horatio', `uuid = "${uuid}"\n`);
      house.toolstack.put('horatio', { domid: 1, uuid });
      house.toolstack.on.set('shutdown', never);
      await house.start();
      const { id } = await post('horatio', 'shutdown');
      await house.until(
        'the call',
        () => calls('shutdown').length,
        (count) => count === 1,
      );
      await kill();
      host.reboot();
      await house.start();
      assert.deepEqual(await end(id), ['failed', 'undone']);
      assert.deepEqual(calls('shutdown'), ['shutdown horatio']);
    });

    it('leaves the server that has the same number and another UUID', async () => {
      house.toolstack.put('horatio', { domid: 7 });
      house.toolstack.on.set('shutdown', never);
      await house.start();
      const { id } = await post('horatio', 'shutdown');
      await house.until(
        'the call',
        () => calls('shutdown').length,
        (count) => count === 1,
      );
      house.toolstack.put('horatio', { domid: 7 });
      assert.deepEqual(await end(id), ['failed', 'undone']);
      await kill();
      await house.start();
      assert.deepEqual(calls('shutdown'), ['shutdown horatio']);
    });

    for (const [whose, file] of [
      ['with a UUID of ours', ''],
      ['with a UUID that stands in the file', 'uuid = "5df6f9d5-1d71-47bf-9dc0-eb16fa9a2ee8"\n'],
    ] as const) {
      it(`neither unpauses nor takes away what somebody else is building, ${whose}`, async () => {
        await house.configure('horatio', file);
        house.toolstack.on.set('create', never);
        await house.start();
        const { id } = await post('horatio', 'start');
        await house.until(
          'the call',
          () => calls('create').length,
          (count) => count === 1,
        );
        await kill();
        const fixed = file === '' ? {} : { uuid: '5df6f9d5-1d71-47bf-9dc0-eb16fa9a2ee8' };
        // As xendomains makes it: its UUID is not the one that we gave, or our xl printed nothing.
        house.toolstack.put('horatio', {
          uuid: 'a1b2c3d4-0000-4000-8000-000000000000',
          ...building,
          ...fixed,
        });
        await house.start();
        assert.deepEqual(await end(id), ['failed', 'undone']);
        assert.equal(house.toolstack.domains.get('horatio')?.flags.paused, true);
        assert.deepEqual([...calls('unpause'), ...calls('destroy')], []);
      });

      it(`finishes what our own create had made when the half was killed, ${whose}`, async () => {
        await house.configure('horatio', file);
        house.toolstack.on.set('create', async (name, { transcript }) => {
          const fixed = file === '' ? {} : { uuid: '5df6f9d5-1d71-47bf-9dc0-eb16fa9a2ee8' };
          await disk.write(transcript ?? '', 0, Buffer.from('Parsing config from /etc/xen/horatio.cfg\n'));
          house.toolstack.put(name, { ...house.toolstack.domains.get(name), ...building, ...fixed });
          return never();
        });
        await house.start();
        const { id } = await post('horatio', 'start');
        await house.until(
          'the domain',
          () => house.toolstack.domains.size,
          (size) => size === 1,
        );
        const made = house.toolstack.creations[0]?.uuid ?? null;
        assert.equal(made === null, file !== '', 'a UUID in the file is left to it');
        if (made !== null) house.toolstack.change('horatio', { uuid: made });
        await kill();
        await house.start();
        assert.deepEqual(await end(id), ['done', undefined]);
        assert.equal(house.toolstack.domains.get('horatio')?.flags.paused, false);
      });
    }
  });

  describe('of power-off that overtakes a start (5)', () => {
    it('never leaves the server paused, whenever it comes while the start is being written', async () => {
      const held = disk as HeldDisk;
      await house.start();
      held.holds = (text) => text.trimEnd().split('\n').at(-1)?.includes('"creating"') === true;
      const start = await post('horatio', 'start');
      await house.until(
        'the step to be written',
        () => held.held.length,
        (count) => count === 1,
      );
      const answers: unknown[] = [];
      const asked = house.client.submit(operationRequest('horatio', 'poweroff'));
      void asked.then((answer) => answers.push(answer));
      // It is refused at once, or waits for the journal. By then other requests have been answered.
      for (let others = 0; others < 50 && answers.length === 0; others += 1)
        await house.client.ask('GET', '/contract');
      held.holds = () => false;
      held.held[0]?.();
      const answer = await asked;
      await house.client.ended(start.id);
      if ('phase' in answer) await house.client.ended(answer.id);
      const { observation } = await house.client.domain('horatio');
      assert.notEqual(observation.state, 'paused');
      assert.notEqual(house.toolstack.domains.get('horatio')?.flags.paused, true);
    });

    it('waits for the power-off that is being written, and does not begin to create then', async () => {
      const held = disk as HeldDisk;
      await house.start();
      house.toolstack.silence = null;
      const listed = house.toolstack.longListAll.bind(house.toolstack);
      let go: () => void = () => undefined;
      house.toolstack.longListAll = async () => {
        await new Promise<void>((resolve) => (go = resolve));
        return listed();
      };
      const start = await post('horatio', 'start');
      held.holds = (text) => text.trimEnd().split('\n').at(-1)?.includes('"poweroff"') === true;
      const asked = house.client.submit(operationRequest('horatio', 'poweroff'));
      await house.until(
        'the request to be written',
        () => held.held.length,
        (count) => count === 1,
      );
      go();
      held.holds = () => false;
      held.held[0]?.();
      assert.ok('phase' in (await asked));
      assert.equal((await house.client.ended(start.id)).phase, 'superseded');
      assert.deepEqual(calls('create'), []);
    });
  });

  describe('on a disk that takes nothing (7)', () => {
    for (const code of ['ENOSPC', 'EROFS', 'EIO']) {
      it(`is refused with a sentence, and the list and consoles go on, from the start on (${code})`, async () => {
        disk.fault = (what) => (what === 'list' || what === 'read' ? null : code);
        house.toolstack.put('horatio');
        await house.start();
        assert.equal((await house.client.state('horatio', 'running')).name, 'horatio');
        const no = await house.client.submit(operationRequest('ophelia', 'start'));
        assert.deepEqual('code' in no && [no.code, no.message], [
          'audit-unavailable',
          'The host cannot record changes at the moment, so it makes none. Try again later.',
        ]);
        assert.match((await troubles())[0] ?? '', new RegExp(`cannot be written since .*${code}`));
        room();
        assert.equal((await house.client.run('ophelia', 'start')).phase, 'done', 'without a restart');
        assert.deepEqual(await troubles(), []);
      });
    }

    it('is taken up when the journal can be read at last; until then nothing is changed and nothing tidied away', async () => {
      house.toolstack.on.set('create', never);
      await house.start();
      const { id } = await post('horatio', 'start');
      await house.until(
        'the call',
        () => calls('create').length,
        (count) => count === 1,
      );
      await kill();
      house.toolstack.on.delete('create');
      const transcript = join(house.settings.state, 'work', `${id}.create.log`);
      disk.fault = (what) => (what === 'read' ? 'EIO' : null);
      await house.start();
      const no = await house.client.submit(operationRequest('horatio', 'start'));
      assert.equal('code' in no && no.code, 'audit-unavailable');
      assert.match((await troubles()).join(' '), /cannot be written since/);
      assert.equal(disk.text(transcript), '\n');
      room();
      await house.until(
        'the end',
        () => ends(id),
        ({ length }) => length === 1,
      );
      assert.deepEqual(await end(id), ['done', undefined]);
      assert.equal(house.toolstack.domains.get('horatio')?.flags.paused, false);
    });

    it('is not said to be unknown while the journal cannot be read, and has its outcome when it can', async () => {
      await house.start();
      const { id } = await house.client.run('horatio', 'start');
      await kill();
      disk.fault = (what) => (what === 'read' ? 'EIO' : null);
      await house.start();
      for (const asked of [id, randomUUID()]) {
        const { status, body } = await house.client.ask('GET', `/operations/${asked}`);
        assert.equal(status, 503);
        assert.equal((body as WireRefusal).code, 'audit-unavailable');
      }
      const { actor } = operationRequest('horatio', 'start');
      for (const [what, wanted] of [
        ['rescue-end', { operation: id, forSeconds: 60, actor }],
        ['disk', { whole: true, admin: 'root' }],
      ] as const) {
        const { status, body } = await house.client.ask(
          'PUT',
          `/domains/horatio/${what}`,
          JSON.stringify(wanted),
        );
        assert.deepEqual([status, (body as WireRefusal).code], [503, 'audit-unavailable'], what);
      }
      room();
      await house.until(
        'the journal to be read',
        () => house.client.ask('GET', `/operations/${id}`),
        ({ status }) => status === 200,
      );
      assert.deepEqual(await end(id), ['done', undefined]);
      assert.equal((await house.client.ask('GET', `/operations/${randomUUID()}`)).status, 404);
    });

    it('is taken up, and its id known, when the journal can be read while the half still looks around', async () => {
      house.toolstack.on.set('create', never);
      await house.start();
      const { id } = await post('horatio', 'start');
      await house.until(
        'the call',
        () => calls('create').length,
        (count) => count === 1,
      );
      await kill();
      house.toolstack.on.delete('create');
      let look: () => void = () => undefined;
      const looks = new Promise<void>((resolve) => (look = resolve));
      const list = house.toolstack.list.bind(house.toolstack);
      house.toolstack.list = async () => {
        await looks;
        return list();
      };
      let hasFailed = false;
      let isRead = false;
      // Other files are read and written meanwhile.
      const isJournal = (path: string): boolean => basename(path).startsWith('journal');
      disk.fault = (what, path) => {
        hasFailed ||= what === 'read' && isJournal(path);
        return what === 'read' ? 'EIO' : null;
      };
      const starting = house.start();
      await house.until(
        'the reading that fails',
        () => hasFailed,
        (has) => has,
      );
      disk.fault = (what, path) => {
        isRead ||= what === 'write' && isJournal(path);
        return null;
      };
      await house.until(
        'the reading',
        () => isRead,
        (is) => is,
      );
      look();
      await starting;
      assert.deepEqual(await end(id), ['done', undefined]);
      assert.equal(house.toolstack.domains.get('horatio')?.flags.paused, false);
    });

    it('ends as it ended when a transcript cannot be removed', async () => {
      await house.start();
      disk.fault = (what, path) => (what === 'remove' && path.includes('/work/') ? 'EIO' : null);
      assert.equal((await house.client.run('horatio', 'start')).phase, 'done');
      assert.equal((await house.client.run('horatio', 'poweroff')).phase, 'done');
    });

    it('is not begun when there is no room for what xl says', async () => {
      await house.start();
      disk.fault = (what, path) => (what === 'write' && path.includes('/work/') ? 'ENOSPC' : null);
      assert.equal((await house.client.run('horatio', 'start')).failure?.code, 'audit-unavailable');
      assert.deepEqual(calls('create'), []);
    });

    it('keeps a second half out although the lock cannot be written', async () => {
      house.parts = {};
      const { state, socket } = house.settings;
      await mkdir(join(state, 'lock', 'in-the-way'), { recursive: true });
      await house.start();
      const settings = { ...house.settings, socket: join(dirname(socket), 'other.sock') };
      const { toolstack, consoles } = house;
      const second = new Dom0({ settings, version: 'test', toolstack, consoles, logger: silentLogger });
      await assert.rejects(second.start(), /another dom0 half works in/);
      await house.stop();
      await second.start();
      await second.stop();
      assert.deepEqual(await readdir(join(state, 'lock')), ['in-the-way']);
    });
  });

  describe('in a journal from before there were terms', () => {
    /** One unfinished request as an earlier version wrote it, this many minutes ago. */
    async function old(
      verb: 'start' | 'poweroff',
      minutes: number,
      subject: Incarnation | null,
    ): Promise<string> {
      const request = operationRequest('horatio', verb);
      const at = new Date(Date.now() - minutes * 60_000).toISOString();
      const step = verb === 'start' ? ('creating' as const) : ('powering-off' as const);
      const events = [
        { kind: 'requested', request, subject, counts: true },
        { kind: 'step', operation: request.id, step, deadlineAt: null },
      ] as const;
      let prev = FIRST_PREV;
      const lines = events.map((event, index) => {
        const unsigned = { seq: index + 1, at, event, prev };
        prev = recordHash(unsigned);
        return `${JSON.stringify({ ...unsigned, hash: prev })}\n`;
      });
      const { state } = house.settings;
      await disk.makeFolder(state);
      await disk.write(join(state, 'journal.jsonl'), 0, Buffer.from(lines.join('')));
      await disk.sync(join(state, 'journal.jsonl'));
      return request.id;
    }

    it('reaches no server after it has become old, whatever is there', async () => {
      const { domid, uuid } = house.toolstack.put('horatio');
      const off = await old('poweroff', 30 * 24 * 60, { domid, uuid: uuid ?? '' });
      await house.start();
      assert.deepEqual(await end(off), ['failed', 'undone']);
      assert.deepEqual(house.toolstack.calls, []);
      await house.stop();
      disk = new MemoryDisk();
      house.parts = { disk, host };
      house.toolstack.domains.clear();
      const start = await old('start', 6, null);
      await house.start();
      assert.deepEqual(await end(start), ['failed', 'undone']);
      assert.deepEqual(house.toolstack.calls, []);
    });

    it('is done when the half was only restarted, as for an upgrade', async () => {
      const id = await old('start', 1, null);
      await house.start();
      assert.deepEqual(await end(id), ['done', undefined]);
    });
  });

  it('that the toolstack refuses is reported as before', async () => {
    await house.start();
    house.toolstack.on.set('create', () => Promise.resolve(refusal('toolstack-failed', 'no memory')));
    assert.deepEqual(await end((await post('horatio', 'start')).id), ['failed', 'toolstack-failed']);
  });
});
