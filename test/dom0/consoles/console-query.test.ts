import assert from 'node:assert/strict';
import { parseConsoleQuery } from '../../../server/dom0/consoles/console-query.js';

describe('parseConsoleQuery', () => {
  const parse = (query: string): ReturnType<typeof parseConsoleQuery> =>
    parseConsoleQuery(new URLSearchParams(query));

  it('reads all that may be asked', () => {
    assert.deepEqual(
      parse('mode=write&cols=132&rows=50&label=alice&since=2026-01-02T03:04:05.678Z&takeover=1&boot=1&pty=0'),
      {
        asked: 'write',
        size: { cols: 132, rows: 50 },
        label: 'alice',
        admin: null,
        since: Date.UTC(2026, 0, 2, 3, 4, 5, 678),
        takeover: true,
        fromBoot: true,
        hasPty: false,
      },
    );
  });

  it('does without the rest', () => {
    assert.deepEqual(parse('mode=watch'), {
      asked: 'watch',
      size: null,
      label: 'somebody',
      admin: null,
      since: null,
      takeover: false,
      fromBoot: false,
      hasPty: true,
    });
  });

  for (const [what, query] of [
    ['no mode', ''],
    ['another mode', 'mode=admin'],
    ['a time that is none: it must not show everything', 'mode=watch&since=yesterday'],
    ['an empty time', 'mode=watch&since='],
  ] as const) {
    it(`refuses ${what}`, () => {
      assert.equal(parse(query), undefined);
    });
  }

  it('clamps sizes and drops nonsense', () => {
    const size = (cols: string, rows: string): unknown => parse(`mode=watch&cols=${cols}&rows=${rows}`)?.size;
    assert.deepEqual(size('2000', '2000'), { cols: 300, rows: 100 });
    assert.deepEqual(size('1', '1'), { cols: 2, rows: 1 });
    for (const [cols, rows] of [
      ['0', '0'],
      ['-5', '24'],
      ['80', 'x'],
      ['80.5', '24'],
      ['Infinity', '24'],
      ['', ''],
    ] as const) {
      assert.equal(size(cols, rows), null, `${cols}x${rows}`);
    }
  });

  it('makes labels short and ASCII, of admins too', () => {
    const evil = encodeURIComponent(`\x1b[31m\u202Eevil\r\n\u009b\u0301é漢${'x'.repeat(100)}`);
    assert.equal(parse(`mode=watch&label=${evil}`)?.label, `[31mevil${'x'.repeat(56)}`);
    assert.equal(parse(`mode=watch&admin=${evil}`)?.admin, `[31mevil${'x'.repeat(56)}`);
    assert.equal(parse(`mode=watch&label=${encodeURIComponent('\x1b\x07 ')}`)?.label, 'somebody');
  });
});
