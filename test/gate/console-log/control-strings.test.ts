import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import type { MenuLogPiece } from '../../../menus/log-port.js';
import { isRefusal } from '../../../policy/refusal.js';
import { ConsoleText } from '../../../server/gate/console-log/console-text.js';
import { LogPager } from '../../../server/gate/console-log/log-pager.js';
import { SearchQueue } from '../../../server/gate/console-log/search-queue.js';
import { isPrintable } from '../../../policy/printable.js';
import { PagesInMemory } from '../../support/log-pages.js';
import { propertyRuns } from '../../support/property-runs.js';

const CASES = new URL('../../../../test/fixtures/console/', import.meta.url);
const never = new AbortController().signal;

function read(said: Buffer | string, cuts: readonly number[] = []): string[] {
  const bytes = Buffer.from(said);
  const text = new ConsoleText();
  const lines: string[] = [];
  let from = 0;
  for (const cut of [...cuts, bytes.length]) {
    lines.push(...text.push(bytes.subarray(from, Math.max(from, cut))));
    from = Math.max(from, cut);
  }
  return [...lines, ...text.end()];
}

/**
 * All lines of a log, back from its end or forward from its start. Null when a line is so long that a menu
 * cuts it elsewhere.
 */
async function paged(said: Buffer, way: 'before' | 'after'): Promise<string[] | null> {
  const pager = new LogPager(new PagesInMemory(said), new SearchQueue());
  const go = async (where: Parameters<LogPager['go']>[0]): Promise<MenuLogPiece> => {
    const piece = await pager.go(where);
    assert.ok(piece !== null && !isRefusal(piece));
    return piece;
  };
  let last = await go({ go: way === 'before' ? 'end' : 'start' });
  let lines = [...last.lines, ...last.open];
  while (way === 'before' ? !last.atStart : !last.atEnd) {
    const next = await go({ go: way, position: way === 'before' ? last.from : last.to });
    assert.notEqual(way === 'before' ? next.from : next.to, way === 'before' ? last.from : last.to);
    lines = way === 'before' ? [...next.lines, ...lines] : [...lines, ...next.lines, ...next.open];
    last = next;
  }
  if (lines.some(({ from, to }) => to - from > 1_900)) return null;
  return lines.map(({ text }) => text);
}

/** Checks the pages. A menu has a place for the text after the last line, even while none of it shows. */
async function assertPaged(said: Buffer, lines: readonly string[]): Promise<void> {
  for (const way of ['before', 'after'] as const) {
    const found = await paged(said, way);
    if (found === null) continue;
    const open = found.length > lines.length && found.at(-1) === '' ? found.slice(0, -1) : found;
    assert.deepEqual(open, lines, way);
  }
}

const ENDS = [
  ['ST', '\x1b\\'],
  ['ST in eight bits', '\u009c'],
] as const;

