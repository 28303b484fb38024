import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { MenuLogLine, MenuLogPiece } from '../../../menus/log-port.js';
import { isRefusal, refusal } from '../../../policy/refusal.js';
import { LogAccess } from '../../../server/gate/console-log/log-access.js';
import { joinedLog } from '../../../server/gate/console-log/joined-log.js';
import type { JoinedLog } from '../../../server/gate/console-log/joined-log.js';
import type { OpenedLog } from '../../../server/gate/console-log/opened-log.js';
import { LogPager } from '../../../server/gate/console-log/log-pager.js';
import { LogPages } from '../../../server/gate/console-log/log-pages.js';
import { SearchQueue } from '../../../server/gate/console-log/search-queue.js';
import { PagesInMemory } from '../../support/log-pages.js';
import { LogHost } from '../../support/log-host.js';
import { propertyRuns } from '../../support/property-runs.js';

const never = new AbortController().signal;
const U5 = '55555555-5555-4555-8555-555555555555';
const U7 = '77777777-7777-4777-8777-777777777777';

async function joinedOf(
  now: LogHost,
  former: readonly LogHost[],
  fixed: string | null = null,
): Promise<JoinedLog> {
  const hosts = former.map((link) => ({ name: link.name, link, uuid: link.lastUuid }));
  const joined = await joinedLog(openedOn(now), hosts as never, { fixed, present: now.lastUuid });
  assert.ok(!isRefusal(joined));
  return joined;
}

function openedOn(host: LogHost): OpenedLog {
  return { demanded: { domain: 'horatio' }, host } as unknown as OpenedLog;
}

function pagesOf(now: LogHost, former: readonly LogHost[]): LogPages {
  return new LogPages(openedOn(now), () => joinedOf(now, former));
}

async function piece(asked: Promise<unknown>): Promise<MenuLogPiece> {
  const found = await asked;
  assert.ok(found !== null && !isRefusal(found), JSON.stringify(found));
  return found as MenuLogPiece;
}

async function walked(pages: Pick<LogPages, 'page'>, way: 'before' | 'after'): Promise<MenuLogLine[]> {
  const pager = new LogPager(pages, new SearchQueue());
  let last = await piece(pager.go({ go: way === 'before' ? 'end' : 'start' }));
  let lines = [...last.lines, ...last.open];
  for (let turns = 0; way === 'before' ? !last.atStart : !last.atEnd; turns += 1) {
    assert.ok(turns < 1_000, 'it goes on without end');
    const next = await piece(pager.go({ go: way, position: way === 'before' ? last.from : last.to }));
    lines = way === 'before' ? [...next.lines, ...lines] : [...lines, ...next.lines, ...next.open];
    last = next;
  }
  return lines;
}

const texts = (lines: readonly MenuLogLine[]): string[] => lines.map(({ text }) => text);

