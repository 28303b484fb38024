import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { parseBootProfileName, parseDomainName } from '../../../policy/names.js';
import { Consoles } from '../../../server/dom0/consoles/consoles.js';
import { eventually } from '../../support/eventually.js';
import { OracleTerminal } from '../../support/oracle-terminal.js';
import { propertyRuns } from '../../support/property-runs.js';
import { silentLogger } from '../../support/silent-logger.js';
import { speech } from '../../support/terminal-speech.js';
import { ConsoleDoor } from './console-peer.js';
import type { ConsolePeer } from './console-peer.js';
import { StandIn } from './stand-in.js';
import type { Guest } from './stand-in.js';

const CASES = new URL('../../../../test/fixtures/console/', import.meta.url);
const normal = parseBootProfileName('normal')!;
const HORATIO = parseDomainName('horatio')!;

interface Size {
  readonly cols: number;
  readonly rows: number;
}

/** A person's window: a terminal of its size, with everything that was sent to it. */
class Window {
  readonly peer: ConsolePeer;
  size: Size;
  #terminal: OracleTerminal;
  #told = 0;

  constructor(peer: ConsolePeer, size: Size) {
    this.peer = peer;
    this.size = size;
    this.#terminal = new OracleTerminal(size.cols, size.rows);
  }

  resize(size: Size): void {
    this.size = size;
    // A terminal fits its own lines to a new size by itself, sometimes wrongly. So anything may be on it
    // then.
    this.#terminal.dispose();
    this.#terminal = new OracleTerminal(size.cols, size.rows);
    void this.#terminal.told('\x1b[2;3r\x1b[?6h\x1b(0\x1b[?1049hsomething else\x1b[4h\x1b[?7l');
    this.peer.ask({ note: 'resize', ...size });
  }