describe('control strings in a log', () => {
  for (const [what, begin] of [
    ['a title', '\x1b]0;root@horatio: ~'],
    ['a context of systemd', '\x1b]3008;start=44681544a0ea;user=root;hostname=host;type=shell;cwd=/root'],
    ['a folder', '\x1b]7;file://horatio/root'],
    ['a link', '\x1b]8;;https://horatio/'],
    ['device control', '\x1bP+q544e'],
    ['an application’s', '\x1b_Ga=T;AAAA'],
    ['privacy', '\x1b^secret'],
    ['a start of string', '\x1bXanything'],
    ['a title of screen(1)', '\x1bkbash'],
  ] as const) {
    for (const [how, end] of begin[1] === ']' ? [...ENDS, ['BEL', '\x07'] as const] : ENDS)
      it(`are left out: ${what}, ended by ${how}`, () => {
        assert.deepEqual(read(`before ${begin}${end}after\r\nnext`), ['before after', 'next']);
      });
  }

  const table: readonly (readonly [what: string, said: string, shown: readonly string[]])[] = [
    ['in which a line ends', 'a\x1b]0;ti\r\ntle\x07b\r\nc', ['ab', 'c']],
    ['an image of many lines', `a\x1bPq${'#0~~\n'.repeat(50)}\x1b\\b`, ['ab']],
    ['never ended, its own line alone', 'a\x1b]0;title\r\nb\r\nc', ['a', 'b', 'c']],
    ['never ended, before colours', 'a\x1b]0;title\r\nb\r\n\x1b[31mc', ['a', 'b', 'c']],
    ['never ended, before another', 'a\x1b]0;one\x1b]0;two\x07b', ['ab']],
    ['given up', 'a\x1b]0;title\x18b\x1b_c\x1ad', ['abd']],
    ['given up in another line', 'a\x1b]0;title\r\nb\x18c', ['a', 'b^Xc']],
    ['a bell where there is none', 'a\x1bPdevice\x07control\x1b\\b', ['ab']],
    ['Linux’s palette', '\x1bc\x1b]Rlogin: \x1b]P0112233visible\r\n', ['^[clogin: visible']],
    ['not begun', 'a]0;title\x07b', ['a]0;titleb']],
    ['links', '\x1b]8;id=1;http://a/\x1b\\text\x1b]8;;\x1b\\ end', ['text end']],
  ];
  for (const [what, said, shown] of table) {
    it(`are left out: ${what}`, () => {
      assert.deepEqual(read(said), shown);
    });
  }

  it('take no more with them than one may have, when they never end', () => {
    const line = 'a line of the kernel';
    const shown = read(`\x1b]0;${'x'.repeat(100_000)}\r\n${`${line}\r\n`.repeat(20)}`);
    assert.equal(shown.filter((each) => each === line).length, 20);
    assert.ok(shown.join('').length > 90_000);
    const open = read(`${line}\x1bPnever\r\n${`${line}\r\n`.repeat(500)}`);
    assert.deepEqual(
      open,
      Array.from({ length: 501 }, () => line),
    );
  });

  it('show what follows one that never ends while it is followed', () => {
    const text = new ConsoleText();
    assert.deepEqual(text.push(Buffer.from('\x1b]0;never\r\n')), []);
    const shown = text.push(Buffer.from('a line of the kernel\r\n'.repeat(150)));
    assert.ok(shown.length > 100);
  });
});

describe('drawn lines in a log', () => {
  const table: readonly (readonly [what: string, said: string, shown: readonly string[]])[] = [
    ['by G0', '\x1b(0lqk\x1b(B lqk\r\n', ['┌─┐ lqk']],
    ['over several lines', '\x1b(0lqqk\r\nx  x\r\nmqqj\x1b(B\r\nx', ['┌──┐', '│  │', '└──┘', 'x']],
    [
      'by G1, chosen long before',
      `\x1b)0${'text\r\n'.repeat(2_000)}\x0elqk\x0flqk`,
      [...Array.from({ length: 2_000 }, () => 'text'), '┌─┐lqk'],
    ],
    ['by a G1 that is ASCII', '\x1b)B\x0elqk\x0f', ['lqk']],
    ['by a shift that is forgotten', '\x0eq\r\nq', ['─', 'q']],
    ['not in sequences', '\x1b(0q\x1b[31mq\x1b[2Kq\x1b(B', ['  ─']],
    ['of all kinds', '\x1b(0`afgjklmnopqrstuvwxyz{|}~\x1b(B', ['◆▒°±┘┐┌└┼⎺⎻─⎼⎽├┤┴┬│≤≥π≠£·']],
    ['until a reset', '\x1b(0q\x1bcq\x1b[!pq', ['─^[cq^[[!pq']],
  ];
  for (const [what, said, shown] of table)
    it(`are drawn: ${what}`, () => {
      assert.deepEqual(read(said), shown);
    });

  it('garble no more than a screenful when the guest forgets to go back', () => {
    const shown = read(`\x1b(0${'login: \r\n'.repeat(2_000)}`);
    assert.equal(shown[0], '┌⎺±␋┼:');
    assert.equal(shown.at(-1), 'login:');
  });
});

