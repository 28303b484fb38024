import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { duplexPair } from 'node:stream';
import { text } from 'node:stream/consumers';
import xterm from '@xterm/headless';
import { parseBootProfileName, parseDomainName } from '../../../policy/names.js';
import { Consoles } from '../../../server/dom0/consoles/consoles.js';
import type { ConsolesParts } from '../../../server/dom0/consoles/consoles.js';
import { inheritedDescriptors } from '../../../server/dom0/process/pty.js';
import { CLEAN_SCREEN, NEW_INCARNATION } from '../../../server/dom0/screens/screen-reset.js';
import { eventually } from '../../support/eventually.js';
import { ConsoleDoor } from './console-peer.js';
import type { ConsolePeer } from './console-peer.js';
import { StandIn } from './stand-in.js';
import type { Guest } from './stand-in.js';

const horatio = parseDomainName('horatio')!;
const ophelia = parseDomainName('ophelia')!;
const normal = parseBootProfileName('normal')!;
const silent = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};
const soon = { everyMs: 2 };

const write = { mode: 'write', cols: '80', rows: '24', label: 'alice' };
const watch = { mode: 'watch', cols: '80', rows: '24', label: 'bob' };

/** The lines that a terminal shows after these bytes. */
async function shown(bytes: Buffer, cols = 80, rows = 24): Promise<string> {
  const terminal = new xterm.Terminal({ cols, rows, scrollback: 0, allowProposedApi: true });
  await new Promise<void>((resolve) => {
    terminal.write(bytes, resolve);
  });
  const lines = Array.from({ length: rows }, (_, y) =>
    terminal.buffer.active.getLine(y)!.translateToString(true),
  );
  terminal.dispose();
  return lines.join('\n').trimEnd();
}