  /** Shows new bytes. @returns whether there were any */
  async reads(): Promise<boolean> {
    const { bytes } = this.peer;
    if (bytes.length === this.#told) return false;
    const news = bytes.subarray(this.#told);
    this.#told = bytes.length;
    await this.#terminal.told(news);
    return true;
  }

  get looks(): unknown {
    return this.#terminal.looks;
  }

  leave(): void {
    this.peer.leave();
    this.#terminal.dispose();
  }
}

describe('a window of any size', function () {
  let standIn: StandIn;
  let door: ConsoleDoor;
  let consoles: Consoles;
  let guest: Guest;
  let windows: Window[];
  let said: Buffer;
  /** Terminals that were there all along, by size, and how many bytes each was told. */
  let witnesses: Map<string, { readonly terminal: OracleTerminal; told: number }>;

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
      timing: { line: { attach: 60_000 }, screens: { paint: 30_000, replay: 30_000, job: 30_000, feed: 5 } },
    });
    assert.equal(await consoles.attach(HORATIO, 1, 'u1'), 'attached');
    consoles.observed(HORATIO, { uuid: 'u1', domid: 1 }, 'running', normal);
    guest = await standIn.guest(1);
    windows = [];
    said = Buffer.alloc(0);
    witnesses = new Map();
  });

  afterEach(async () => {
    for (const window of windows) window.leave();
    for (const { terminal } of witnesses.values()) terminal.dispose();
    door.close();
    await consoles.dispose();
    standIn.stop();
  });

  async function opens(size: Size, mode: 'write' | 'watch' = 'write'): Promise<Window> {
    const peer = door.peer('horatio', { mode, cols: `${size.cols}`, rows: `${size.rows}`, label: 'alice' });
    const window = new Window(peer, size);
    windows.push(window);
    await peer.note('attached');
    return window;
  }

  function leaves(window: Window): void {
    windows = windows.filter((each) => each !== window);
    window.leave();
  }

  /** Resolves when dom0 has received it. */
  async function says(text: string | Buffer): Promise<void> {
    const bytes = Buffer.from(text);
    said = Buffer.concat([said, bytes]);
    guest.say(bytes);
    const tail = said.subarray(-200_000);
    await eventually('dom0 to hear it', () => consoles.log(HORATIO, null).subarray(-200_000).equals(tail), {
      everyMs: 2,
    });
  }

  /** The looks of a terminal of this size that saw everything. */
  async function wantedLooks({ cols, rows }: Size): Promise<unknown> {
    const key = `${cols}x${rows}`;
    const witness = witnesses.get(key) ?? { terminal: new OracleTerminal(cols, rows), told: 0 };
    witnesses.set(key, witness);
    const news = said.subarray(witness.told);
    witness.told = said.length;
    await witness.terminal.told(news);
    return witness.terminal.looks;
  }

  async function shows(window: Window): Promise<void> {
    const { cols, rows } = window.size;
    const wanted = await wantedLooks(window.size);
    const text = JSON.stringify(wanted);
    let isFirst = true;
    await eventually(
      `${cols}x${rows}`,
      async () => {
        const news = await window.reads();
        if (!news && !isFirst) return false;
        isFirst = false;
        return JSON.stringify(window.looks) === text;
      },
      { everyMs: 5 },
    ).catch(() => undefined);
    assert.deepEqual(window.looks, wanted, `${cols}x${rows}`);
  }

  const all = async (): Promise<void> => {
    for (const window of windows) await shows(window);
  };

  const kernel = Array.from({ length: 60 }, (_, at) => `[ ${at}] a line of the kernel\r\n`).join('');

  /** Screens that a visitor with a window of another size once damaged for everybody. */
  const SCREENS: readonly (readonly [what: string, said: string, visit: Size])[] = [
    [
      'GRUB’s menu after a visit at 60x18',
      readFileSync(new URL('h05-grub', CASES), 'latin1'),
      { cols: 60, rows: 18 },
    ],
    [
      'vim on a vt220 after a visit at 132x50',
      `${kernel}\x1b[1;24r\x1b[H\x1b[2J${Array.from({ length: 22 }, (_, at) => `\x1b[${at + 1};1H${at === 0 ? 'text' : '~'}`).join('')}\x1b[23;1H\x1b[7m/etc/fstab\x1b[K\x1b[m\x1b[24;1H-- INSERT --\x1b[1;3H`,
      { cols: 132, rows: 50 },
    ],
    [
      'newt after a visit at 100x20',
      `\x1b[H\x1b[2J\x1b[44m${Array.from({ length: 24 }, (_, at) => `\x1b[${at + 1};1H${' '.repeat(80)}`).join('')}\x1b[8;20H\x1b[30;47m\x1b(0l${'q'.repeat(38)}k\x1b(B\x1b[16;30H<Ok>\x1b[24;1H`,
      { cols: 100, rows: 20 },
    ],
    [
      'the alternate screen, shrunk and grown',
      `${kernel}$ less\x1b[?1049h\x1b[H\x1b[2Jpage\x1b[24;1H\x1b[7m(END)\x1b[m`,
      { cols: 30, rows: 5 },
    ],
  ];
  for (const [what, text, visit] of SCREENS) {
    it(`leaves to others what they see: ${what}`, async () => {
      const stays = await opens({ cols: 80, rows: 24 }, 'watch');
      await says(Buffer.from(text, 'latin1'));
      await all();
      const visitor = await opens(visit);
      await all();
      visitor.resize({ cols: visit.cols + 20, rows: visit.rows + 5 });
      await all();
      visitor.resize(visit);
      await says('\x1b7x\x1b8');
      await all();
      leaves(visitor);
      leaves(stays);
      await opens({ cols: 80, rows: 24 });
      await all();
      await says('\x1b[?1049l\r\nlater');
      await all();
    });
  }

  it('shows each of the cases as if it had been there all along', async () => {
    const sizes = [
      { cols: 80, rows: 24 },
      { cols: 60, rows: 18 },
      { cols: 132, rows: 50 },
      { cols: 1, rows: 1 },
    ];
    const [first, second, third, last] = sizes as [Size, Size, Size, Size];
    const early = await opens(first);
    for (const name of readdirSync(CASES).filter((each) => each !== 'README.md')) {
      const bytes = readFileSync(new URL(name, CASES));
      const cut = Math.floor(bytes.length * 0.6);
      await says(Buffer.concat([Buffer.from('\x1b\\\x1b[!p\x1b[?1049l'), bytes.subarray(0, cut)]));
      const comers = [await opens(second, 'watch'), await opens(third)];
      await says(bytes.subarray(cut));
      comers[0]!.resize(last);
      early.resize(early.size === first ? third : first);
      await all();
      for (const each of comers) leaves(each);
    }
  });

  it('goes on as it was beyond the ring, while it is there, and shows the ring’s reach to one who comes', async () => {
    const stays = await opens({ cols: 132, rows: 50 }, 'watch');
    const kept = await opens({ cols: 80, rows: 24 });
    await says('\x1b[?1049h\x1b[H\x1b[2J\x1b[24;100Hbeyond\x1b[5;5Hwithin');
    await all();
    for (let turn = 0; turn < 12; turn += 1) await says(`\x1b[2;2H${turn}${'\x1b[3;3Hx'.repeat(4_500)}`);
    await all();
    stays.peer.ask({ note: 'repaint' });
    kept.peer.ask({ note: 'repaint' });
    await all();
    await says(kernel.repeat(200));
    for (const size of [
      { cols: 100, rows: 40 },
      { cols: 30, rows: 10 },
    ])
      await shows(await opens(size));
  });

  it('shows the picture of the guest’s own screen where the ring does not reach, in its place', async () => {
    const early = await opens({ cols: 80, rows: 24 });
    await early.peer.note('painted');
    leaves(early);
    await says('\x1b[?1049h\x1b[H\x1b[2J\x1b[1;1Htop\x1b[24;70Hits corner\x1b[2;3r\x1b[?25l');
    for (let turn = 0; turn < 12; turn += 1) await says(`\x1b[3;3H${turn}${'\x1b[3;3Hx'.repeat(4_500)}`);
    await shows(await opens({ cols: 132, rows: 50 }));
  });

  it('keeps what the guest was told by whoever has the keyboard, until it boots anew', async () => {
    const alice = await opens({ cols: 132, rows: 50 });
    const bob = await opens({ cols: 80, rows: 24 }, 'watch');
    bob.peer.ask({ note: 'resize', cols: 80, rows: 24, told: true });
    alice.peer.ask({ note: 'resize', cols: 132, rows: 50, told: true });
    await bob.peer.note('resized', ({ cols, rows }) => cols === 132 && rows === 50);
    assert.deepEqual(
      bob.peer.notes.filter(({ note }) => note === 'resized').length,
      1,
      'who watches tells the guest nothing',
    );
    await says('\x1b[50;1Hlast line');
    await all();
    leaves(alice);
    const { cols, rows } = await (await opens({ cols: 40, rows: 10 })).peer.note('attached');
    assert.deepEqual([cols, rows], [132, 50]);
    await all();
    guest.socket.end();
    assert.equal(await consoles.attach(HORATIO, 2, 'u2'), 'attached');
    await bob.peer.note('resized', (note) => note.cols === 80 && note.rows === 24);
  });

  // Two things that no picture can produce, because the emulator is wrong about them. Without wrapping, wide
  // characters in the last column depend on where the input was cut. And a restored cursor is underlined like
  // the last one, not like the saved one.
  const guestSpeech = speech.map((text) => text.replaceAll(/\x1b\[(?:\?7l|(?:4|21|58)[;:\d]*m)/g, ''));

  const size = fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({ cols: fc.integer({ min: 1, max: 40 }), rows: fc.integer({ min: 1, max: 14 }) }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        cols: fc.integer({ min: 1, max: 300 }),
        rows: fc.integer({ min: 1, max: 100 }),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.constantFrom({ cols: 80, rows: 24 }, { cols: 132, rows: 50 }, { cols: 300, rows: 100 }),
    },
  );
  const step = fc.oneof(
    { weight: 3, arbitrary: guestSpeech.map((text) => ({ does: 'says', text }) as const) },
    {
      weight: 2,
      arbitrary: fc.record({
        does: fc.constant('opens' as const),
        size,
        mode: fc.constantFrom('write' as const, 'watch' as const),
      }),
    },
    { weight: 2, arbitrary: fc.record({ does: fc.constant('resizes' as const), who: fc.nat(3), size }) },
    {
      weight: 1,
      arbitrary: fc.record({
        does: fc.constantFrom('leaves' as const, 'takes' as const, 'tells' as const, 'looks' as const),
        who: fc.nat(3),
      }),
    },
  );

  it('shows what a terminal of its size shows that was there all along, whoever comes, goes, and takes the keyboard', async function () {
    this.timeout(3_600_000);
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 12 }), async (steps) => {
        for (const each of steps) {
          const who = 'who' in each ? windows[each.who % Math.max(1, windows.length)] : undefined;
          if (each.does === 'says') await says(each.text);
          else if (each.does === 'opens') {
            if (windows.length === 4) leaves(windows[0]!);
            await opens(each.size, each.mode);
          } else if (who === undefined) continue;
          else if (each.does === 'resizes') who.resize(each.size);
          else if (each.does === 'leaves') leaves(who);
          else if (each.does === 'takes') who.peer.ask({ note: 'takeover' });
          else if (each.does === 'tells') who.peer.ask({ note: 'resize', ...who.size, told: true });
          else await all();
        }
        await all();
      }),
      { ...propertyRuns('a window of any size', 12, 600), endOnFailure: true },
    );
  });
});
