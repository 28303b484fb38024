import assert from 'node:assert/strict';
import xterm from '@xterm/headless';
import type { Terminal } from '@xterm/headless';
import { ScreenEmulator } from '../../../server/dom0/screens/screen-emulator.js';
import { ConsoleNotice } from '../../../server/gate/console/console-notice.js';

/**
 * A customer's terminal behind a gate, and the kept screen from which the gate's notices are removed again.
 */
class Seat {
  readonly terminal = new xterm.Terminal({ cols: 80, rows: 24, scrollback: 0, allowProposedApi: true });
  readonly kept = new ScreenEmulator({ cols: 80, rows: 24 });
  readonly notice: ConsoleNotice;
  #pending: Promise<unknown> = Promise.resolve();

  constructor() {
    this.notice = new ConsoleNotice(
      {
        hasPty: true,
        term: 'xterm',
        columns: 80,
        rows: 24,
        write: (data) => {
          this.#show(data);
          return true;
        },
        writeError: () => undefined,
      },
      () => {
        this.repaint();
      },
    );
  }

  /** Sends the guest's bytes to both. */
  guest(text: string): void {
    this.#pending = this.#pending.then(() => this.kept.write(Buffer.from(text)));
    this.#show(text);
  }

  /** Repaints as dom0 does: the picture, then a note that it is complete. */
  repaint(): void {
    this.#pending = this.#pending.then(
      () =>
        new Promise<void>((resolve) => {
          this.terminal.write(this.kept.answer({ ask: 'picture', view: null }) as Buffer, resolve);
        }),
    );
  }

  async settled(): Promise<void> {
    await this.#pending;
  }

  #show(data: string | Uint8Array): void {
    this.#pending = this.#pending.then(
      () =>
        new Promise<void>((resolve) => {
          this.terminal.write(data, resolve);
        }),
    );
  }
}

/** Properties for which xterm has no public name. */
interface HiddenTerminal {
  readonly _core: { readonly coreService: { readonly isCursorHidden: boolean } };
}

/** Everything visible, cell by cell, and where the guest continues. */
function look(terminal: Terminal): unknown {
  const { active } = terminal.buffer;
  const cells: string[] = [];
  for (let y = 0; y < 24; y += 1) {
    for (let x = 0; x < 80; x += 1) {
      const cell = active.getLine(active.baseY + y)?.getCell(x);
      cells.push(
        [
          cell?.getChars() === '' ? ' ' : cell?.getChars(),
          cell?.getFgColor(),
          cell?.getBgColor(),
          cell?.isInverse(),
          cell?.isBold(),
        ].join(','),
      );
    }
  }
  return { cells, x: active.cursorX, y: active.cursorY, type: active.type, modes: terminal.modes };
}

const GUESTS: readonly (readonly [what: string, before: string, after: string])[] = [
  ['a prompt', 'one\r\ntwo\r\nroot@horatio:~# ', 'ls\r\nfile\r\nroot@horatio:~# '],
  ['a full screen', `${'full of text\r\n'.repeat(30)}$ `, 'more\r\nand more\r\n$ '],
  ['colours and margins', '\x1b[41m\x1b[2J\x1b[3;20r\x1b[20;1Hin red', '\r\nscrolls\r\n\x1b[1;33mon'],
  ['an editor', '\x1b[?1049h\x1b[?1h\x1b=\x1b[2J\x1b[24;1H:wq\x1b[?25l\x1b[5;5H', 'text\x1b[24;10H.'],
  ['origin mode and line drawing', '\x1b[5;9r\x1b[?6h\x1b(0\x1b[2;2Hqqq', 'xx\r\nqqq'],
  ['a sequence that is cut', 'abc\x1b[3', '1mred\x1b[0m'],
];

