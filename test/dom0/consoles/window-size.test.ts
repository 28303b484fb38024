import assert from 'node:assert/strict';
import xterm from '@xterm/headless';
import type { Terminal } from '@xterm/headless';
import { parseBootProfileName, parseDomainName } from '../../../policy/names.js';
import { Consoles } from '../../../server/dom0/consoles/consoles.js';
import { eventually } from '../../support/eventually.js';
import { silentLogger } from '../../support/silent-logger.js';
import { ConsoleDoor } from './console-peer.js';
import type { ConsolePeer } from './console-peer.js';
import { StandIn } from './stand-in.js';
import type { Guest } from './stand-in.js';

const horatio = parseDomainName('horatio')!;
const normal = parseBootProfileName('normal')!;

/** Somebody at a window: what they were sent, on a terminal of their size. */
class Window {
  readonly peer: ConsolePeer;
  readonly terminal: Terminal;
  #fed = 0;

  constructor(peer: ConsolePeer, cols: number, rows: number) {
    this.peer = peer;
    this.terminal = new xterm.Terminal({ cols, rows, scrollback: 0, allowProposedApi: true });
  }

  resize(cols: number, rows: number): void {
    this.terminal.resize(cols, rows);
    this.peer.ask({ note: 'resize', cols, rows });
  }

  async screen(): Promise<string[]> {
    const { bytes } = this.peer;
    const news = bytes.subarray(this.#fed);
    this.#fed = bytes.length;
    await new Promise<void>((resolve) => {
      this.terminal.write(news, resolve);
    });
    return screenOf(this.terminal);
  }
}

function screenOf(terminal: Terminal): string[] {
  const { active } = terminal.buffer;
  return Array.from(
    { length: terminal.rows },
    (_, y) => active.getLine(active.baseY + y)?.translateToString(false) ?? '',
  );
}

/** The upper left corner, filled up with blanks. */
function corner(screen: readonly string[], cols: number, rows: number, top = 0): string[] {
  return Array.from({ length: rows }, (_, y) => (screen[y + top] ?? '').slice(0, cols).padEnd(cols));
}

describe('windows of several sizes at one console', () => {
  let standIn: StandIn;
  let door: ConsoleDoor;
  let consoles: Consoles;
  let guest: Guest;
  let reference: Terminal;

  beforeEach(async () => {
    standIn = await StandIn.start();
    door = await ConsoleDoor.open(standIn.folder, () => consoles);
    consoles = new Consoles({
      command: (domid) => standIn.command(domid),
      whose: () => Promise.resolve('same'),
      passesEscape: false,
      attach: 'always',
      announceAdmins: true,
      logger: silentLogger,
      timing: { line: { attach: 10_000 }, screens: { paint: 10_000 } },
    });
    assert.equal(await consoles.attach(horatio, 1, 'u1'), 'attached');
    consoles.observed(horatio, { uuid: 'u1', domid: 1 }, 'running', normal);
    guest = await standIn.guest(1);
    reference = new xterm.Terminal({ cols: 80, rows: 24, scrollback: 0, allowProposedApi: true });
  });

  afterEach(async () => {
    reference.dispose();
    door.close();
    await consoles.dispose();
    standIn.stop();
  });

  async function open(mode: 'write' | 'watch', cols: number, rows: number): Promise<Window> {
    const peer = door.peer('horatio', { mode, cols: `${cols}`, rows: `${rows}`, label: `${cols}` });
    await peer.note('attached');
    return new Window(peer, cols, rows);
  }

  async function says(text: string): Promise<void> {
    guest.say(text);
    await new Promise<void>((resolve) => {
      reference.write(text, resolve);
    });
  }

  const shows = (window: Window, wanted: () => readonly string[]): Promise<unknown> =>
    eventually(`${window.terminal.cols}x${window.terminal.rows} to show it`, async () => {
      const seen = await window.screen();
      return seen.join('\n') === wanted().join('\n');
    });

  const text = (from: number, to: number): string =>
    Array.from(
      { length: to - from },
      (_, at) => `${from + at} ${'abcdefghij'.repeat((from + at) % 12)}\r\n`,
    ).join('');

  it('show the same screen, as much of it as they have room for, whatever the guest says', async () => {
    const writer = await open('write', 80, 24);
    const small = await open('watch', 40, 12);
    const large = await open('watch', 132, 50);
    const all = async (top: number): Promise<void> => {
      await shows(writer, () => screenOf(reference));
      await shows(small, () => corner(screenOf(reference), 40, 12, top));
      await shows(large, () => corner(screenOf(reference), 132, 50));
    };
    await says('horatio login: ');
    await all(0);
    await says(text(0, 60));
    await all(12);
    await says('\x1b[?1049h\x1b[2J\x1b[1;1Hfull screen\x1b[24;1Hits last line\x1b[2;1H');
    await all(0);
    await says('\x1b[?1049l\x1b[5;10r\x1b[10;1Hin the margins\r\n\r\nscrolled\x1b[r\x1b[1;1H');
    await all(0);
    assert.equal(
      small.peer.notes.filter(({ note }) => note === 'skipped').length,
      0,
      'nothing was left out: it is in the picture',
    );
  });

  it('are right after the writer’s window was resized in the middle of a flood', async () => {
    const writer = await open('write', 80, 24);
    const small = await open('watch', 40, 12);
    await says(text(0, 100));
    await shows(writer, () => screenOf(reference));
    writer.resize(132, 50);
    await small.peer.note('resized', ({ cols, rows }) => cols === 132 && rows === 50);
    reference.resize(132, 50);
    await says(text(100, 200));
    await shows(writer, () => screenOf(reference));
    await shows(small, () => corner(screenOf(reference), 40, 12, 38));
    writer.resize(40, 12);
    await small.peer.note('resized', ({ cols, rows }) => cols === 40 && rows === 12);
    reference.resize(40, 12);
    await says(text(200, 230));
    await shows(writer, () => screenOf(reference));
    await shows(small, () => screenOf(reference));
  });

  it('are right after a watcher’s own was resized', async () => {
    await open('write', 80, 24);
    const watcher = await open('watch', 80, 24);
    await says(text(0, 8));
    await shows(watcher, () => screenOf(reference));
    watcher.resize(40, 12);
    await says('more');
    await shows(watcher, () => corner(screenOf(reference), 40, 12));
    watcher.resize(80, 24);
    await says(' and more');
    await shows(watcher, () => screenOf(reference));
  });

  it('take the size of whoever takes the keyboard', async () => {
    const first = await open('write', 80, 24);
    const second = await open('write', 132, 50);
    await says('hello');
    await shows(second, () => corner(screenOf(reference), 132, 50));
    second.peer.ask({ note: 'takeover' });
    await first.peer.note('resized', ({ cols }) => cols === 132);
    reference.resize(132, 50);
    await says(`\x1b[50;1Hlast line\x1b[1;100Hfar right${text(0, 60)}`);
    await shows(second, () => screenOf(reference));
    await shows(first, () => corner(screenOf(reference), 80, 24, 26));
  });
});
