import assert from 'node:assert/strict';
import { loadGateSettings } from '../../config/gate-settings.js';
import { problemText } from '../../config/problem.js';
import { columnsOf, printable as menuText } from '../../menus/printable-text.js';
import { isPrintable, printable } from '../../policy/printable.js';
import { isRefusal } from '../../policy/refusal.js';
import { assignmentText, ConfigValueError } from '../../server/dom0/toolstack/config-text.js';
import { presentable } from '../../server/dom0/toolstack/reason.js';
import { reason, sentence } from '../../server/gate/control/argument.js';
import { parsePublicKey } from '../../server/gate/keys/public-key.js';
import { eventLine } from '../../server/gate/recording/asciicast.js';
import { makeEd25519KeyPair } from '../../server/gate/ssh/ed25519-key-pair.js';
import { terminalText } from '../../server/gate/ssh/terminal-text.js';
import { readWireRefusal } from '../../server/wire/answers.js';
import { parseConsoleRelease } from '../../server/wire/requests.js';
import { TemporaryDirectory } from '../support/temporary-directory.js';

/** The first and last of each run of unprintable code points: some 1,500 in all of Unicode. */
function unprintables(): readonly string[] {
  const found: string[] = [];
  let before = true;
  for (let code = 0; code <= 0x10ffff; code += 1) {
    const prints = isPrintable(String.fromCodePoint(code));
    if (prints === before) continue;
    found.push(String.fromCodePoint(prints ? code - 1 : code));
    before = prints;
  }
  return [...new Set(found), '\u{10ffff}'];
}

const BAD = unprintables();
const BREAKS = /[\t\n\v\f\r\u2028\u2029]/;

describe('what may be printed is the same everywhere', () => {
  it('in a menu: nothing but what prints, one column for each', () => {
    for (const bad of BAD) {
      const shown = menuText(`a${bad}b`, 'utf-8');
      assert.equal(shown, BREAKS.test(bad) ? 'a b' : 'a?b', printable(bad));
      assert.equal(columnsOf(shown), 3);
    }
  });

  it('in the problems of a file: one character for one, so that the caret stands right', () => {
    for (const bad of BAD.filter((one) => !/[\t\n]/.test(one))) {
      const text = problemText([
        {
          place: { file: `a${bad}b`, line: 1, column: 1 },
          message: `a${bad}b`,
          expected: `a${bad}b`,
          suggestion: `a${bad}b`,
          lineText: `a${bad}b`,
        },
      ]);
      assert.equal(text.split('a\ufffdb').length, 6, printable(bad));
      for (const line of text.trimEnd().split('\n')) assert.ok(isPrintable(line), printable(bad));
    }
  });

  it('in the comment of a key, and in a banner: dropped', () => {
    const key = makeEd25519KeyPair('').publicFile.trim();
    for (const bad of BAD) {
      if (!/[\0-\x1f\x7f]/.test(bad)) {
        const parsed = parsePublicKey(`${key} a${bad}b`);
        assert.ok(!isRefusal(parsed), printable(bad));
        assert.equal(parsed.comment, 'ab', printable(bad));
      }
      if (/[\t\n\r]/.test(bad)) continue;
      assert.equal(terminalText(`a${bad}b`), 'ab\r\n', printable(bad));
    }
    assert.equal(terminalText('a\tb\nc'), 'a\tb\r\nc\r\n');
  });

  it('in what an admin says to customers: refused', () => {
    for (const bad of BAD) {
      assert.ok(isRefusal(reason(`a${bad}b`, 'reason')), printable(bad));
      const no = sentence(`a${bad}b`, 'sentence');
      assert.ok(isRefusal(no) && isPrintable(no.message), printable(bad));
    }
    assert.equal(reason('Ærøskøbing 東京 🖥', 'reason'), 'Ærøskøbing 東京 🖥');
  });

  it('in settings: refused by its name', () => {
    const directory = new TemporaryDirectory();
    for (const [escape, name] of [
      ['\\e', 'U+001B'],
      ['\\u202e', 'U+202E'],
      ['\\U000e0041', 'U+E0041'],
      ['\\U0001d173', 'U+1D173'],
      ['\\ufe0f', 'U+FE0F'],
      ['\\u3164', 'U+3164'],
      ['\\u0378', 'U+0378'],
    ]) {
      const text = `site: "a${escape}b"\nlisten: ["0.0.0.0:22"]\nhosts: [{name: a, socket: /a}]\n`;
      const read = loadGateSettings(directory.write('gate.yaml', text));
      assert.ok(!read.ok);
      const messages = read.problems.map(({ message }) => message);
      assert.ok(messages.includes(`The text holds ${name}, which does not print.`), messages.join('\n'));
    }
    directory.dispose();
  });

  it('in what dom0 says: a space instead, and written out where it comes all the same', () => {
    for (const bad of BAD) {
      assert.equal(presentable(`a${bad}${bad}b`), 'a b', printable(bad));
      const no = readWireRefusal({ code: 'busy', message: `a${bad}b`, detail: '', operation: null });
      assert.equal(no.message, `a${printable(bad)}b`);
    }
  });

  it('in what a gate asks: refused', () => {
    for (const bad of BAD)
      assert.ok(isRefusal(parseConsoleRelease({ seconds: 1, admin: `a${bad}b` })), printable(bad));
    assert.ok(!isRefusal(parseConsoleRelease({ seconds: 1, admin: 'ab' })));
  });

  it('in a configuration that dom0 writes: refused', () => {
    for (const bad of BAD)
      assert.throws(
        () => assignmentText({ key: 'extra', value: `a${bad}b` }),
        ConfigValueError,
        printable(bad),
      );
  });

  it('in a recording: written as escapes that mean the same', () => {
    for (const bad of BAD) {
      const line = eventLine(0, 'o', `a${bad}b`);
      assert.ok(isPrintable(line.slice(0, -1)), printable(bad));
      assert.deepEqual(JSON.parse(line), [0, 'o', `a${bad}b`]);
    }
  });
});
