import assert from 'node:assert/strict';
import { replayOf } from '../../../server/dom0/screens/raw-replay.js';
import { CLEAN_SCREEN } from '../../../server/dom0/screens/screen-reset.js';
import { processorMs } from '../../support/processor-time.js';

const replay = (text: string, whole = true): string => {
  const all = replayOf(Buffer.from(text, 'latin1'), whole).toString('latin1');
  assert.ok(all.startsWith(CLEAN_SCREEN));
  return all.slice(CLEAN_SCREEN.length);
};

describe('replayOf', () => {
  it('leaves out what a terminal would answer into the guest', () => {
    const questions = [
      '\x05',
      '\x1bZ',
      '\x1b[6n',
      '\x1b[?6n',
      '\x1b[c',
      '\x1b[>0c',
      '\x1b[=c',
      '\x1b[18t',
      '\x1b[x',
      '\x1b[?25$p',
    ];
    const strings = [
      '\x1b]11;?\x07',
      '\x1b]52;c;?\x1b\\',
      '\x1bP$qm\x1b\\',
      '\x1b[>0q',
      '\x1b[?u',
      '\x1b_Gi=1;\x1b\\',
      '\x1b]0;title\x07',
    ];
    for (const question of [...questions, ...strings]) {
      assert.equal(replay(`a${question}b`), 'ab', JSON.stringify(question));
    }
  });

  it('leaves in what shows', () => {
    const text = 'plain \x1b[31mred\x1b[0m\r\n\x1b[2J\x1b[H\x1b[?25l\x1b[!p\x1b[4 q\x1b(0lqk\x1b[u\xc3\xa9';
    assert.equal(replay(text), text);
  });

  it('begins with a whole line where the beginning is cut off', () => {
    assert.equal(replay('1;31mhalf\r\nwhole\r\n', false), 'whole\r\n');
    assert.equal(replay('no line at all', false), 'no line at all');
  });

  it('takes no long time over what is made to', () => {
    const took = processorMs(() => {
      for (const evil of ['\x1b]', '\x1bP', '\x1b[', '\x1b[0', '\x1b[?1;', '\x1b'])
        replay(evil.repeat(32_768 / evil.length));
      replay(`\x1b[${'1;'.repeat(16_000)}`);
      replay(`\x1b]${'x'.repeat(32_000)}`);
    });
    assert.ok(took < 2_000, `${took} ms`);
  });
});