describe('the text of a log', () => {
  const names = readdirSync(CASES).filter((name) => name !== 'README.md');

  for (const name of names)
    it(`of ${name} is printable, and the same in any pieces and pages`, async () => {
      const bytes = readFileSync(new URL(name, CASES));
      const lines = read(bytes);
      assert.ok(lines.every(isPrintable));
      assert.deepEqual(read(bytes, Array.from(bytes.keys())), lines);
      const many = Buffer.concat(Array.from({ length: Math.ceil(40_000 / bytes.length) }, () => bytes));
      const whole = read(many);
      await assertPaged(many, whole);
    });

  it('of a shell under systemd has nothing of its contexts, titles and links', () => {
    assert.deepEqual(read(readFileSync(new URL('log-strings', CASES))), [
      'root@h:~# ls',
      'link done',
      'root@h:~#',
      'after dcs',
      '┌─┐ lines',
      ' utf8',
      '^[[6n^[[c asks',
      ' saves',
      'keypad',
      'hid',
      '^[[4hins^[[4l',
      'cursor',
      '^[[!pwrap',
      'XYZ',
      '100%',
      'tab     x',
      'bell',
      'nulnul',
      'so si',
      'bold rgb',
      'cut ^[[0;1;3…x',
      '\u00e9\u6f22\u{1f389} e\u0301 <U+202E> rtl <U+200B> zw <U+FEFF> bom',
      'last',
    ]);
  });

  const word = fc.oneof(
    {
      weight: 6,
      arbitrary: fc.constantFrom(
        'word ',
        'é漢',
        'lqqk',
        '\r\n',
        '\r\n',
        '\r\n',
        '\n',
        '\x1b[31m',
        '\x1b[2K',
        '\r',
        '\b',
        '\t',
      ),
    },
    {
      weight: 4,
      arbitrary: fc.constantFrom(
        ...[
          '\x1b]0;',
          '\x1b]3008;start=',
          '\x1bP',
          '\x1b_',
          '\x1b^',
          '\x1bX',
          '\x1bk',
          '\x1b]R',
          '\x1b]P01',
          '\x07',
          '\x1b\\',
          '\u009c',
          '\x1b',
          '\x18',
        ],
        ...[
          '\x1b(0',
          '\x1b(B',
          '\x1b)0',
          '\x1b)B',
          '\x0e',
          '\x0f',
          '\x1bc',
          '\x1b[!p',
          '\xc2',
          '\x1b[',
          '\x1b(',
          'x'.repeat(400),
        ],
      ),
    },
  );
  const said = fc
    .array(fc.tuple(fc.array(word, { minLength: 1, maxLength: 25 }), fc.integer({ min: 1, max: 60 })), {
      maxLength: 12,
    })
    .map((parts) =>
      Buffer.from(parts.map(([words, times]) => `${words.join('')}\r\n`.repeat(times)).join('')),
    );

  it('is the same in any pieces, and in pages from either end, and nothing in it does anything to a terminal', async function () {
    this.timeout(600_000);
    await fc.assert(
      fc.asyncProperty(said, fc.array(fc.nat(60_000), { maxLength: 20 }), async (bytes, cuts) => {
        const lines = read(bytes);
        assert.ok(lines.every(isPrintable));
        assert.deepEqual(
          read(
            bytes,
            cuts.sort((one, other) => one - other),
          ),
          lines,
        );
        await assertPaged(bytes, lines);
      }),
      propertyRuns('control strings in a log', 150, 10_000),
    );
  });

  it('is what is searched: what is left out is not found, and what is shown is', async () => {
    const many = 'a line\r\n'.repeat(6_000);
    const bytes = Buffer.from(`${many}root\x1b]0;a title\x07@horatio \x1b(0lqk\x1b(B\r\n${many}`);
    const pager = new LogPager(new PagesInMemory(bytes), new SearchQueue());
    for (const back of [true, false]) {
      const from = back ? bytes.length : 0;
      for (const text of ['root@horatio', '┌─┐']) {
        const found = await pager.find(text, from, back, never);
        assert.ok(found !== null && !isRefusal(found));
        assert.equal(found.at, Buffer.byteLength(many));
      }
      assert.equal(await pager.find('a title', from, back, never), null);
    }
  });
});