describe('the log of a domain that ran on several hosts', () => {
  const said = (word: string, count: number): string =>
    Array.from({ length: count }, (_, at) => `${word} ${at} ${'x'.repeat(at % 50)}\r\n`).join('');

  /** Booted on one, moved to two, booted there anew, moved back to one. */
  function hosts(): { readonly one: LogHost; readonly two: LogHost; readonly whole: string } {
    const one = new LogHost('one');
    const two = new LogHost('two');
    one.boot(U5, 1, said('5a', 900));
    two.boot(U5, 2, said('5b', 700));
    two.boot(U7, 3, said('7a', 800));
    one.boot(U7, 4, said('7b', 600));
    return { one, two, whole: said('5a', 900) + said('5b', 700) + said('7a', 800) + said('7b', 600) };
  }

  it('is one: every line once, forwards and back, in the order in which it was said', async () => {
    const { one, two, whole } = hosts();
    const expected = texts(await walked(new PagesInMemory(whole), 'after'));
    for (const way of ['before', 'after'] as const)
      assert.deepEqual(texts(await walked(pagesOf(one, [two]), way)), expected, way);
  });

  it('has each boot once, which begins where it began, and goes to the one before and after', async () => {
    const { one, two } = hosts();
    const { boots, parts } = await joinedOf(one, [two]);
    assert.equal(boots?.length, 2);
    assert.deepEqual(
      parts.map(({ host }) => host.name),
      ['one', 'two', 'one'],
    );
    const pages = pagesOf(one, [two]);
    const begins = (await walked(pages, 'after'))
      .filter((line) => line.begins)
      .map(({ text }) => text.trim());
    assert.deepEqual(begins, ['5a 0', '7a 0']);
    const pager = new LogPager(pages, new SearchQueue());
    const end = await piece(pager.go({ go: 'end' }));
    const seven = await piece(pager.go({ go: 'earlier-boot', position: end.to - 1 }));
    assert.equal(seven.lines[0]?.text.trim(), '5a 0');
    const later = await piece(pager.go({ go: 'later-boot', position: seven.from }));
    assert.equal(later.lines[0]?.text.trim(), '7a 0');
  });

  it('is searched over the seams, both ways', async () => {
    const { one, two } = hosts();
    const pager = new LogPager(pagesOf(one, [two]), new SearchQueue());
    for (const text of ['5a 3 ', '5a 899 ', '5b 1 ', '7a 401 ', '7b 1 ', '7b 599 ']) {
      for (const [position, back] of [
        [0, false],
        [1e9, true],
      ] as const) {
        const end = await piece(pager.go({ go: 'end' }));
        const found = await pager.find(text, Math.min(position, end.to), back, never);
        assert.ok(found !== null && !isRefusal(found), `${text} ${String(back)}`);
        assert.ok(
          found.piece.lines.some((line) => line.from === found.at && line.text.includes(text)),
          text,
        );
      }
    }
  });

  it('gives any page that one log would give, whatever was said', async () => {
    const stretch = fc.record({
      where: fc.boolean(),
      text: fc.string({
        minLength: 1,
        maxLength: 4_000,
        unit: fc.constantFrom('a', 'b', ' ', '\n', '\x1b[1m', '\u00e9'),
      }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(stretch, { maxLength: 8 }), async (all) => {
        const one = new LogHost('one');
        const two = new LogHost('two');
        all.forEach(({ where, text }, at) => {
          (where ? one : two).boot(U5, at + 1, text);
        });
        let from = 0;
        const boots = all.flatMap(({ where, text }, at) => {
          const begins = from;
          from += Buffer.byteLength(text);
          return at === 0 || all[at - 1]?.where === where ? [{ from: begins, profile: 'normal' }] : [];
        });
        const expected = new PagesInMemory(all.map(({ text }) => text).join(''), boots);
        for (const way of ['before', 'after'] as const) {
          const lines = texts(await walked(pagesOf(one, [two]), way)).join('');
          assert.equal(lines, texts(await walked(expected, way)).join(''), way);
        }
      }),
      propertyRuns('the log of several hosts', 60, 2_000),
    );
  });

  it('goes on at its end, where the present host says more and boots anew', async () => {
    const { one, two } = hosts();
    const pages = pagesOf(one, [two]);
    const pager = new LogPager(pages, new SearchQueue());
    const before = await piece(pager.go({ go: 'end' }));
    one.say('more of seven\r\n');
    one.boot('99999999-9999-4999-8999-999999999999', 5, 'nine\r\n');
    const after = await piece(pager.go({ go: 'after', position: before.to }));
    assert.deepEqual(texts(after.lines), ['more of seven', 'nine']);
    assert.deepEqual(
      after.lines.map(({ begins }) => begins),
      [false, true],
    );
    assert.equal(pages.localOf(before.to), one.bytes.length - 'more of seven\r\nnine\r\n'.length);
  });

  it('is two boots where the file sets the UUID, which proves no migration', async () => {
    const one = new LogHost('one');
    const two = new LogHost('two');
    one.boot(U5, 1, 'first');
    two.boot(U5, 2, 'second');
    assert.equal((await joinedOf(two, [one])).boots?.length, 1);
    assert.equal((await joinedOf(two, [one], U5)).boots?.length, 2);
  });

  it('names the hosts whose part is missing: silent, refused, or too old where it is of this boot', async () => {
    const { one, two } = hosts();
    two.reachable = false;
    const silent = await joinedOf(one, [two]);
    assert.deepEqual([silent.missing, silent.parts.length], [['two'], 1]);
    two.reachable = true;
    two.no = refusal('host-unreachable', 'No.');
    assert.deepEqual((await joinedOf(one, [two])).missing, ['two']);
    two.no = null;
    two.log.tellsSpans = false;
    assert.deepEqual((await joinedOf(one, [two])).missing, ['two']);
    one.boot('99999999-9999-4999-8999-999999999999', 5, 'nine');
    assert.deepEqual((await joinedOf(one, [two])).missing, []);
  });

  it('says nothing of a silent host that the domain left before the role began', async () => {
    const { one, two } = hosts();
    two.reachable = false;
    const since = '2026-11-21T12:00:00.000Z';
    for (const [goneAt, missing] of [
      ['2026-11-20T12:00:00.000Z', []],
      ['2026-11-21T11:59:00.000Z', ['two']],
      ['2026-11-21T13:00:00.000Z', ['two']],
      [null, ['two']],
    ] as const) {
      const former = [{ name: 'two', link: two, uuid: two.lastUuid, goneAt }];
      const access = new LogAccess({ hosts: { ranBefore: () => former } } as never);
      const host = Object.assign(one, { domains: new Map() });
      const joined = await access.joined({ demanded: { domain: 'horatio', since }, host } as never);
      assert.ok(!isRefusal(joined));
      assert.deepEqual(joined.missing, missing, String(goneAt));
    }
  });
});
