import assert from 'node:assert/strict';
import fc from 'fast-check';
import { columnsOf, cut, printable, wrap } from '../../menus/printable-text.js';
import { anyText } from '../support/any-text.js';
import { propertyRuns } from '../support/property-runs.js';

const HOSTILE: readonly (readonly [why: string, text: string, utf8: string, ascii: string])[] = [
  ['plain text is left alone', 'alice@laptop', 'alice@laptop', 'alice@laptop'],
  ['an escape sequence', '\x1b[2Jboo', '?[2Jboo', '?[2Jboo'],
  ['a C1 control sequence introducer', '\u009b2Jboo', '?2Jboo', '?2Jboo'],
  ['an operating system command', '\x1b]0;title\x07', '?]0;title?', '?]0;title?'],
  ['a right-to-left override', 'exe\u202etxt', 'exe?txt', 'exe?txt'],
  ['isolates', '\u2066a\u2069', '?a?', '?a?'],
  ['zero-width characters', 'a\u200bb\u200dc\ufeffd', 'a?b?c?d', 'a?b?c?d'],
  ['line ends and tabs', 'a\r\nb\tc\u2028d', 'a  b c d', 'a  b c d'],
  ['a lone surrogate', 'a\ud800b', 'a?b', 'a?b'],
  ['a private character', 'a\ue000b', 'a?b', 'a?b'],
  ['emoji, on whose width terminals disagree', 'a😀b', 'a?b', 'a?b'],
  ['an accent, composed or not', 'Ame\u0301lie', 'Amélie', 'Amelie'],
  ['a pile of accents', 'z\u0300\u0301\u0302\u0303', 'z\u0300\u0301', 'z'],
  ['an accent on nothing', '\u0301a', 'a', 'a'],
  ['wide characters', '漢字', '漢字', '??'],
  ['drawn lines', '┌─┬┐│▒', '┌─┬┐│▒', '+-++|#'],
  ['our own typography', '“so” – …', '“so” – …', '"so" - ...'],
];

describe('printable text', () => {
  for (const [why, text, utf8, ascii] of HOSTILE) {
    it(why, () => {
      assert.equal(printable(text, 'utf-8'), utf8.normalize('NFC'));
      assert.equal(printable(text, 'ascii'), ascii);
    });
  }

  it('measures wide characters as two columns and marks as none', () => {
    assert.equal(columnsOf('漢字'), 4);
    assert.equal(columnsOf('z\u0300'), 1);
    assert.equal(columnsOf('한글'), 4);
  });

  it('cuts with an ellipsis, never through a wide character', () => {
    assert.equal(cut('horatio', 7, 'utf-8'), 'horatio');
    assert.equal(cut('horatio', 5, 'utf-8'), 'hora…');
    assert.equal(cut('horatio', 5, 'ascii'), 'ho...');
    assert.equal(cut('漢字漢字', 4, 'utf-8'), '漢…');
    assert.equal(cut('horatio', 2, 'ascii'), '..');
    assert.equal(cut('horatio', 0, 'utf-8'), '');
  });

  it('wraps at spaces, and breaks what is longer than a line', () => {
    assert.deepEqual(wrap('to be or not', 6, 'utf-8'), ['to be', 'or not']);
    assert.deepEqual(wrap('abcdefgh', 3, 'utf-8'), ['abc', 'def', 'gh']);
    assert.deepEqual(wrap('', 10, 'utf-8'), ['']);
  });

  it('whatever comes, what is shown is one printable line, fits, and stays the same when done again', () => {
    fc.assert(
      fc.property(
        anyText(40),
        fc.integer({ min: 0, max: 30 }),
        fc.constantFrom('utf-8' as const, 'ascii' as const),
        (text, columns, charset) => {
          const shown = printable(text, charset);
          assert.doesNotMatch(shown, /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u);
          if (charset === 'ascii') assert.match(shown, /^[\x20-\x7e]*$/);
          assert.equal(printable(shown, charset), shown);
          assert.ok(columnsOf(cut(text, columns, charset)) <= columns);
          for (const line of wrap(text, Math.max(2, columns), charset)) {
            assert.ok(columnsOf(line) <= Math.max(2, columns));
          }
        },
      ),
      propertyRuns('printable text', 250, 20_000),
    );
  });
});
