import assert from 'node:assert/strict';
import {
  dropUnprintable,
  firstUnprintable,
  isPrintable,
  printable,
  replaceUnprintable,
} from '../../policy/printable.js';

const LAST = 0x10ffff;

/** Each promised property by itself; the rule is written with fewer. */
const NOT_SHOWN: readonly (readonly [property: string, has: RegExp, least: number])[] = [
  ['Default_Ignorable_Code_Point', /\p{Default_Ignorable_Code_Point}/u, 4_000],
  ['Bidi_Control', /\p{Bidi_Control}/u, 12],
  ['Cc, controls', /\p{Cc}/u, 65],
  ['Cf, format characters', /\p{Cf}/u, 160],
  ['Co, private use', /\p{Co}/u, 137_468],
  ['Cn, unassigned', /\p{Cn}/u, 800_000],
  ['Cs, halves of surrogate pairs', /\p{Cs}/u, 2_048],
  ['Zl and Zp, separators of lines and paragraphs', /[\p{Zl}\p{Zp}]/u, 2],
];

function* codePoints(): Iterable<readonly [code: number, character: string]> {
  for (let code = 0; code <= LAST; code += 1) yield [code, String.fromCodePoint(code)];
}

describe('what may be printed, over all of Unicode', () => {
  for (const [property, has, least] of NOT_SHOWN) {
    it(`is never ${property}: replaced, dropped, rejected`, () => {
      let found = 0;
      let last = '';
      for (const [code, character] of codePoints()) {
        if (!has.test(character)) continue;
        found += 1;
        const name = `U+${code.toString(16).toUpperCase().padStart(4, '0')}`;
        const shown = printable(character);
        if (
          isPrintable(character) ||
          firstUnprintable(character) !== name ||
          dropUnprintable(character) !== '' ||
          replaceUnprintable(character, '?') !== '?' ||
          shown === last ||
          !/^(?:\^[@-_?]|<U\+[0-9A-F]{4,6}>)$/.test(shown)
        )
          assert.fail(name);
        last = shown;
      }
      assert.ok(found >= least, `${found} code points`);
    });
  }

  it('is everything else, as it is', () => {
    for (const [code, character] of codePoints()) {
      if (NOT_SHOWN.some(([, has]) => has.test(character))) continue;
      if (
        !isPrintable(character) ||
        printable(character) !== character ||
        dropUnprintable(character) !== character
      )
        assert.fail(code.toString(16));
    }
  });
});

describe('what may be printed, inside a text', () => {
  const texts: readonly (readonly [foreign: string, shown: string, first: string, rest: string])[] = [
    ['rm\u{e0041}', 'rm<U+E0041>', 'U+E0041', 'rm'],
    ['a\u{1d173}b', 'a<U+1D173>b', 'U+1D173', 'ab'],
    ['\u3164x', '<U+3164>x', 'U+3164', 'x'],
    ['x\ufe0f', 'x<U+FE0F>', 'U+FE0F', 'x'],
    ['a\u034fb', 'a<U+034F>b', 'U+034F', 'ab'],
    ['a\ue000b', 'a<U+E000>b', 'U+E000', 'ab'],
    ['a\u0378b', 'a<U+0378>b', 'U+0378', 'ab'],
    ['\ud83d\ud83d\ude00', '<U+D83D>😀', 'U+D83D', '😀'],
    ['😀\ude00', '😀<U+DE00>', 'U+DE00', '😀'],
    ['a\tb\n', 'a^Ib^J', 'U+0009', 'ab'],
  ];

  for (const [foreign, shown, first, rest] of texts) {
    it(`treats ${JSON.stringify(shown)} by each policy`, () => {
      assert.equal(printable(foreign), shown);
      assert.equal(isPrintable(foreign), false);
      assert.equal(firstUnprintable(foreign), first);
      assert.equal(dropUnprintable(foreign), rest);
      assert.equal(replaceUnprintable(foreign, '\ufffd').replace(/\ufffd/g, ''), rest);
      assert.ok(isPrintable(shown) && isPrintable(rest));
    });
  }

  it('gives what replaces a character as it stands', () => {
    assert.equal(replaceUnprintable('a\u0007b', '$&'), 'a$&b');
  });
});
