import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { MenuLogLine, MenuLogPiece } from '../../../menus/log-port.js';
import { isRefusal } from '../../../policy/refusal.js';
import { ConsoleText } from '../../../server/gate/console-log/console-text.js';
import { LogPager } from '../../../server/gate/console-log/log-pager.js';
import { SearchQueue } from '../../../server/gate/console-log/search-queue.js';
import { PagesInMemory } from '../../support/log-pages.js';
import { eventually } from '../../support/eventually.js';
import { propertyRuns } from '../../support/property-runs.js';

const never = new AbortController().signal;

/** Turns that a test gives. */
class HeldTurns {
  readonly waiting: (() => void)[] = [];
  readonly take = <T>(work: () => T): Promise<T> =>
    new Promise((resolve) => {
      this.waiting.push(() => {
        resolve(work());
      });
    });

  /** Gives one turn after the other until the promise settles. @returns how many */
  async until(settled: Promise<unknown>): Promise<number> {
    let given = 0;
    const state = { isOver: false };
    void settled.finally(() => (state.isOver = true));
    for (; !state.isOver; await new Promise((resolve) => setImmediate(resolve))) {
      const next = this.waiting.shift();
      if (next !== undefined) given += 1;
      next?.();
    }
    return given;
  }
}

function pagerOf(pages: PagesInMemory): LogPager {
  return new LogPager(pages, new SearchQueue());
}

async function piece(asked: Promise<unknown>): Promise<MenuLogPiece> {
  const found = await asked;
  assert.ok(found !== null && !isRefusal(found));
  return found as MenuLogPiece;
}

/** All lines, back from the end or forward from the start. */
async function walked(pages: PagesInMemory, way: 'before' | 'after'): Promise<MenuLogLine[]> {
  const pager = pagerOf(pages);
  let last = await piece(pager.go({ go: way === 'before' ? 'end' : 'start' }));
  let lines = [...last.lines, ...last.open];
  for (let turns = 0; way === 'before' ? !last.atStart : !last.atEnd; turns += 1) {
    assert.ok(turns < 5_000, 'it goes on without end');
    const next = await piece(pager.go({ go: way, position: way === 'before' ? last.from : last.to }));
    assert.equal(way === 'before' ? next.to : next.from, way === 'before' ? last.from : last.to);
    lines = way === 'before' ? [...next.lines, ...lines] : [...lines, ...next.lines, ...next.open];
    last = next;
  }
  return lines;
}

function textOf(bytes: Buffer): string[] {
  const text = new ConsoleText();
  return [...text.push(bytes), ...text.end()];
}

