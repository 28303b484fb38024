import assert from 'node:assert/strict';
import type { LiveView } from '../../../server/gate/control/session-answers.js';
import {
  heard,
  listHeight,
  pressed,
  settled,
  shownRows,
  startState,
} from '../../../server/cli/top/top-state.js';
import type { LiveRow, TopEffect, TopState } from '../../../server/cli/top/top-state.js';
import { topView } from '../../../server/cli/top/top-view.js';
import { AnsiPainter } from '../../../menus/frame-ansi.js';
import { columnsOf } from '../../../menus/printable-text.js';
import { emulated, screenText } from '../../support/fake-menu-terminal.js';
import { customerName, domainName, fingerprint } from '../../support/temporary-store.js';

const NOW = Date.UTC(2026, 10, 30, 11, 0, 0);

function row(id: string, customer: string, some: Partial<LiveRow> = {}): LiveRow {
  return {
    id,
    customer: customerName(customer),
    fingerprint: fingerprint('a'),
    source: '192.0.2.7',
    domain: null,
    openedAt: new Date(NOW - 65_000).toISOString(),
    what: 'menu',
    command: null,
    consoles: [],
    ...some,
  };
}

function at(
  domain: string,
  host: string | null,
  mode: 'write' | 'watch' = 'write',
): LiveRow['consoles'][number] {
  return { domain: domainName(domain), host, mode, since: new Date(NOW - 5_000).toISOString() };
}

const ROWS: readonly LiveRow[] = [
  row('a.1', 'alice', { consoles: [at('horatio', 'xen1')] }),
  row('b.1', 'bob', { what: 'exec', command: 'log', source: '2001:db8::7' }),
  row('c.1', 'carol', { what: 'connection' }),
  row('d.1', 'dora', {
    what: 'plain-menu',
    domain: domainName('yorick'),
    consoles: [at('yorick', null, 'watch')],
  }),
];

function view(sessions: readonly LiveRow[]): LiveView {
  return { at: new Date(NOW).toISOString(), sessions };
}

function opened(sessions: readonly LiveRow[] = ROWS, columns = 100, rows = 24): TopState {
  return heard(startState(columns, rows, NOW), view(sessions), NOW);
}

function press(state: TopState, ...keys: readonly string[]): { state: TopState; effect: TopEffect | null } {
  let step: { state: TopState; effect: TopEffect | null } = { state, effect: null };
  for (const key of keys) step = pressed(step.state, key);
  return step;
}

const LOOK = { charset: 'utf-8', colour: true } as const;

function text(state: TopState): string[] {
  return topView(state, LOOK).lines.map((line) =>
    line
      .map((run) => run.text)
      .join('')
      .trimEnd(),
  );
}

