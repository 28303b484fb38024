import assert from 'node:assert/strict';
import { isPrintable, printable } from '../../policy/printable.js';

describe('printable', () => {
  const table: readonly (readonly [foreign: string, shown: string])[] = [
    ['horatio', 'horatio'],
    ['Ærøskøbing 東京 🖥', 'Ærøskøbing 東京 🖥'],
    ['\x1b]0;owned\x07', '^[]0;owned^G'],
    ['\x1b[2J', '^[[2J'],
    ['\u009b2J', '<U+009B>2J'],
    ['a\r\nb\tc\x7f', 'a^M^Jb^Ic^?'],
    ['user\u202ereversed', 'user<U+202E>reversed'],
    ['hor\u200batio', 'hor<U+200B>atio'],
    ['\ud800x', '<U+D800>x'],
    ['x\udc00', 'x<U+DC00>'],
  ];

  for (const [foreign, shown] of table) {
    it(`shows ${JSON.stringify(foreign)} as ${JSON.stringify(shown)}`, () => {
      assert.equal(printable(foreign), shown);
      assert.equal(isPrintable(printable(foreign)), true);
    });
  }

  it('cuts what is too long, never in the middle of a character', () => {
    assert.equal(printable('abcdef', 6), 'abcdef');
    assert.equal(printable('abcdefg', 6), 'abcde…');
    assert.equal(printable('abcd🖥fg', 6), 'abcd…');
    assert.ok(printable('\x1b'.repeat(1_000_000), 300).length <= 300);
  });

  it('leaves no control whatever comes', () => {
    for (let code = 0; code < 0x3000; code += 1) {
      assert.doesNotMatch(
        printable(String.fromCharCode(code)),
        /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/u,
        code.toString(16),
      );
    }
  });
});
