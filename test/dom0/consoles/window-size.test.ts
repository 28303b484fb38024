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

/** A person's window: a terminal of its size, with everything that was sent to it. */
class Window {
  readonly peer: ConsolePeer;
  terminal: Terminal;
  #fed = 0;

  constructor(peer: ConsolePeer, cols: number, rows: number) {
    this.peer = peer;
    this.terminal = new xterm.Terminal({ cols, rows, scrollback: 0, allowProposedApi: true });
  }

  resize(cols: number, rows: number): void {
    // The emulator loses some lines when it fits them to a new size. So anything may be on it then.
    this.terminal.dispose();
    this.terminal = new xterm.Terminal({ cols, rows, scrollback: 0, allowProposedApi: true });
    this.terminal.write('\x1b[2;3r\x1b(0\x1b[?1049hsomething else');
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

describe('windows of several sizes at one console', () => {
  let standIn: StandIn;
  let door: ConsoleDoor;
  let consoles: Consoles;
  let guest: Guest;
  let said: string;

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
      timing: { line: { attach: 60_000 }, screens: { paint: 60_000, replay: 30_000 } },
    });
    assert.equal(await consoles.attach(horatio, 1, 'u1'), 'attached');
    consoles.observed(horatio, { uuid: 'u1', domid: 1 }, 'running', normal);
    guest = await standIn.guest(1);
    said = '';
  });

  afterEach(async () => {
    door.close();
    await consoles.dispose();
    standIn.stop();
  });

  async function open(mode: 'write' | 'watch', cols: number, rows: number): Promise<Window> {
    const peer = door.peer('horatio', { mode, cols: `${cols}`, rows: `${rows}`, label: `${cols}` });
    await peer.note('attached');
    return new Window(peer, cols, rows);
  }

  function says(text: string): void {
    guest.say(text);
    said += text;
  }

  /** Checks that the window shows what a terminal of its size shows that was there from the beginning. */
  async function shows(window: Window): Promise<void> {
    const { cols, rows } = window.terminal;
    const seen = new xterm.Terminal({ cols, rows, scrollback: 0, allowProposedApi: true });
    await new Promise<void>((resolve) => {
      seen.write(said, resolve);
    });
    const wanted = screenOf(seen).join('\n');
    seen.dispose();
    await eventually(`${cols}x${rows} to show it`, async () => (await window.screen()).join('\n') === wanted);
  }

  const text = (from: number, to: number): string =>
    Array.from(
      { length: to - from },
      (_, at) => `${from + at} ${'abcdefghij'.repeat((from + at) % 12)}\r\n`,
    ).join('');

  it('show what a terminal of their size shows, whatever the guest says', async () => {
    const writer = await open('write', 80, 24);
    const small = await open('watch', 40, 12);
    const large = await open('watch', 132, 50);
    const all = async (): Promise<void> => {
      await shows(writer);
      await shows(small);
      await shows(large);
    };
    says('horatio login: ');
    await all();
    says(text(0, 60));
    await all();
    says('\x1b[?1049h\x1b[2J\x1b[1;1Hfull screen\x1b[24;1Hits last line\x1b[2;1H');
    await all();
    says('\x1b[?1049l\x1b[5;10r\x1b[10;1Hin the margins\r\n\r\nscrolled\x1b[r\x1b[1;1H');
    await all();
    assert.equal(small.peer.notes.filter(({ note }) => note === 'skipped').length, 0, 'nothing was left out');
  });

  it('are right after the writer’s window was resized in the middle of a flood', async () => {
    const writer = await open('write', 80, 24);
    const small = await open('watch', 40, 12);
    says(text(0, 100));
    await shows(writer);
    writer.resize(132, 50);
    says(text(100, 200));
    await shows(writer);
    await shows(small);
    writer.resize(40, 12);
    says(text(200, 230));
    await shows(writer);
    await shows(small);
    assert.ok(!small.peer.notes.some(({ note }) => note === 'resized'), 'the guest knows nothing of it');
  });

  it('are right after a watcher’s own was resized', async () => {
    await open('write', 80, 24);
    const watcher = await open('watch', 80, 24);
    says(text(0, 8));
    await shows(watcher);
    watcher.resize(40, 12);
    says('more');
    await shows(watcher);
    watcher.resize(80, 24);
    says(' and more');
    await shows(watcher);
  });

  it('stay as they are when another takes the keyboard', async () => {
    const first = await open('write', 80, 24);
    const second = await open('write', 132, 50);
    says('hello');
    await shows(second);
    second.peer.ask({ note: 'takeover' });
    await first.peer.note('writer', ({ label }) => label === '132');
    says(`\x1b[50;1Hlast line\x1b[1;100Hfar right${text(0, 60)}`);
    await shows(second);
    await shows(first);
  });

  it('do not say that bytes were left out when one is resized again and again', async () => {
    const writer = await open('write', 80, 24);
    for (let turn = 0; turn < 20; turn += 1) {
      writer.resize(60 + turn, 20);
      says(text(turn, turn + 1));
      await new Promise(setImmediate);
    }
    await shows(writer);
    assert.ok(!writer.peer.notes.some(({ note }) => note === 'skipped'));
  });
});