describe('Consoles', () => {
  let standIn: StandIn;
  let door: ConsoleDoor;
  let consoles: Consoles;

  const start = (parts: Partial<ConsolesParts> = {}): void => {
    const command = (domid: number): ReturnType<StandIn['command']> => standIn.command(domid);
    const timing = {
      line: { retry: 20, lastRetry: 40, attach: 60_000 },
      idle: 30,
      screens: { paint: 60_000 },
    };
    consoles = new Consoles({
      command,
      whose: () => Promise.resolve('same'),
      passesEscape: false,
      attach: 'always',
      announceAdmins: true,
      logger: silent,
      timing,
      ...parts,
    });
  };

  const running = async (domid = 1): Promise<Guest> => {
    assert.equal(await consoles.attach(horatio, domid, 'u1'), 'attached');
    consoles.observed(horatio, { uuid: 'u1', domid }, 'running', normal);
    return standIn.guest(domid);
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
    assert.deepEqual(inheritedDescriptors(), [], 'every console process has ended');
  });

  describe('the line', () => {
    it('is attached before a domain created paused says its first byte', async () => {
      assert.equal(await consoles.attach(horatio, 1, 'u1'), 'attached');
      assert.equal(consoles.state(horatio), 'attached');
      const guest = await standIn.guest(1);
      const alice = await joined(write);
      guest.say('Linux version 6.1.0');
      await alice.sees('Linux version 6.1.0');
      alice.type('root\r');
      await eventually('the typing', () => guest.typed === 'root\r', soon);
      assert.equal(await consoles.attach(horatio, 1, 'u1'), 'attached', 'the second time at once');
    });

    it("shows and types nothing where the domid is somebody else's by now, and waits while that cannot be asked", async () => {
      await consoles.dispose();
      let owner: 'same' | 'other' | 'unknown' = 'other';
      let asked = 0;
      const whose = (): Promise<typeof owner> => {
        asked += 1;
        return Promise.resolve(owner);
      };
      start({ whose });
      consoles.observed(horatio, { uuid: 'u1', domid: 1 }, 'running', normal);
      const others = await standIn.guest(1);
      others.say('yorick login: ');
      const alice = await joined(write);
      alice.type('root\r');
      await eventually('another try', () => asked > 1, soon);
      assert.equal(consoles.state(horatio), 'detached');
      owner = 'unknown';
      await eventually('a question without an answer', () => asked > 3, soon);
      assert.equal(consoles.state(horatio), 'detached');
      assert.equal(others.typed, '');
      assert.equal(consoles.log(horatio, null).length, 0);
    });

    for (const [owner, shows] of [
      ['same', 'horatio login: '],
      ['other', ''],
      ['unknown', ''],
    ] as const) {
      it(`asks for the proof of a client that it closes before one: of ${owner} it shows ${shows === '' ? 'nothing' : 'all'}`, async () => {
        await consoles.dispose();
        const said = join(standIn.folder, 'said');
        const line = `stty raw -echo; printf 'horatio login: '; : >${said}; exec sleep 60`;
        const env = { PATH: '/usr/bin:/bin' };
        let isClosing = false;
        start({
          command: () => ({ file: '/bin/sh', args: ['-c', line], env, cwd: '/' }),
          whose: () => Promise.resolve(isClosing ? owner : 'unknown'),
        });
        consoles.observed(horatio, { uuid: 'u1', domid: 1 }, 'running', normal);
        await eventually('the words of the guest', () => existsSync(said), soon);
        isClosing = true;
        await consoles.release(horatio, { seconds: 60, admin: 'root' });
        assert.equal(consoles.log(horatio, null).toString(), shows);
        assert.equal(consoles.state(horatio), 'locked');
      });
    }

    it('begins with the running boot from its first byte where that is asked for, and never with the boot before', async () => {
      const seen = async (query: Record<string, string>): Promise<ConsolePeer> => {
        const peer = door.peer('horatio', query);
        await peer.note('painted');
        return peer;
      };
      consoles.observed(horatio, { uuid: 'u1', domid: 1 }, 'running', normal);
      const first = await standIn.guest(1);
      first.say('the boot before\r\n');
      await eventually('its output', () => consoles.log(horatio, null).includes('before'), soon);
      first.socket.end();
      consoles.observed(horatio, null, 'off', normal);
      const old = await seen({ ...watch, boot: '1' });
      assert.equal(await shown(old.bytes), '', 'what is off, and may just be made anew, has said nothing');
      assert.equal(await consoles.attach(horatio, 2, 'u1'), 'attached');
      const quiet = await seen({ ...watch, boot: '1' });
      assert.equal(await shown(quiet.bytes), '', 'it has said nothing yet');
      const second = await standIn.guest(2);
      const lines = Array.from({ length: 300 }, (_, at) => `line ${at}\r\n`).join('');
      second.say(`first byte\x1b[c\r\n${lines}last`);
      await eventually('all of it', () => consoles.log(horatio, null).includes('last'), soon);
      const late = await seen({ ...watch, boot: '1' });
      const text = late.bytes.toString('latin1');
      assert.ok(
        text.includes('first byte\r\n') && text.endsWith('last'),
        'nothing is left out, no query is in it',
      );
      assert.ok(text.includes(lines) && !text.includes('before'));
      await eventually('the one before it', () => quiet.bytes.includes('last'), soon);
      assert.ok((await shown((await seen(watch)).bytes)).startsWith('line 277'), 'else: the screen');
      const after = new Date(Date.now() + 1).toISOString();
      await eventually('another millisecond', () => Date.now() > Date.parse(after), { everyMs: 1 });
      const newcomer = await seen({ ...watch, boot: '1', since: after });
      assert.equal(await shown(newcomer.bytes), '', 'nothing from before a time');
    });

    it('shows nothing of the boot before in a later picture either, when it began with a boot', async () => {
      consoles.observed(horatio, { uuid: 'u1', domid: 1 }, 'running', normal);
      const first = await standIn.guest(1);
      first.say('the boot before\r\nlogin: ');
      await eventually('its output', () => consoles.log(horatio, null).includes('login'), soon);
      first.socket.end();
      consoles.observed(horatio, null, 'off', normal);
      const peer = door.peer('horatio', { ...watch, boot: '1' });
      await peer.note('painted');
      assert.equal(await consoles.attach(horatio, 2, 'u1'), 'attached');
      const pictures = (): number => peer.notes.filter(({ note }) => note === 'painted').length;
      const repainted = async (): Promise<string> => {
        const before = pictures();
        peer.forget();
        peer.ask({ note: 'repaint' });
        await eventually('the picture', () => pictures() > before, soon);
        return shown(peer.bytes);
      };
      assert.equal(await repainted(), '', 'it has said nothing yet');
      const second = await standIn.guest(2);
      second.say('first byte\r\nlast');
      await eventually('all of it', () => consoles.log(horatio, null).includes('last'), soon);
      assert.equal(await repainted(), 'first byte\nlast');
    });

    it('reads the screen as text without joining, tells which boot it is of, and nothing from before a time', async () => {
      const rescue = parseBootProfileName('rescue')!;
      const first = { uuid: 'u1', domid: 1 };
      consoles.observed(horatio, first, 'running', rescue);
      const guest = await standIn.guest(1);
      assert.deepEqual((await consoles.readScreen(horatio, null))?.outputAt, null);
      guest.say('\x1b[2;1Hrescue system ready   ');
      await eventually('the text', async () =>
        (await consoles.readScreen(horatio, null))?.lines.includes('rescue system ready'),
      );
      const seen = await consoles.readScreen(horatio, null);
      assert.ok(seen?.outputAt);
      const { lines, outputAt, ...around } = seen;
      assert.deepEqual(lines, ['', 'rescue system ready', ...Array.from({ length: 22 }, () => '')]);
      const cursor = { row: 1, column: 22, visible: true };
      const size = { cols: 80, rows: 24, cursor, alternate: false };
      const boot = { profile: 'rescue', over: false };
      assert.deepEqual(around, { ...size, state: 'running', console: 'attached', boot });

      const later = Date.parse(outputAt) + 1;
      const hidden = { lines: lines.map(() => ''), boot: null, outputAt: null };
      const none = await consoles.readScreen(horatio, later);
      assert.deepEqual({ lines: none?.lines, boot: none?.boot, outputAt: none?.outputAt }, hidden);

      guest.socket.end();
      consoles.observed(horatio, null, 'off', normal);
      const off = await consoles.readScreen(horatio, null);
      assert.deepEqual([off?.lines[1], off?.state], ['rescue system ready', 'off']);
      assert.deepEqual(off?.boot, { profile: 'rescue', over: true });

      consoles.observed(horatio, { uuid: 'u1', domid: 2 }, 'running', normal);
      const second = await standIn.guest(2);
      await eventually('the next console', () => consoles.state(horatio) === 'attached', soon);
      const silent = await consoles.readScreen(horatio, null);
      assert.deepEqual([silent?.state, silent?.boot], ['running', { profile: 'rescue', over: true }]);
      const stillNone = await consoles.readScreen(horatio, later);
      assert.deepEqual([stillNone?.boot, stillNone?.outputAt], [null, null], 'a boot is no output');
      second.say('hello again');
      await eventually('the next boot', async () => {
        const now = await consoles.readScreen(horatio, later);
        return now?.lines.includes('hello again') === true && now.boot?.profile === normal && !now.boot.over;
      });
      assert.ok(!(await consoles.readScreen(horatio, later))?.lines.includes('rescue system ready'));
    });

    it('goes on after a migration within the host: the screen stays, a note says so, and no boot is told', async () => {
      consoles.observed(horatio, { uuid: 'u1', domid: 1 }, 'running', normal);
      const before = await standIn.guest(1);
      const alice = await joined(write);
      before.say('horatio login: ');
      await alice.sees('horatio login: ');
      consoles.observed(horatio, { uuid: 'u1', domid: 2, bornAs: 1 }, 'running', normal);
      const after = await standIn.guest(2);
      await alice.note('moved');
      const { state, boot } = (await consoles.readScreen(horatio, null)) ?? {};
      assert.deepEqual([state, boot], ['running', { profile: 'normal', over: false }]);
      after.say('root');
      await alice.sees('horatio login: root');
      alice.type('x');
      await eventually('the typing', () => after.typed === 'x', soon);
      assert.ok(!alice.notes.some(({ note }) => note === 'boot' || note === 'ended'));
      assert.ok(!alice.bytes.includes(NEW_INCARNATION));
    });

    it('keeps the attachment through a reboot, and shows the new boot from its first byte, none doubled', async () => {
      consoles.observed(horatio, { uuid: 'u1', domid: 1 }, 'running', normal);
      const first = await standIn.guest(1);
      const alice = await joined(write);
      await alice.note('state', (note) => note.console === 'attached');
      const last = `going down\r\n${'z'.repeat(20_000)}`;
      first.say(last);
      first.socket.end();
      consoles.observed(horatio, null, 'rebooting', normal);
      consoles.observed(horatio, { uuid: 'u1', domid: 2 }, 'running', normal);
      const second = await standIn.guest(2);
      const boot = `first line\r\n${'y'.repeat(100_000)}last line`;
      second.say(boot);
      await alice.sees('last line');
      const whole = alice.text.slice(
        alice.text.lastIndexOf(CLEAN_SCREEN) < 0 ? 0 : alice.text.lastIndexOf('H') + 1,
      );
      assert.ok(whole.endsWith(`${last}${NEW_INCARNATION}${boot}`));
      alice.type('x');
      await eventually('typing into the new one', () => second.typed === 'x', soon);
      assert.equal(first.typed, '');
    });

    it('tells of the time between two boots: who is there, who comes meanwhile, and that what stands is no prompt', async () => {
      consoles.observed(horatio, { uuid: 'u1', domid: 1 }, 'running', normal);
      const first = await standIn.guest(1);
      const alice = await joined(write);
      first.say('horatio login: ');
      await alice.sees('horatio login: ');
      alice.ask({ note: 'screen' });
      const live = await alice.note('screen', ({ screen }) => screen !== null);
      assert.equal(live.screen?.lines.at(-1), 'horatio login: ');
      first.socket.end();
      consoles.observed(horatio, null, 'off', normal);
      const since = Date.parse('2026-11-21T17:04:10.000Z');
      consoles.observed(horatio, { uuid: 'u1', domid: 2 }, 'running', normal, since);
      const second = await standIn.guest(2);
      const began = { note: 'boot', began: '2026-11-21T17:04:10.000Z' } as const;
      assert.deepEqual(await alice.note('boot'), { ...began, silent: true });
      const asked = alice.notes.length;
      alice.ask({ note: 'screen' });
      const screen = await eventually('an answer', () =>
        alice.notes.slice(asked).find(({ note }) => note === 'screen'),
      );
      assert.deepEqual(
        screen,
        { note: 'screen', screen: null },
        'the old prompt is no shell of the new boot',
      );
      const bob = await joined(watch);
      assert.deepEqual(await bob.note('boot'), { ...began, silent: true });
      second.say('[    0.000000] Linux');
      for (const peer of [alice, bob]) {
        await peer.note('boot', ({ silent }) => !silent);
        await peer.sees('[    0.000000] Linux');
        const spoken = peer.order.findIndex((one) => one !== 'bytes' && one.note === 'boot' && !one.silent);
        assert.deepEqual(
          peer.order.slice(spoken),
          [{ ...began, silent: false }, 'bytes'],
          'it comes before the byte',
        );
      }
      const carol = await joined({ ...watch, label: 'carol' });
      second.say('\r\nmore');
      await carol.sees('more');
      for (const { notes } of [alice, bob, carol])
        assert.ok(notes.filter(({ note }) => note === 'boot').length <= 2, 'each is told once');
      assert.ok(!carol.notes.some(({ note }) => note === 'boot'), 'there is nothing between them any more');
      assert.equal(
        await shown(alice.bytes),
        'horatio login: [    0.000000] Linux\nmore',
        'the screen is the guest’s',
      );
    });

    it('says nothing to who comes of a boot that is over without a word', async () => {
      const alice = await joined(write);
      const first = await running(1);
      first.say('login: ');
      await alice.sees('login: ');
      first.socket.end();
      assert.equal(await consoles.attach(horatio, 2, 'u1'), 'attached');
      await alice.note('boot');
      (await standIn.guest(2)).socket.end();
      consoles.observed(horatio, null, 'off', normal);
      const bob = await joined(watch);
      await bob.note('painted');
      assert.ok(!bob.notes.some(({ note }) => note === 'boot'), 'it is off, and nothing has started');
    });

    it('says of a boot that it saw begin when it began, and nothing of the first one it knows', async () => {
      const alice = await joined(write);
      const before = Date.now();
      const guest = await running(1);
      guest.say('login: ');
      await alice.sees('login: ');
      assert.ok(!alice.notes.some(({ note }) => note === 'boot'));
      guest.socket.end();
      assert.equal(await consoles.attach(horatio, 2, 'u1'), 'attached');
      const { began } = await alice.note('boot');
      assert.ok(Date.parse(began) >= before && Date.parse(began) <= Date.now());
    });

    it('is locked while an admin has the console, shows none of its words, and is had when they leave', async () => {
      const states: string[] = [];
      consoles.onState((name, state) => states.push(`${name} ${state}`));
      const unlock = standIn.lock(1);
      assert.equal(await consoles.attach(horatio, 1, 'u1'), 'locked');
      assert.equal(consoles.state(horatio), 'locked');
      const alice = await joined(write);
      await alice.note('state', (note) => note.console === 'locked');
      unlock();
      const guest = await standIn.guest(1);
      guest.say('hello');
      await alice.sees('hello');
      assert.equal(consoles.state(horatio), 'attached');
      assert.doesNotMatch(alice.text, /lock/);
      assert.equal(consoles.log(horatio, null).toString(), 'hello');
      assert.deepEqual(states, ['horatio locked', 'horatio attached']);
    });

    it('is opened again when it ends while the domain runs', async () => {
      const first = await running();
      const alice = await joined(write);
      first.socket.destroy();
      const second = await standIn.guest(1, 1);
      second.say('again');
      await alice.sees('again');
      assert.ok(!alice.text.includes(NEW_INCARNATION), 'it is the same incarnation');
    });

    it('is not opened again for a domain that goes down', async () => {
      const guest = await running();
      consoles.observed(horatio, { uuid: 'u1', domid: 1 }, 'shutting-down', normal);
      guest.socket.end();
      await eventually('the end', () => consoles.state(horatio) === 'detached', soon);
      await new Promise((resolve) => setTimeout(resolve, 150));
      assert.equal(standIn.guests.length, 1);
    });

    it('fails, and says so, when there is no such domain or no such program', async () => {
      standIn.refuse = true;
      assert.equal(await consoles.attach(horatio, 1, 'u1'), 'failed');
      await consoles.dispose();
      start({ command: () => ({ file: '/nonexistent/xl', args: [], env: {}, cwd: '/' }) });
      assert.equal(await consoles.attach(horatio, 1, 'u1'), 'failed');
      assert.equal(consoles.log(horatio, null).length, 0, "the toolstack's words are none of the console's");
    });

    it('gives up waiting for a console that never attaches, and none of what it printed is shown', async () => {
      await consoles.dispose();
      const command = {
        file: '/bin/sh',
        args: ['-c', 'echo waiting; sleep 60'],
        env: { PATH: '/bin:/usr/bin' },
        cwd: '/',
      };
      start({ command: () => command, timing: { line: { attach: 120 } } });
      assert.equal(await consoles.attach(horatio, 1, 'u1'), 'failed');
      assert.equal(consoles.state(horatio), 'detached');
      assert.equal(consoles.log(horatio, null).length, 0);
    });

    it('follows what it was told last, not an observation from before', async () => {
      consoles.observed(horatio, { uuid: 'u1', domid: 1 }, 'running', normal);
      const old = await standIn.guest(1);
      old.socket.end();
      assert.equal(await consoles.attach(horatio, 2, 'u2'), 'attached');
      consoles.observed(horatio, { uuid: 'u1', domid: 1 }, 'shutting-down', normal);
      consoles.observed(horatio, null, 'off', normal);
      consoles.observed(horatio, { uuid: 'u2', domid: 2 }, 'paused', normal);
      const guest = await standIn.guest(2);
      const alice = await joined(write);
      guest.say('unpaused');
      await alice.sees('unpaused');
      assert.equal(standIn.guests.length, 2);
    });

    it('on demand is open while somebody is there, and not long after', async () => {
      await consoles.dispose();
      start({ attach: 'on-demand' });
      consoles.observed(horatio, { uuid: 'u1', domid: 1 }, 'running', normal);
      const alice = await joined(write);
      alice.type('early');
      const guest = await standIn.guest(1);
      await eventually('what was typed before it was open', () => guest.typed === 'early', soon);
      alice.leave();
      await eventually('the letting go', () => consoles.state(horatio) === 'detached', soon);
      consoles.observed(horatio, { uuid: 'u1', domid: 1 }, 'paused', normal);
      const again = await joined(write);
      await standIn.guest(1, 1);
      again.leave();
    });
  });

  describe('those at it', () => {
    it('all see the same, and know of each other', async () => {
      const guest = await running();
      const alice = await joined(write);
      const bob = await joined(watch);
      const attached = await bob.note('attached');
      assert.deepEqual(
        attached.present.map(({ label, mode }) => [label, mode]),
        [['alice', 'write']],
      );
      assert.equal((await alice.note('joined')).who.label, 'bob');
      guest.say('to everybody');
      await Promise.all([alice.sees('to everybody'), bob.sees('to everybody')]);
      bob.leave();
      assert.equal((await alice.note('left')).who.label, 'bob');
    });

    it('have one writer at most: what others type goes nowhere', async () => {
      const guest = await running();
      const alice = await joined(write);
      const second = await joined({ ...write, label: 'carol' });
      assert.equal((await second.note('attached')).mode, 'watch');
      const bob = await joined(watch);
      second.type('carol types');
      bob.type('bob types');
      second.ask({ note: 'ping' });
      bob.ask({ note: 'ping' });
      await Promise.all([second.note('pong'), bob.note('pong')]);
      alice.type('alice types');
      await eventually('the typing', () => guest.typed === 'alice types', soon);
    });

    it('can take the keyboard over, and everybody is told', async () => {
      const guest = await running();
      const alice = await joined(write);
      const bob = await joined({ ...watch, cols: '100', rows: '30' });
      bob.ask({ note: 'takeover' });
      const { attachment } = await bob.note('attached');
      await Promise.all(
        [alice, bob].map((peer) => peer.note('writer', (note) => note.attachment === attachment)),
      );
      assert.ok(!alice.notes.some(({ note }) => note === 'resized'), 'the guest knows nothing of it');
      alice.type('no longer');
      bob.type('bob types');
      await eventually('the typing', () => guest.typed === 'bob types', soon);
      const carol = await joined({ ...write, label: 'carol', takeover: '1' });
      assert.equal((await carol.note('attached')).mode, 'write');
      await bob.note('writer', (note) => note.label === 'carol');
      carol.type('; carol types');
      await eventually('the typing', () => guest.typed === 'bob types; carol types', soon);
    });

    it('get a keyboard that nobody holds by typing, if they came to write', async () => {
      const guest = await running();
      const alice = await joined(write);
      const carol = await joined({ ...write, label: 'carol' });
      const bob = await joined(watch);
      alice.leave();
      await carol.note('writer', (note) => note.attachment === null);
      bob.type('bob');
      carol.type('\x1b[24;80R');
      carol.ask({ note: 'ping' });
      bob.ask({ note: 'ping' });
      await Promise.all([carol.note('pong'), bob.note('pong')]);
      assert.equal(guest.typed, '', "neither a watcher nor a terminal's answer takes it");
      carol.type('carol');
      await carol.note('writer', (note) => note.label === 'carol');
      await eventually('the typing', () => guest.typed === 'carol', soon);
    });

    it('who gave the keyboard back does not get it again by typing', async () => {
      const guest = await running();
      const alice = await joined(write);
      alice.ask({ note: 'release' });
      await alice.note('writer', (note) => note.attachment === null);
      alice.type('x');
      alice.ask({ note: 'takeover' });
      await alice.note('writer', (note) => note.attachment !== null);
      alice.type('y');
      await eventually('the typing', () => guest.typed === 'y', soon);
    });

    it('never send Ctrl-] to the toolstack, wherever the bytes are cut', async () => {
      const guest = await running();
      const alice = await joined(write);
      const typed = '\x1da\x1d\x1db\x1d';
      for (let cut = 0; cut <= typed.length; cut++) {
        alice.type(typed.slice(0, cut));
        alice.type(typed.slice(cut));
      }
      for (const byte of typed) alice.type(byte);
      await eventually('the typing', () => guest.typed.length >= 16, soon);
      assert.equal(guest.typed, 'ab'.repeat(8));
      assert.equal(consoles.state(horatio), 'attached');
    });

    it('may send it where the toolstack was told another escape, and then never that one', async () => {
      await consoles.dispose();
      const cat = {
        file: '/bin/sh',
        args: ['-c', 'stty raw -echo; exec cat'],
        env: { PATH: '/bin:/usr/bin' },
        cwd: '/',
      };
      start({ passesEscape: true, command: () => cat });
      await consoles.attach(horatio, 1, 'u1');
      const alice = await joined(write);
      alice.type('\x1ea\x1d\x1eb\x1e');
      await alice.sees('a\x1db');
    });

    it('are at most so many at one console', async () => {
      await running();
      const peers = Array.from({ length: 32 }, () => door.peer('horatio', watch));
      await Promise.all(peers.map((peer) => peer.note('attached')));
      const oneMore = door.peer('horatio', watch);
      await eventually('the refusal', () => oneMore.head.includes('503'), soon);
      const nonsense = door.peer('horatio', { mode: 'root' });
      await eventually('the refusal', () => nonsense.head.includes('400'), soon);
      peers[0]!.leave();
    });

    it('are told of a restart when dom0 stops, and not that the console is full', async () => {
      await consoles.dispose();
      const [ours, theirs] = duplexPair();
      consoles.accept(horatio, new URLSearchParams(watch), theirs, Buffer.alloc(0));
      assert.match(await text(ours), /^HTTP\/1\.1 503 [\s\S]*"code":"host-unreachable"/);
    });

    it('one who breaks the protocol ends alone', async () => {
      const guest = await running();
      const alice = await joined(write);
      const rogue = await joined(watch);
      rogue.socket.write(Buffer.alloc(64, 0xff));
      assert.equal((await rogue.note('ended')).reason, 'protocol');
      guest.say('still here');
      await alice.sees('still here');
    });
  });

  describe('the screen', () => {
    it('is shown to a newcomer as one sees it who was there all the time', async () => {
      const guest = await running();
      const alice = await joined(write);
      guest.say('login: root\r\n\x1b[?1049h\x1b[2J\x1b[5;10H\x1b[1;32mgreen\x1b[0m\x1b[24;1H-- INSERT --');
      await alice.sees('INSERT --');
      const bob = door.peer('horatio', watch);
      await bob.sees('INSERT --');
      guest.say('\x1b[6;10Hmore');
      await Promise.all([alice.sees('more'), bob.sees('more')]);
      assert.equal(await shown(bob.bytes), await shown(alice.bytes));
      guest.say('\x1b[?1049l$ ');
      await Promise.all([alice.sees('$ '), bob.sees('$ ')]);
      assert.match(await shown(bob.bytes), /^login: root\n\$/);
    });

    it('misses and doubles no byte for those who come while the guest talks', async () => {
      const guest = await running();
      let counter = 0;
      const talk = setInterval(() => {
        for (let i = 0; i < 20; i++) guest.say(`${counter++}\r\n`);
      }, 1);
      const peers: ConsolePeer[] = [];
      for (let i = 0; i < 8; i++) {
        const peer = door.peer('horatio', watch);
        peers.push(peer);
        await peer.sees(CLEAN_SCREEN);
      }
      clearInterval(talk);
      guest.say('END');
      await Promise.all(peers.map((peer) => peer.sees('END')));
      for (const peer of peers) {
        const numbers = (await shown(peer.bytes, 80, 24)).split('\n').map(Number).slice(0, -1);
        for (const [i, number] of numbers.entries()) assert.equal(number, numbers[0]! + i);
        const live = peer.text.match(/(?<=\n)\d+(?=\r)/g)!.map(Number);
        for (const [i, number] of live.entries()) assert.equal(number, live[0]! + i);
      }
    });

    it('has the size that the guest was told, whatever the windows are', async () => {
      const guest = await running();
      const alice = await joined({ ...write, cols: '40', rows: '10' });
      const first = await alice.note('attached');
      assert.deepEqual([first.cols, first.rows], [80, 24]);
      const bob = await joined(watch);
      alice.ask({ note: 'resize', cols: 90, rows: 25 });
      bob.ask({ note: 'resize', cols: 132, rows: 43, told: true });
      alice.ask({ note: 'resize', cols: 132, rows: 43, told: true });
      assert.equal((await bob.note('resized')).cols, 132);
      assert.equal(
        bob.notes.filter(({ note }) => note === 'resized').length,
        1,
        'by who has the keyboard alone',
      );
      guest.say('\x1b[999;999H*');
      await bob.sees('*');
      const carol = await joined({ ...watch, cols: '132', rows: '43', label: 'carol' });
      assert.equal((await carol.note('attached')).rows, 43);
      // On a busy machine the emulator may lag, and only the raw bytes are available.
      const asks = (who: ConsolePeer, text: string): Promise<unknown> =>
        eventually(
          JSON.stringify(text),
          () => {
            who.ask({ note: 'repaint' });
            return who.text.includes(text);
          },
          { everyMs: 200 },
        );
      await asks(carol, '\x1b[43;132H');
      const dave = await joined({ ...watch, label: 'dave' });
      await asks(dave, '\x1b[24;80H');
      assert.ok(!dave.text.includes('\x1b[43;132H'), 'in a smaller window it stands in its own corner');
    });

    it('shows nothing that was said before one had a right to see it', async () => {
      const guest = await running();
      const owner = await joined(write);
      guest.say('root password: SECRET\r\n');
      await owner.sees('SECRET');
      await new Promise((resolve) => setTimeout(resolve, 5));
      const since = new Date().toISOString();
      const next = door.peer('horatio', { ...watch, label: 'next', since });
      await next.sees(CLEAN_SCREEN);
      guest.say('hello, new owner');
      await next.sees('hello, new owner');
      next.ask({ note: 'repaint' });
      await eventually('the second repaint', () => next.text.split(CLEAN_SCREEN).length > 2, soon);
      assert.doesNotMatch(next.text, /SECRET/);
      assert.match(await shown(next.bytes), /^hello, new owner$/);
      assert.equal(consoles.log(horatio, Date.parse(since)).toString(), 'hello, new owner');
    });

    it('is forgotten with its domain, and those at it are told', async () => {
      const guest = await running();
      const alice = await joined(write);
      guest.say('SECRET');
      await alice.sees('SECRET');
      consoles.forget(horatio);
      assert.equal((await alice.note('ended')).reason, 'domain-gone');
      assert.equal(consoles.log(horatio, null).length, 0);
      const bob = await joined(watch);
      assert.doesNotMatch(bob.text, /SECRET/);
      await eventually('the end of its console', () => inheritedDescriptors().length === 0, soon);
    });

    it('is made from the raw bytes when the emulators are late, without what a terminal would answer', async () => {
      await consoles.dispose();
      start({ timing: { screens: { paint: 0 }, line: { attach: 60_000 } } });
      const guest = await running();
      guest.say('late\x1b[6n but there\r\n');
      const alice = door.peer('horatio', write);
      await eventually('the bytes', () => consoles.log(horatio, null).length === 20, soon);
      alice.ask({ note: 'repaint' });
      await alice.sees('late but there');
      alice.type('x');
      await eventually('the typing', () => guest.typed === 'x', soon);
    });
  });

  describe('a flood', () => {
    it('ends in the right screen for one who is slow, and harms nobody', async () => {
      const guest = await running();
      assert.equal(await consoles.attach(ophelia, 7, 'u7'), 'attached');
      const other = await standIn.guest(7);
      const slow = await joined(watch);
      slow.socket.pause();
      const line = Buffer.alloc(64 * 1024, 'flood and more flood\r\n');
      const before = process.memoryUsage().rss;
      for (let i = 0; i < 400; i++)
        if (!guest.socket.write(line)) await new Promise((r) => guest.socket.once('drain', r));
      const bystander = door.peer('ophelia', { ...write, label: 'bystander' });
      await bystander.note('attached');
      bystander.type('typed meanwhile');
      await eventually('the typing', () => other.typed === 'typed meanwhile', soon);
      guest.say('\x1b[2J\x1b[HTHE END');
      slow.socket.resume();
      await slow.sees('THE END');
      assert.match(await shown(slow.bytes), /^THE END$/);

      await slow.note('skipped', (note) => note.bytes > 10 * 1024 * 1024);
      const grown = (process.memoryUsage().rss - before) / 1024 / 1024;
      assert.ok(grown < 120, `${grown} MiB more after a flood of 25`);
      assert.ok(consoles.log(horatio, null).length <= 256 * 1024);
    });
  });
});
