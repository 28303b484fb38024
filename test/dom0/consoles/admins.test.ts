import assert from 'node:assert/strict';
import { parseBootProfileName, parseDomainName } from '../../../policy/names.js';
import type { AdminAct } from '../../../server/dom0/consoles/admin-act.js';
import { Consoles } from '../../../server/dom0/consoles/consoles.js';
import type { ConsolesParts } from '../../../server/dom0/consoles/consoles.js';
import { eventually } from '../../support/eventually.js';
import { silentLogger } from '../../support/silent-logger.js';
import { ConsoleDoor } from './console-peer.js';
import type { ConsolePeer } from './console-peer.js';
import { StandIn } from './stand-in.js';
import type { Guest } from './stand-in.js';

const horatio = parseDomainName('horatio')!;
const ophelia = parseDomainName('ophelia')!;
const normal = parseBootProfileName('normal')!;
const soon = { everyMs: 2 };
const ALICE = { mode: 'write', cols: '80', rows: '24', label: 'alice' };
const ADA = { mode: 'watch', cols: '80', rows: '24', label: 'admin ada', admin: 'ada' };

/** Seconds; far longer than any test waits. */
const LONG = 3_600;

describe('admins at consoles', () => {
  let standIn: StandIn;
  let door: ConsoleDoor;
  let consoles: Consoles;
  let acts: (readonly [AdminAct, string])[];

  const start = (parts: Partial<ConsolesParts> = {}): void => {
    consoles = new Consoles({
      command: (domid) => standIn.command(domid),
      whose: () => Promise.resolve('same'),
      passesEscape: false,
      attach: 'always',
      announceAdmins: true,
      logger: silentLogger,
      timing: { line: { retry: 20, lastRetry: 40, attach: 60_000 }, screens: { paint: 60_000 } },
      ...parts,
    });
    acts = [];
    consoles.onAdminAct((act, domain, admin) => {
      if (domain === horatio) acts.push([act, admin]);
    });
  };

  const running = async (): Promise<Guest> => {
    assert.equal(await consoles.attach(horatio, 1, 'u1'), 'attached');
    consoles.observed(horatio, { uuid: 'u1', domid: 1 }, 'running', normal);
    return standIn.guest(1);
  };

  /** Releases another console and gets it back. Anything that happens by itself has happened by then. */
  const meanwhile = async (): Promise<void> => {
    assert.equal(await consoles.attach(ophelia, 9, 'o1'), 'attached');
    // Attached means that its terminal is raw. The stand-in says only after that who it is.
    await standIn.guest(9);
    await consoles.release(ophelia, { seconds: 0.1, admin: 'ada' });
    await standIn.guest(9, 1);
  };

  const joined = async (query: Record<string, string>): Promise<ConsolePeer> => {
    const peer = door.peer('horatio', query);
    await peer.note('attached');
    return peer.painted();
  };

  beforeEach(async () => {
    standIn = await StandIn.start();
    door = await ConsoleDoor.open(standIn.folder, () => consoles);
    start();
  });

  afterEach(async () => {
    door.close();
    await consoles.dispose();
    standIn.stop();
  });

  describe('who want it for their own client', () => {
    it('have it when the answer comes, and it comes back by itself, once they have left it', async () => {
      const guest = await running();
      const alice = await joined(ALICE);
      let left = false;
      guest.socket.on('close', () => (left = true));
      await consoles.release(horatio, { seconds: 0.3, admin: 'ada' });
      await eventually('our client to have gone', () => left, soon);
      await alice.note('state', (note) => note.console === 'locked');
      assert.equal(consoles.state(horatio), 'locked');
      const unlock = standIn.lock(1);
      alice.type('lost');
      // The time is over: the half tries again while the console is locked.
      await eventually('a try', () => standIn.refused > 1, soon);
      assert.equal(consoles.state(horatio), 'locked');
      unlock();
      const again = await standIn.guest(1, 1);
      await alice.note('state', (note) => note.console === 'attached' && note !== alice.notes[1]);
      again.say('well met again');
      await alice.sees('well met again');
      assert.equal(again.typed, '');
      assert.ok(
        !alice.notes.some((note) => note.note === 'state' && note.console === 'detached'),
        'nobody is told that it is off',
      );
    });

    it('give it back before', async () => {
      await running();
      await consoles.release(horatio, { seconds: LONG, admin: 'ada' });
      assert.equal(consoles.state(horatio), 'locked');
      assert.equal(await consoles.release(horatio, { seconds: 0, admin: 'ada' }), null);
      await eventually('it to be had', () => consoles.state(horatio) === 'attached', soon);
      assert.deepEqual(acts, [
        [{ act: 'console-released', seconds: LONG }, 'ada'],
        [{ act: 'console-taken-back' }, 'ada'],
      ]);
    });

    it('can have it for longer than they first said', async () => {
      await running();
      await consoles.release(horatio, { seconds: 0.05, admin: 'ada' });
      const until = await consoles.release(horatio, { seconds: LONG, admin: 'ada' });
      assert.ok((until ?? 0) > Date.now() + (LONG - 60) * 1000);
      await meanwhile();
      assert.equal(consoles.state(horatio), 'locked');
      assert.equal(standIn.guests.filter(({ domid }) => domid === 1).length, 1);
    });

    it('need not wait for the next try to have it taken back from a client that has gone', async () => {
      await consoles.dispose();
      start({ timing: { line: { retry: 60_000, attach: 60_000 } } });
      const unlock = standIn.lock(1);
      assert.equal(await consoles.attach(horatio, 1, 'u1'), 'locked');
      unlock();
      await consoles.release(horatio, { seconds: 0, admin: 'ada' });
      await eventually('it to be had', () => consoles.state(horatio) === 'attached', soon);
    });

    it('hold up no boot meanwhile, and see it by their own client', async () => {
      const guest = await running();
      await consoles.release(horatio, { seconds: LONG, admin: 'ada' });
      guest.socket.destroy();
      consoles.observed(horatio, null, 'off', normal);
      assert.equal(await consoles.attach(horatio, 2, 'u2'), 'locked', 'at once');
      consoles.observed(horatio, { uuid: 'u2', domid: 2 }, 'running', normal);
      await meanwhile();
      assert.ok(!standIn.guests.some(({ domid }) => domid === 2), 'nothing is opened');
      await consoles.release(horatio, { seconds: 0, admin: 'ada' });
      await standIn.guest(2);
      await eventually('the new one to be had', () => consoles.state(horatio) === 'attached', soon);
    });

    it('have locked nothing of a domain that has gone', async () => {
      standIn.lock(1);
      assert.equal(await consoles.attach(horatio, 1, 'u1'), 'locked');
      consoles.observed(horatio, null, 'off', normal);
      assert.equal(consoles.state(horatio), 'detached');
      await consoles.release(horatio, { seconds: LONG, admin: 'ada' });
      await consoles.release(horatio, { seconds: 0, admin: 'ada' });
      assert.equal(consoles.state(horatio), 'detached');
    });
  });

  describe('who join it', () => {
    it('are announced, and remembered with what they did', async () => {
      await running();
      const alice = await joined(ALICE);
      const ada = await joined(ADA);
      assert.equal((await alice.note('joined')).who.label, 'admin ada');
      ada.ask({ note: 'takeover' });
      await alice.note('writer', ({ label }) => label === 'admin ada');
      ada.leave();
      await alice.note('left');
      assert.deepEqual(acts, [
        [{ act: 'console-entered', mode: 'watch', announced: true }, 'ada'],
        [{ act: 'console-keyboard' }, 'ada'],
        [{ act: 'console-left' }, 'ada'],
      ]);
    });

    it('are not where that is set, until they have the keyboard; they are remembered all the same', async () => {
      await consoles.dispose();
      start({ announceAdmins: false });
      await running();
      const alice = await joined(ALICE);
      const ada = await joined(ADA);
      const bob = await joined({ ...ALICE, mode: 'watch', label: 'bob' });
      assert.deepEqual(
        (await bob.note('attached')).present.map(({ label }) => label),
        ['alice'],
      );
      assert.deepEqual(
        (await ada.note('attached')).present.map(({ label }) => label),
        ['alice'],
      );
      await alice.note('joined', ({ who }) => who.label === 'bob');
      const quiet = await joined({ ...ADA, label: 'admin eve', admin: 'eve' });
      quiet.leave();
      await eventually('eve to be gone', () => acts.length === 3, soon);
      ada.ask({ note: 'takeover' });
      await alice.note('writer', ({ label }) => label === 'admin ada');
      assert.deepEqual(
        alice.notes.flatMap((note) => ('who' in note ? [`${note.note} ${note.who.label}`] : [])),
        ['joined bob', 'joined admin ada'],
      );
      ada.leave();
      await alice.note('left', ({ who }) => who.label === 'admin ada');
      assert.deepEqual(acts[0], [{ act: 'console-entered', mode: 'watch', announced: false }, 'ada']);
      assert.deepEqual(
        acts.map(([{ act }, who]) => `${who} ${act}`),
        [
          'ada console-entered',
          'eve console-entered',
          'eve console-left',
          'ada console-keyboard',
          'ada console-left',
        ],
      );
    });

    it('are announced in any case when they come to write', async () => {
      await consoles.dispose();
      start({ announceAdmins: false });
      await running();
      const alice = await joined({ ...ALICE, mode: 'watch' });
      await joined({ ...ADA, mode: 'write' });
      assert.equal((await alice.note('joined')).who.label, 'admin ada');
      assert.deepEqual(acts, [[{ act: 'console-entered', mode: 'write', announced: true }, 'ada']]);
    });
  });
});