describe('the pager of a log', () => {
  const many = Array.from({ length: 3_000 }, (_, at) => `line ${at} ${'x'.repeat(at % 60)}\r\n`).join('');

  it('gives every line once, from the end back and from the start on', async () => {
    for (const said of [many, `${many}horatio login: `, '', 'x', '\n', '\n'.repeat(5_000), `\r\n${many}`]) {
      const expected = textOf(Buffer.from(said));
      for (const way of ['before', 'after'] as const) {
        const lines = (await walked(new PagesInMemory(said), way)).map(({ text }) => text);
        assert.deepEqual(lines, expected, `${way} ${said.slice(0, 20)}`);
      }
    }
  });

  it('cuts a line that does not end, and loses nothing of it', async () => {
    const said = `begin\n${'abcdefghij'.repeat(20_000)}\nend`;
    for (const way of ['before', 'after'] as const) {
      const lines = await walked(new PagesInMemory(said), way);
      assert.equal(lines.map(({ text }) => text).join(''), said.replaceAll('\n', ''));
      assert.ok(lines.every(({ text }) => text.length <= 2_000));
    }
    const wide = '漢字'.repeat(5_000);
    assert.equal((await walked(new PagesInMemory(wide), 'after')).map(({ text }) => text).join(''), wide);
  });

  it('joins on, whatever was said', async () => {
    const byte = fc.oneof(
      fc.integer({ min: 0, max: 255 }),
      fc.constantFrom(10, 10, 13, 27, 91, 72, 50, 74, 0xe2, 0x80, 0xae),
    );
    const part = fc.tuple(fc.array(byte, { minLength: 1, maxLength: 30 }), fc.integer({ min: 1, max: 400 }));
    await fc.assert(
      fc.asyncProperty(fc.array(part, { maxLength: 12 }), fc.array(fc.nat(5_000)), async (parts, boots) => {
        const bytes = Buffer.concat(
          parts.map(([some, times]) => Buffer.alloc(some.length * times, Buffer.from(some))),
        );
        const starts = [...new Set(boots)]
          .filter((from) => from < bytes.length)
          .sort((one, other) => one - other);
        const pages = new PagesInMemory(
          bytes,
          starts.map((from) => ({ from, profile: 'normal' })),
        );
        for (const way of ['before', 'after'] as const) {
          const lines = await walked(pages, way);
          let at = 0;
          for (const line of lines) {
            assert.ok(line.from === at || line.to === at, 'side by side');
            at = line.to;
            const boot = starts.findLast((from) => from <= line.from);
            assert.equal(line.boot === null, boot === undefined);
            assert.ok(!line.begins || boot === line.from);
          }
          assert.equal(at, bytes.length);
          assert.equal(lines.filter(({ begins }) => begins).length, starts.length);
        }
      }),
      propertyRuns('the pager of a log', 150, 5_000),
    );
  });

  it('finds what the lines look like, back and on, and says where each is', async () => {
    const said = `${many}Gave \x1b[31mup\x1b[m waiting\r\n${many}now it GAVE UP\rIt\r\n${many}`;
    const pages = new PagesInMemory(said);
    const pager = pagerOf(pages);
    const places: number[] = [];
    for (let position = pages.bytes.length; ;) {
      const found = await pager.find('gave up', position, true, never);
      if (found === null) break;
      assert.ok(!isRefusal(found));
      const line = found.piece.lines.find(({ from }) => from === found.at);
      assert.match(line?.text ?? '', /gave up/i);
      assert.ok(
        found.piece.lines.some(({ from }) => from < found.at),
        'with what stands before it',
      );
      places.push(found.at);
      position = found.at;
    }
    assert.deepEqual(
      places,
      [said.indexOf('now it'), said.indexOf('Gave')].map((at) => Buffer.byteLength(said.slice(0, at))),
    );
    const first = await pager.find('GAVE UP', 0, false, never);
    assert.ok(first !== null && !isRefusal(first));
    assert.equal(first.at, places[1]);
    assert.equal(await pager.find('never said', pages.bytes.length, true, never), null);
    assert.equal(await pager.find('never said', 0, false, never), null);
  });

  it('takes what is looked for as text: an expression is none', async () => {
    const pager = pagerOf(
      new PagesInMemory('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!\n(a+)+$ is text\n'),
    );
    const found = await pager.find('(A+)+$', 0, false, never);
    assert.ok(found !== null && !isRefusal(found));
    assert.equal(found.piece.lines.find(({ from }) => from === found.at)?.text, '(a+)+$ is text');
  });

  it('can be given up, and reads no further then', async () => {
    const pages = new PagesInMemory(Buffer.alloc(8 * 1024 * 1024, `${'y'.repeat(79)}\n`));
    const search = new AbortController();
    const found = pagerOf(pages).find('z', pages.bytes.length, true, search.signal);
    while (pages.asked < 3) await new Promise((resolve) => setImmediate(resolve));
    search.abort();
    assert.equal(await found, null);
    assert.ok(pages.asked < 20);
  });

  it('knows the boots', async () => {
    const first = Buffer.byteLength(many);
    const pages = new PagesInMemory(`${many}Restarting system${many}`, [
      { from: 0, profile: 'normal' },
      { from: first + 17, profile: 'rescue' },
    ]);
    const pager = pagerOf(pages);
    const end = pages.bytes.length;
    assert.equal(await pager.go({ go: 'later-boot', position: end }), null);
    assert.equal(await pager.go({ go: 'later-boot', position: end - 10 }), null);
    const earlier = await piece(pager.go({ go: 'earlier-boot', position: end }));
    assert.deepEqual(
      [earlier.from, earlier.lines[0]?.begins, earlier.lines[0]?.boot?.profile],
      [0, true, 'normal'],
    );
    assert.equal(await pager.go({ go: 'earlier-boot', position: 100 }), null);
    const later = await piece(pager.go({ go: 'later-boot', position: 100 }));
    assert.deepEqual(later.lines[0], {
      from: first + 17,
      to: first + 26,
      text: 'line 0',
      boot: { began: Date.parse('2026-11-21T01:00:00.000Z'), profile: 'rescue' },
      begins: true,
    });
    const before = await piece(pager.go({ go: 'before', position: first + 17 }));
    assert.equal(before.lines.at(-1)?.text, 'Restarting system');
  });

  it('reads and searches each page when it is the turn of its customer', async () => {
    const turns = new HeldTurns();
    const bytes = Buffer.from(`${'nothing here\r\n'.repeat(20_000)}the needle\r\n`);
    const pager = new LogPager(new PagesInMemory(bytes), new SearchQueue(), turns.take);
    let isFound = false;
    const found = pager.find('needle', 0, false, never).then((one) => {
      isFound = true;
      return one;
    });
    await eventually('a page to wait for its turn', () => turns.waiting.length === 1);
    assert.equal(isFound, false);
    const given = await turns.until(found);
    assert.ok(given >= bytes.length / (64 * 1024), `${given} turns`);
    const at = await found;
    assert.ok(at !== null && !isRefusal(at));
  });
});
