import assert from 'node:assert/strict';
import { isPrintable } from '../../../policy/printable.js';
import { ScreenEmulator } from '../../../server/dom0/screens/screen-emulator.js';
import type { ScreenLines } from '../../../server/wire/screen.js';

const SIZE = { cols: 20, rows: 4 };

async function linesOf(text: string | Buffer, size = SIZE): Promise<ScreenLines> {
  const emulator = new ScreenEmulator(size);
  await emulator.write(Buffer.from(text));
  const answer = emulator.answer({ ask: 'lines' }) as ScreenLines;
  emulator.dispose();
  return answer;
}

describe('the screen as text', () => {
  const table: readonly [what: string, said: string, lines: readonly string[]][] = [
    ['nothing', '', ['', '', '', '']],
    ['rows in their places', '\x1b[2;3Hone\x1b[4;1Htwo', ['', '  one', '', 'two']],
    ['written blanks at the end', 'one   \r\ntwo\x1b[K\x1b[7m     \x1b[m', ['one', 'two', '', '']],
    ['what scrolled away is not on it', '1\r\n2\r\n3\r\n4\r\n5', ['2', '3', '4', '5']],
    ['a wide character stands once', '日本語 ok|\r\n한글|', ['日本語 ok|', '한글|', '', '']],
    ['a wide character that finds no room wraps', `${'x'.repeat(19)}日`, ['x'.repeat(19), '日', '', '']],
    ['combining marks stay', 'e\u0301 o\u0308', ['e\u0301 o\u0308', '', '', '']],
    ['an astral character', '🖥 ok', ['🖥 ok', '', '', '']],
    ['line drawing', '\x1b(0lqk\x1b(B|', ['┌─┐|', '', '', '']],
    ['a turned or invisible line', 'a\u202eb\u200bc\u2066d', ['a?b?c?d', '', '', '']],
    ['the alternate screen', 'below\x1b[?1049h\x1b[Htop', ['top', '', '', '']],
    ['an overwritten line', 'password\rxx', ['xxssword', '', '', '']],
  ];
  for (const [what, said, lines] of table)
    it(`shows ${what}`, async () => {
      const { lines: shown, ...more } = await linesOf(said);
      assert.deepEqual(
        shown.map((line) => line.replaceAll('\u200b', '')),
        lines,
      );
      assert.deepEqual({ cols: more.cols, rows: more.rows }, SIZE);
    });

  it('says where the cursor is, and whether it shows', async () => {
    assert.deepEqual((await linesOf('\x1b[3;5H')).cursor, { row: 2, column: 4, visible: true });
    assert.deepEqual((await linesOf(`\x1b[?25l${'x'.repeat(20)}`)).cursor, {
      row: 0,
      column: 19,
      visible: false,
    });
    assert.deepEqual((await linesOf('日')).cursor.column, 2, 'a wide character has two columns');
    assert.equal((await linesOf('\x1b[?1049h')).alternate, true);
  });

  it('never holds a character that a terminal obeys, whatever the guest writes', async () => {
    const every = Array.from({ length: 0x2100 }, (_, code) => String.fromCodePoint(code)).join('\x1b[m');
    const raw = Buffer.from(Array.from({ length: 4096 }, (_, at) => (at * 167) % 256));
    for (const said of [every, raw, '\u{e0001}\u{e0041}\ufeff\ud800']) {
      const { lines } = await linesOf(said, { cols: 300, rows: 100 });
      for (const line of lines) assert.ok(isPrintable(line), JSON.stringify(line));
    }
  });

  it('cuts a line that combining characters make endless', async () => {
    const { lines } = await linesOf(`a${'\u0301'.repeat(100_000)}${'🖥'.repeat(9)}`);
    assert.ok(lines.every((line) => line.length <= 1000 && isPrintable(line)));
  });
});
