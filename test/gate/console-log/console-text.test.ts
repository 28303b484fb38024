import assert from 'node:assert/strict';
import fc from 'fast-check';
import { ConsoleText } from '../../../server/gate/console-log/console-text.js';
import { isPrintable } from '../../../policy/printable.js';
import { propertyRuns } from '../../support/property-runs.js';
import { processorMs } from '../../support/processor-time.js';

function read(said: Buffer | string, piece = Infinity): string[] {
  const bytes = Buffer.from(said);
  const text = new ConsoleText();
  const lines: string[] = [];
  for (let at = 0; at < bytes.length; at += Math.min(piece, bytes.length))
    lines.push(...text.push(bytes.subarray(at, at + piece)));
  return [...lines, ...text.end()];
}

describe('the text of a console', () => {
  const table: readonly (readonly [what: string, said: string, shown: readonly string[]])[] = [
    ['nothing', '', []],
    ['lines', 'one\r\ntwo\r\n\r\nfour', ['one', 'two', '', 'four']],
    [
      'colours are left out',
      '[\x1b[0;1;32m  OK  \x1b[0m] Started \x1b[38;5;9mx\x1b[m.\r\n',
      ['[  OK  ] Started x.'],
    ],
    ['what was overwritten', '10%\r20%\r100%\r\n', ['100%']],
    ['what was rubbed out', 'lonng\b\bg \r\n', ['long']],
    ['what was wiped', 'a long line\r\x1b[Kdone\r\nab\x1b[1Kc', ['done', '  c']],
    ['an edited command line', 'rm /x\b\b\x1b[P\x1b[@-rf \x1b[2C!', ['rm -rf   !']],
    ['tabs and columns', 'a\tb\x1b[3Cc\x1b[20Gd\x1b[2De', ['a       b   c     ed']],
    [
      'rows of a screen',
      '\x1b[2J\x1b[H\x1b[3;5HDebian\x1b[4;1Hboot\x1b[A\x1b[Elast',
      ['    Debian', 'boot', 'last'],
    ],
    ['a shell’s own modes', '\x1b[?2004hroot# \x1b[?25l\x1b[?1;1049h\x1b=\x1b7\x1b(B\x0f', ['root#']],
    ['mouse modes', '\x1b[?1000hx\x1b[?25;1006l', ['^[[?1000hx^[[?25;1006l']],
    ['a title', '\x1b]0;title\x07plain', ['plain']],
    ['the clipboard', '\x1b]52;c;ZXZpbA==\x1b\\', []],
    ['device control', '\x1bP$q"p\x1b\\', []],
    ['questions', '\x1b[c\x1b[6n\x1b[>0q\x05\x1bZ', ['^[[c^[[6n^[[>0q^E^[Z']],
    ['a printer, a reset', '\x1b[5i\x1bc', ['^[[5i^[c']],
    ['eight-bit controls', '\u009b31mred\u009d0;x\u009c', ['<U+009B>31mred<U+009D>0;x<U+009C>']],
    ['text that turns round', 'a\u202eb\u2066c\u200b', ['a<U+202E>b<U+2066>c<U+200B>']],
    ['bytes that are no UTF-8', Buffer.from('a\xffb', 'latin1').toString('latin1'), ['aÿb']],
    ['half a sequence', 'a\x1b[31', ['a^[[31']],
    ['an escape alone', 'tail\x1b', ['tail^[']],
    ['controls', 'bell\x07 nul\x00 del\x7f sub\x1a', ['bell nul del^? sub^Z']],
  ];
  for (const [what, said, shown] of table) {
    it(`${what}: ${JSON.stringify(said)}`, () => {
      assert.deepEqual(read(said), shown);
    });
  }

  it('keeps what is no UTF-8 in sight', () => {
    assert.deepEqual(read(Buffer.from([0x61, 0xff, 0x62, 0xc3])), ['a\ufffdb\ufffd']);
  });

  it('is always printable, and the same wherever what it is made of was cut', () => {
    const byte = fc.oneof(
      fc.integer({ min: 0, max: 255 }),
      fc.constantFrom(0x1b, 0x5b, 0x3b, 0x31, 0x48, 0x6d, 0x0d, 0x0a, 0x9b, 0xc2, 0xe2, 0x80, 0xae),
    );
    fc.assert(
      fc.property(fc.array(byte, { maxLength: 200 }), fc.integer({ min: 1, max: 7 }), (bytes, piece) => {
        const said = Buffer.from(bytes);
        const lines = read(said);
        assert.ok(lines.every(isPrintable), JSON.stringify(lines));
        assert.deepEqual(read(said, piece), lines);
      }),
      propertyRuns('the text of a console', 1_000, 50_000),
    );
  });

  it('holds a bounded piece of a line that does not end, and loses nothing of it', () => {
    const text = new ConsoleText();
    let shown = '';
    for (let at = 0; at < 100; at += 1) shown += text.push(Buffer.alloc(64 * 1024, 'abcdefg')).join('');
    assert.ok(text.rest.join('').length <= 32 * 1024);
    assert.equal(shown.length + text.end().join('').length, 100 * 64 * 1024);
  });

  it('takes little time, and gives little more than it got, for a hostile guest', () => {
    const pieces = [
      '\x1b',
      '\x1b[',
      '\x1b]',
      '\x1b[0;',
      '\x1b[500C',
      '\x1b[500@',
      'x\x1b[500@\r',
      '\x1b[9P',
      '\t',
      '\b',
      'a\r',
    ];
    for (const piece of [...pieces, '\x1b[2;3Hx', '\u202e', '\x1b[500Cx\x1b[H', '\t'.repeat(4000) + 'x\n']) {
      const said = Buffer.from(piece.repeat(Math.ceil((256 * 1024) / piece.length)));
      let shown = 0;
      const took = processorMs(() => {
        shown = read(said, 16 * 1024).reduce((sum, line) => sum + line.length + 1, 0);
      });
      assert.ok(took < 2_000, `${JSON.stringify(piece.slice(0, 20))}: ${took} ms`);
      assert.ok(shown < 60 * said.length, `${JSON.stringify(piece.slice(0, 20))}: ${shown}`);
    }
  });
});
