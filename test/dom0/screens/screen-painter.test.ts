import assert from 'node:assert/strict';
import xterm from '@xterm/headless';
import type { Terminal } from '@xterm/headless';
import fc from 'fast-check';
import { paint } from '../../../server/dom0/screens/screen-painter.js';
import { NEW_INCARNATION } from '../../../server/dom0/screens/screen-reset.js';
import { looksOf } from '../../support/terminal-looks.js';
import { speech, UTTERANCES } from '../../support/terminal-speech.js';

const terminal = (cols = 20, rows = 6): Terminal =>
  new xterm.Terminal({ cols, rows, scrollback: 0, allowProposedApi: true, logLevel: 'off' });

const write = (to: Terminal, bytes: string): Promise<void> =>
  new Promise((resolve) => {
    to.write(bytes, resolve);
  });

describe('paint', () => {
  it('shows on a terminal in any state what one that saw everything shows, and both go on alike', async function () {
    const runs = process.env['POSTERN_TEST_LONG'] === undefined ? 250 : 20_000;
    this.timeout(600_000 + 20 * runs);
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