describe('a notice on a console', () => {
  for (const [what, before, after] of GUESTS) {
    it(`leaves no trace on ${what}, whatever is said meanwhile`, async () => {
      const seat = new Seat();
      const alone = new Seat();
      for (const each of [seat, alone]) each.guest(before);
      seat.notice.show('carol has joined this console.');
      await seat.settled();
      const { active } = seat.terminal.buffer;
      assert.match(
        active.getLine(active.baseY + 23)?.translateToString() ?? '',
        /^carol has joined this console\. *$/,
      );
      for (const each of [seat, alone]) each.guest(after);
      seat.notice.show(['carol has left this console.', 'A second line.']);
      seat.notice.clear();
      await Promise.all([seat.settled(), alone.settled()]);
      assert.deepEqual(look(seat.terminal), look(alone.terminal));
    });
  }

  it('hides the cursor in one write with its lines, so that none stands below them for a moment', () => {
    const written: (string | Uint8Array)[] = [];
    const notice = new ConsoleNotice(
      {
        hasPty: true,
        term: 'xterm',
        columns: 80,
        rows: 24,
        write: (data) => {
          written.push(data);
          return true;
        },
        writeError: () => undefined,
      },
      () => undefined,
    );
    notice.stand('It says nothing yet.', { hidesCursor: true });
    assert.equal(written.length, 1);
    assert.match(String(written[0]), /It says nothing yet\.[^]*\x1b\[\?25l$/);
  });

  it('hides the cursor of what nobody listens at, also after a repaint, until it is taken away', async () => {
    const seat = new Seat();
    const isHidden = async (): Promise<boolean> => {
      await seat.settled();
      return (seat.terminal as unknown as HiddenTerminal)._core.coreService.isCursorHidden;
    };
    seat.guest('horatio login: ');
    assert.equal(await isHidden(), false);
    seat.notice.stand('It says nothing yet.', { hidesCursor: true });
    assert.equal(await isHidden(), true);
    seat.repaint();
    seat.notice.painted();
    assert.equal(await isHidden(), true);
    seat.notice.stand('horatio is off.');
    assert.equal(await isHidden(), false);
    seat.notice.stand('It says nothing yet.', { hidesCursor: true });
    seat.notice.stand(null);
    assert.equal(await isHidden(), false);
  });

  it('of what is so for now stands below those that come and go, until it is taken away', async () => {
    const seat = new Seat();
    const alone = new Seat();
    for (const each of [seat, alone]) each.guest('hello');
    const bottom = async (): Promise<string[]> => {
      await seat.settled();
      const { active } = seat.terminal.buffer;
      return [22, 23].map(
        (y) =>
          active
            .getLine(active.baseY + y)
            ?.translateToString(true)
            .trimEnd() ?? '',
      );
    };
    seat.notice.stand('horatio is off.');
    assert.deepEqual(await bottom(), ['', 'horatio is off.']);
    seat.notice.show('carol has joined this console.');
    assert.deepEqual(await bottom(), ['carol has joined this console.', 'horatio is off.']);
    seat.notice.readAway();
    seat.notice.painted();
    assert.deepEqual(await bottom(), ['', 'horatio is off.']);
    seat.notice.stand('An administrator has it.');
    assert.deepEqual(await bottom(), ['', 'An administrator has it.']);
    seat.notice.stand(null);
    seat.notice.painted();
    await Promise.all([seat.settled(), alone.settled()]);
    assert.deepEqual(look(seat.terminal), look(alone.terminal));
    seat.notice.dispose();
  });

  it('of an announcement stands above the others, and typing does not take it away at once', async () => {
    const seat = new Seat();
    const alone = new Seat();
    const clock = Date.now;
    let late = 0;
    Date.now = () => clock() + late;
    try {
      for (const each of [seat, alone]) each.guest('hello');
      seat.notice.announce('The host restarts at 22:00.');
      seat.notice.show('carol has joined this console.');
      await seat.settled();
      const { active } = seat.terminal.buffer;
      const line = (y: number): string =>
        active
          .getLine(active.baseY + y)
          ?.translateToString(true)
          .trim() ?? '';
      assert.deepEqual(
        [line(22), line(23)],
        ['The host restarts at 22:00.', 'carol has joined this console.'],
      );
      seat.notice.readAway();
      seat.notice.painted();
      await seat.settled();
      assert.deepEqual([line(22), line(23)], ['', 'The host restarts at 22:00.']);
      late = 6_000;
      seat.notice.readAway();
      await Promise.all([seat.settled(), alone.settled()]);
      assert.deepEqual(look(seat.terminal), look(alone.terminal));
    } finally {
      Date.now = clock;
      seat.notice.dispose();
    }
  });

  it('stands while the guest’s screen is painted anew under it', async () => {
    const seat = new Seat();
    seat.guest('hello');
    seat.notice.show('carol has joined this console.');
    seat.repaint();
    seat.notice.painted();
    await seat.settled();
    const { active } = seat.terminal.buffer;
    assert.match(active.getLine(active.baseY + 23)?.translateToString() ?? '', /^carol has joined/);
    seat.notice.clear();
    seat.notice.painted();
    await seat.settled();
    assert.equal(active.getLine(active.baseY + 23)?.translateToString(true), '');
    assert.match(active.getLine(active.baseY)?.translateToString() ?? '', /^hello/);
    seat.notice.dispose();
  });
});
