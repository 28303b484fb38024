import assert from 'node:assert/strict';
import xterm from '@xterm/headless';
import type { Terminal } from '@xterm/headless';
import fc from 'fast-check';
import { paint } from '../../../server/dom0/consoles/screen-painter.js';
import { NEW_INCARNATION } from '../../../server/dom0/consoles/screen-reset.js';

const terminal = (cols = 20, rows = 6): Terminal =>
  new xterm.Terminal({ cols, rows, scrollback: 0, allowProposedApi: true, logLevel: 'off' });

const write = (to: Terminal, bytes: string): Promise<void> =>
  new Promise((resolve) => {
    to.write(bytes, resolve);
  });

/** All that a person sees, and what decides over what the next byte does. */
function looksOf(of: Terminal): unknown {
  const buffer = of.buffer.active;
  const rows = [];
  for (let y = 0; y < of.rows; y++) {
    const line = buffer.getLine(buffer.baseY + y)!;
    const cells = [];
    for (let x = 0; x < of.cols; x++) {
      const cell = line.getCell(x)!;
      // The second half of a wide character may outlive the first in the emulator; nobody can see it.
      const chars = cell.getChars() === '' ? ' ' : cell.getChars();
      const shown =
        chars === ' ' && cell.isInverse() === 0 && cell.isUnderline() === 0 && cell.isStrikethrough() === 0;
      const front = shown
        ? ''
        : `${cell.getFgColorMode()}/${cell.getFgColor()}/${cell.isBold()}${cell.isUnderline()}${cell.isItalic()}`;
      cells.push(`${chars}|${front}|${cell.getBgColorMode()}/${cell.getBgColor()}/${cell.isInverse()}`);
    }
    rows.push(cells);
  }
  const { cursorX, cursorY, type } = buffer;
  return { rows, cursorX, cursorY, type, modes: of.modes };
}

const UTTERANCES = [
  ...[
    'a',
    'Z',
    '漢',
    'é',
    'word ',
    '\r\n',
    '\n',
    '\r',
    '\b',
    '\t',
    'a line that is longer than the screen is wide ',
  ],
  ...[
    '\x1b[31m',
    '\x1b[1;44m',
    '\x1b[38;5;200m',
    '\x1b[48;2;1;2;3m',
    '\x1b[7m',
    '\x1b[4;3m',
    '\x1b[0m',
    '\x1b[95;102m',
  ],
  ...[
    '\x1b[H',
    '\x1b[3;5H',
    '\x1b[6;20H',
    '\x1b[A',
    '\x1b[2C',
    '\x1b[J',
    '\x1b[1J',
    '\x1b[2J',
    '\x1b[K',
    '\x1b[3X',
    '\x1b[2P',
    '\x1b[2@',
  ],
  ...[
    '\x1b[2L',
    '\x1b[M',
    '\x1b[S',
    '\x1b[T',
    '\x1bM',
    '\x1bD',
    '\x1b[2;4r',
    '\x1b[r',
    '\x1b[?6h',
    '\x1b[?6l',
    '\x1b7',
    '\x1b8',
  ],
  ...[
    '\x1b[?7l',
    '\x1b[?7h',
    '\x1b[4h',
    '\x1b[4l',
    '\x1b[?1h',
    '\x1b[?1l',
    '\x1b=',
    '\x1b>',
    '\x1b[?25l',
    '\x1b[?25h',
  ],
  ...[
    '\x1b[?1049h',
    '\x1b[?1049l',
    '\x1b[?2004h',
    '\x1b[?1000h',
    '\x1b[?1006h',
    '\x1b[?1003l',
    '\x1b(0',
    'lqk',
    '\x1b(B',
    '\x1b)0',
    '\x0e',
    '\x0f',
  ],
];
const speech = fc.array(fc.constantFrom(...UTTERANCES), { maxLength: 60 }).map((words) => words.join(''));

describe('paint', () => {
  it('shows on a terminal in any state what one that saw everything shows, and both go on alike', async function () {
    const runs = process.env['POSTERN_TEST_LONG'] === undefined ? 250 : 20_000;
    this.timeout(30_000 + 20 * runs);
    await fc.assert(
      fc.asyncProperty(speech, speech, fc.constantFrom(...UTTERANCES), async (said, before, next) => {
        const seen = terminal();
        const newcomer = terminal();
        await write(seen, said);
        await write(newcomer, before);
        await write(newcomer, paint(seen));
        assert.deepEqual(looksOf(newcomer), looksOf(seen));
        await write(seen, next);
        await write(newcomer, next);
        assert.deepEqual(looksOf(newcomer), looksOf(seen));
        seen.dispose();
        newcomer.dispose();
      }),
      { numRuns: runs },
    );
  });

  it('places the rows where they belong on a terminal of another size', async () => {
    const seen = terminal(20, 6);
    await write(seen, 'x'.repeat(45) + '\r\n\x1b[6;3Hlast');
    for (const [cols, rows] of [
      [60, 20],
      [20, 6],
      [300, 100],
    ] as const) {
      const other = terminal(cols, rows);
      await write(other, paint(seen));
      const text = Array.from({ length: 6 }, (_, y) =>
        other.buffer.active.getLine(y)!.translateToString(true),
      );
      assert.deepEqual(text, ['x'.repeat(20), 'x'.repeat(20), 'x'.repeat(5), '', '', '  last']);
      assert.equal(other.buffer.active.cursorY, 5);
    }
  });

  it('shows the main screen again when the guest leaves the alternate one', async () => {
    const seen = terminal();
    const newcomer = terminal();
    await write(seen, 'shell$ vi\r\n\x1b[?1049h\x1b[2Jeditor');
    await write(newcomer, paint(seen));
    for (const each of [seen, newcomer]) await write(each, '\x1b[?1049l$ ');
    assert.deepEqual(looksOf(newcomer), looksOf(seen));
    assert.equal(newcomer.buffer.active.getLine(0)!.translateToString(true), 'shell$ vi');
  });

  it('asks nothing', async () => {
    const seen = terminal();
    const newcomer = terminal();
    const answers: string[] = [];
    newcomer.onData((answer) => answers.push(answer));
    await write(seen, 'text\x1b[6n\x1b[c\x1b[>c\x1b[5n\x1b]4;1;?\x07\x05');
    await write(newcomer, paint(seen));
    assert.deepEqual(answers, []);
  });
});

describe('NEW_INCARNATION', () => {
  it('takes back what the old kernel left on, and leaves text and cursor', async () => {
    const left = terminal();
    await write(
      left,
      'login: \x1b[?1049h\x1b[2;4r\x1b[?25l\x1b[?1h\x1b=\x1b[4h\x1b[?2004h\x1b[?1000h\x1b[31m\x1b(0\x1b]0;half a title',
    );
    await write(left, NEW_INCARNATION);
    await write(left, 'q');
    const plain = terminal();
    await write(plain, 'login: q');
    assert.deepEqual(looksOf(left), looksOf(plain));
  });
});
