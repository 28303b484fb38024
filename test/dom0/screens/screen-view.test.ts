import assert from 'node:assert/strict';
import xterm from '@xterm/headless';
import type { Terminal } from '@xterm/headless';
import { ScreenEmulator } from '../../../server/dom0/screens/screen-emulator.js';
import type { ScreenSize } from '../../../server/dom0/screens/screen-job.js';
import type { ScreenText } from '../../../server/wire/console.js';

const KEPT: ScreenSize = { cols: 80, rows: 24 };
const SIZES: readonly ScreenSize[] = [
  { cols: 40, rows: 12 },
  { cols: 132, rows: 50 },
  { cols: 20, rows: 5 },
  { cols: 132, rows: 12 },
  { cols: 40, rows: 50 },
  { cols: 80, rows: 23 },
];

async function told(size: ScreenSize, bytes: string | Buffer): Promise<Terminal> {
  const terminal = new xterm.Terminal({ ...size, scrollback: 0, allowProposedApi: true });
  await new Promise<void>((resolve) => {
    terminal.write(bytes, resolve);
  });
  return terminal;
}

/** The visible properties of a cell: its text and its look. */
function cell(terminal: Terminal, x: number, y: number): string {
  const { active } = terminal.buffer;
  const found = active.getLine(active.baseY + y)?.getCell(x);
  if (found === undefined) return 'none';
  const look = [found.getFgColorMode(), found.getFgColor(), found.getBgColorMode(), found.getBgColor()];
  return JSON.stringify([
    found.getChars() || ' ',
    look,
    found.isBold(),
    found.isInverse(),
    found.isUnderline(),
  ]);
}

const BLANK = JSON.stringify([' ', [0, -1, 0, -1], 0, 0, 0]);

const width = (terminal: Terminal, x: number, y: number): number | undefined =>
  terminal.buffer.active
    .getLine(terminal.buffer.active.baseY + y)
    ?.getCell(x)
    ?.getWidth();

const lines = Array.from({ length: 30 }, (_, at) => `line ${at} ${'.'.repeat(at * 3)}|`).join('\r\n');

/** Output of guests for a terminal of 80 by 24. */
const SCREENS: readonly (readonly [what: string, said: string])[] = [
  ['a login prompt', 'Debian GNU/Linux 12\r\n\r\nhoratio login: '],
  ['text that has scrolled', lines],
  ['long lines that wrap', 'abcdefghij'.repeat(30)],
  ['a cursor in the last column', `\x1b[3;1H${'x'.repeat(80)}`],
  ['colours', '\x1b[1;31mred\x1b[0m \x1b[44mblue\x1b[K\x1b[0m\r\n\x1b[7minverse\x1b[0m'],
  ['a full-screen program', '\x1b[?1049h\x1b[2J\x1b[1;1Htop\x1b[24;1H-- end --\x1b[12;60H'],
  ['margins and origin mode', '\x1b[5;10r\x1b[?6h\x1b[3;1Hinside'],
  ['wide characters', `\x1b[1;1H${'漢字'.repeat(20)}`],
];

describe('a screen seen through a window of another size', () => {
  for (const [what, said] of SCREENS) {
    for (const size of SIZES) {
      it(`shows ${what} at ${size.cols}x${size.rows}, cell by cell, and nothing else`, async () => {
        const emulator = new ScreenEmulator(KEPT);
        await emulator.write(Buffer.from(said));
        const picture = emulator.answer({ ask: 'picture', view: size }) as Buffer;
        // Everything that stood there before is gone.
        const seen = await told(
          size,
          Buffer.concat([Buffer.from(`\x1b[5;9r${'junk '.repeat(400)}`), picture]),
        );
        const guest = await told(KEPT, said);
        const { cursorX, cursorY } = guest.buffer.active;
        const at = Math.min(cursorX, KEPT.cols - 1);
        const top = cursorY - seen.buffer.active.cursorY;
        const left = at - seen.buffer.active.cursorX;
        assert.ok(top >= 0 && left >= 0);
        assert.ok(top === 0 || size.rows < KEPT.rows, 'what fits is shown from its top');
        assert.ok(left === 0 || size.cols < KEPT.cols);
        for (let y = 0; y < size.rows; y += 1) {
          for (let x = 0; x < size.cols; x += 1) {
            const inside = y + top < KEPT.rows && x + left < KEPT.cols;
            const half = x === size.cols - 1 && width(guest, x + left, y + top) === 2;
            const headless = x === 0 && left > 0 && width(guest, x + left, y + top) === 0;
            const wanted = inside && !half && !headless ? cell(guest, x + left, y + top) : BLANK;
            assert.equal(cell(seen, x, y), wanted, `column ${x}, row ${y}`);
          }
        }
        emulator.dispose();
        seen.dispose();
        guest.dispose();
      });
    }
  }
});

describe('a screen as text', () => {
  const read = async (said: string): Promise<ScreenText> => {
    const emulator = new ScreenEmulator(KEPT);
    await emulator.write(Buffer.from(said));
    const text = emulator.answer({ ask: 'text' }) as ScreenText;
    emulator.dispose();
    return text;
  };

  it('is the last lines up to the cursor, with the blanks before it', async () => {
    assert.deepEqual(await read('one\r\n\r\nroot@horatio:~# '), {
      lines: ['one', '', 'root@horatio:~# '],
      below: false,
      alternate: false,
    });
    assert.deepEqual((await read(lines)).lines.length, 8);
    assert.deepEqual(await read('\x1b[2;1Hbelow\x1b[1;1Ha\x1b[1;3Hb\x1b[1;2H'), {
      lines: ['a'],
      below: true,
      alternate: false,
    });
    assert.equal((await read('\x1b[?1049h# ')).alternate, true);
    assert.deepEqual((await read('')).lines, ['']);
  });

  it('holds nothing that a terminal or a log would obey', async () => {
    const { lines: found } = await read('a\u202eb\u200bc\u{e0041}d');
    assert.match(found.join(''), /^[\x20-\x7e]*$/);
  });
});