describe('postern top', () => {
  it('asks for a larger window in one that is too small, whole', () => {
    const asked = text(opened(ROWS, 24, 6))
      .join(' ')
      .replaceAll(/\s+/g, ' ')
      .trim();
    assert.equal(asked, 'Please make this window 40x6 or larger; q ends.');
  });

  it('shows who is here, from where, since when, and what they do', () => {
    const lines = text(opened());
    assert.match(lines[0] ?? '', /^ postern top .* 4 customers, 4 sessions, 2 consoles$/);
    assert.match(lines[1] ?? '', /^ CUSTOMER +SINCE +FROM +SESSION +DOING$/);
    assert.deepEqual(lines.slice(2, 6), [
      ' alice            1 min      192.0.2.7        a.1          types at horatio on xen1, 5 s',
      ' bob              1 min      2001:db8::7      b.1          exec log',
      ' carol            1 min      192.0.2.7        c.1          no session',
      ' dora             1 min      192.0.2.7        d.1          watches yorick, 5 s',
    ]);
    assert.match(lines.at(-1) ?? '', /e end session {3}w watch console/);
    assert.match(text(opened([])).join('\n'), /Nobody is logged in\./);
    assert.match(text(startState(80, 24, NOW))[0] ?? '', /asking the gate$/);
  });

  it('ends the session under the cursor, with the reason that was typed, and after Enter alone', () => {
    const asked = press(opened(), 'down', 'e', ...Array.from('no more x'), 'backspace', 'backspace');
    assert.match(text(asked.state).join('\n'), /End the session of bob, reason: no more/);
    assert.equal(asked.effect, null);
    assert.deepEqual(press(asked.state, 'enter').effect, {
      effect: 'end',
      session: 'b.1',
      reason: 'no more',
    });
    assert.deepEqual(press(opened(), 'e', 'enter').effect, { effect: 'end', session: 'a.1', reason: null });
    for (const key of ['escape', 'interrupt', 'eof']) {
      const { state, effect } = press(opened(), 'e', 'x', key);
      assert.deepEqual([state.typing, effect], [null, null]);
    }
  });

  it('ends the session that was chosen, also when others come and go while the reason is typed', () => {
    const asked = press(opened(), 'down', 'e', 'x').state;
    const changed = heard(asked, view([row('e.1', 'eve'), ...ROWS.filter(({ id }) => id !== 'a.1')]), NOW);
    assert.deepEqual(press(changed, 'enter').effect, { effect: 'end', session: 'b.1', reason: 'x' });
    const gone = heard(asked, view([row('e.1', 'eve')]), NOW);
    assert.deepEqual(press(gone, 'enter').effect, { effect: 'end', session: 'b.1', reason: 'x' });
  });

  it('watches the console of the session under the cursor, and says when there is none', () => {
    assert.deepEqual(press(opened(), 'w').effect, { effect: 'watch', console: ROWS[0]?.consoles[0] });
    const none = press(opened(), 'down', 'w');
    assert.deepEqual([none.effect, none.state.message], [null, 'bob has no console open in session b.1']);
    assert.equal(press(none.state, 'up').state.message, null);
    assert.equal(press(opened(), 'end', 'w').state.message, 'no host has yorick now');
    assert.equal(press(opened([]), 'w').state.message, 'there is no session to choose');
  });

  it('keeps the cursor on its session, and where it was when the session goes', () => {
    const second = press(opened(), 'down').state;
    const more = heard(second, view([row('e.1', 'eve'), ...ROWS]), NOW);
    assert.deepEqual([more.selected, more.cursor], ['b.1', 2]);
    const gone = heard(second, view(ROWS.filter(({ id }) => id !== 'b.1')), NOW);
    assert.equal(gone.selected, 'c.1');
    assert.equal(heard(second, view([]), NOW).selected, '');
  });

  it('shows only what a filter lets through: names, addresses, servers and hosts', () => {
    for (const [filter, ids] of [
      ['ALI', ['a.1']],
      ['2001:', ['b.1']],
      ['xen1', ['a.1']],
      ['yorick', ['d.1']],
      ['log', ['b.1']],
    ] as const) {
      const { state } = press(opened(), '/', ...Array.from<string>(filter), 'enter');
      assert.deepEqual(
        shownRows(state).map(({ id }) => id),
        ids,
        filter,
      );
      assert.equal(state.selected, ids[0]);
      assert.match(text(state).join('\n'), new RegExp(`only "${filter}": 1 of 4`));
      assert.equal(shownRows(press(state, 'escape').state).length, 4);
    }
    // A key that means something else is a letter here.
    assert.deepEqual(press(opened(), '/', 'q', 'e', 'w').state.filter, 'qew');
  });

  it('ends with q, Ctrl-C and Ctrl-D', () => {
    for (const key of ['q', 'interrupt', 'eof'])
      assert.deepEqual(press(opened(), key).effect, { effect: 'quit' });
  });

  it('says that the gate does not answer, and how old the rows are', () => {
    const lines = text({ ...opened(), now: NOW + 9_000, trouble: 'the gate is not running' });
    assert.match(lines[0] ?? '', /as of 9 s ago$/);
    assert.match(lines.at(-2) ?? '', /the gate is not running/);
    assert.match(lines[2] ?? '', /types at horatio on xen1, 14 s/);
  });

  it('looks at no more rows than have room, of however many', () => {
    let drawn = 0;
    const many = Array.from({ length: 5_000 }, (_, index) => {
      const one = row(`${index}.1`, 'alice');
      return Object.defineProperty({ ...one }, 'source', {
        get: () => {
          drawn += 1;
          return one.source;
        },
      });
    });
    const state = press(opened(many), 'end').state;
    assert.equal(state.selected, '4999.1');
    drawn = 0;
    const lines = text(state);
    assert.equal(drawn, listHeight(state));
    assert.match(lines.at(-3) ?? '', /4999\.1/);
    assert.match(text(press(state, 'home').state)[2] ?? '', / 0\.1 /);
    assert.match(text(press(state, 'home', 'pagedown').state).join('\n'), / 20\.1 /);
  });

  it('fits windows of every size, and keeps the cursor in them', () => {
    const many = Array.from({ length: 50 }, (_, index) =>
      row(`${index}.1`, `customer-${index}`, {
        source: '2001:db8:1234:5678:9abc:def0:1234:5678',
        consoles: index % 3 === 0 ? [at('a-server-with-quite-a-long-name.example.net', 'xen1')] : [],
      }),
    );
    for (const columns of [1, 5, 39, 40, 41, 64, 80, 120, 300])
      for (const rows of [1, 5, 6, 7, 24, 100]) {
        const resized = settled({ ...press(opened(many), 'end', 'up').state, columns, rows });
        for (const state of [resized, press(resized, 'e', ...Array.from('x'.repeat(300))).state]) {
          const frame = topView(state, LOOK);
          assert.equal(frame.lines.length, rows);
          for (const line of frame.lines)
            assert.equal(
              line.reduce((sum, run) => sum + columnsOf(run.text), 0),
              columns,
            );
          if (frame.cursor !== null) assert.ok(frame.cursor.column < columns && frame.cursor.row < rows);
          if (columns >= 40 && rows >= 6)
            assert.ok(frame.lines.some((line) => line.some(({ style }) => style === 'selected')));
        }
      }
  });

  it('lets no control character through, whoever gave it', async () => {
    const hostile = '\x1b]0;pwned\x07\x1b[2J\u202e漢\r\n\x9b31m';
    const state = opened([
      row('a.1', 'alice', { source: hostile, command: hostile, what: 'exec' }),
      row(hostile, 'bob', { consoles: [{ ...at('horatio', 'xen1'), host: hostile }] }),
    ]);
    const shown = { ...state, message: hostile, trouble: hostile };
    for (const charset of ['utf-8', 'ascii'] as const) {
      const frame = topView(shown, { charset, colour: false });
      for (const line of frame.lines)
        for (const run of line) assert.doesNotMatch(run.text, /[\u0000-\u001f\u007f-\u009f\u202e]/);
      const screen = screenText(await emulated(100, 24, new AnsiPainter('xterm').paint(frame)));
      assert.match(screen.join('\n'), /alice/);
      assert.match(screen[0] ?? '', /postern top/);
    }
  });
});
