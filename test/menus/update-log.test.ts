import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { LogEffect, LogFact, MenuLogLine } from '../../menus/log-port.js';
import { every, seenRows } from '../../menus/log-view.js';
import type { LogView } from '../../menus/log-view.js';
import type { Effect } from '../../menus/port.js';
import { currentPage } from '../../menus/state.js';
import type { LogPage, MenuState } from '../../menus/state.js';
import { MenuDriver } from '../support/menu-driver.js';
import { domain, domainName, logLine, logPiece, offers, refused } from '../support/menu-samples.js';
import { propertyRuns } from '../support/property-runs.js';

const HORATIO = domainName('horatio');

/** A gate with a log of numbered lines, which answers the menu's effects. */
class LogGate {
  readonly menu: MenuDriver;
  /** The number of the first kept line. */
  first = 0;
  last: number;
  readonly boots: number;
  /** Lines in a piece. */
  readonly size: number;
  keeping = true;
  readonly asked: LogEffect[] = [];

  constructor(lines: number, { boots = 1e9, size = 40, columns = 80, rows = 24 } = {}) {
    this.last = lines - 1;
    this.boots = boots;
    this.size = size;
    this.menu = new MenuDriver({ domains: [domain('horatio', { offers: offers() })], columns, rows });
  }

  open(): this {
    this.menu.press('l');
    return this.answer();
  }

  press(...keys: string[]): this {
    for (const key of keys) {
      this.menu.press(key);
      this.answer();
    }
    return this;
  }

  /** Answers until the menu wants nothing more. */
  answer(): this {
    for (let turns = 0; this.menu.effects.length > 0; turns += 1) {
      assert.ok(turns < 100, 'it asks without end');
      for (const effect of this.menu.taken()) {
        if (!isOfLog(effect)) continue;
        this.asked.push(effect);
        for (const fact of this.#facts(effect)) this.menu.tell(fact);
      }
    }
    return this;
  }

  piece(first: number, last: number): ReturnType<typeof logPiece> {
    const from = Math.max(this.first, first);
    const to = Math.max(from - 1, Math.min(this.last, last));
    return logPiece(
      from,
      to,
      {
        atStart: from <= this.first,
        atEnd: to >= this.last,
        about: { keeping: this.keeping, switchedAt: null, onDisk: true },
      },
      this.boots,
    );
  }

  get page(): LogPage {
    const page = currentPage(this.menu.state);
    return page.page === 'log' ? page : assert.fail('not the page of a log');
  }

  get view(): LogView {
    return this.page.view ?? assert.fail('nothing came');
  }

  get seen(): string[] {
    return seenRows(this.view, this.menu.state).map(({ text }) => text);
  }

  #facts(effect: LogEffect): LogFact[] {
    if (effect.effect === 'log-follow' && effect.follow)
      return this.#facts({ effect: 'log', domain: HORATIO, where: { go: 'end' } });
    if (effect.effect !== 'log') return [];
    const { where } = effect;
    const told = (first: number, last: number): LogFact[] => [
      { fact: 'log', domain: HORATIO, where: where.go, piece: this.piece(first, last) },
    ];
    const { size, last } = this;
    switch (where.go) {
      case 'start':
        return told(this.first, this.first + size - 1);
      case 'end':
        return told(last - size + 1, last);
      case 'before':
        return told(where.position / 10 - size, where.position / 10 - 1);
      case 'after':
        return told(where.position / 10, where.position / 10 + size - 1);
      case 'earlier-boot':
        return where.position < this.boots * 10
          ? [{ fact: 'log-missing', domain: HORATIO, what: 'earlier-boot' }]
          : told(this.first, this.first + size - 1);
      case 'later-boot':
        return where.position >= this.boots * 10
          ? [{ fact: 'log-missing', domain: HORATIO, what: 'later-boot' }]
          : told(this.boots, this.boots + size - 1);
    }
  }
}

function isOfLog(effect: Effect): effect is LogEffect {
  return effect.effect.startsWith('log');
}

const numbers = (rows: readonly string[]): number[] =>
  rows.flatMap((row) => /^line (\d+)$/.exec(row)?.slice(1).map(Number) ?? []);

describe('the log in the menu', () => {
  it('is opened at its end', () => {
    const gate = new LogGate(5_000).open();
    assert.deepEqual(numbers(gate.seen).at(-1), 4_999);
    assert.deepEqual(gate.asked[0], { effect: 'log', domain: HORATIO, where: { go: 'end' } });
  });

  it('shows every line once on the way to its start and back, and holds a bounded piece of it', () => {
    for (const size of [150, 40, 22]) {
      const gate = new LogGate(3_000, { size }).open();
      let met = numbers(gate.seen);
      while (met[0] !== 0) {
        gate.press('pageup');
        const seen = numbers(gate.seen);
        met = [...seen.filter((number) => number < (met[0] ?? 0)), ...met];
        assert.ok(every(gate.view).length < 700, `${every(gate.view).length}`);
      }
      assert.deepEqual(
        met,
        Array.from({ length: 3_000 }, (_, at) => at),
      );
      met = numbers(gate.seen);
      while (met.at(-1) !== 2_999) {
        gate.press('pagedown');
        met = [...met, ...numbers(gate.seen).filter((number) => number > (met.at(-1) ?? 0))];
        assert.ok(every(gate.view).length < 700, `${every(gate.view).length}`);
      }
      assert.deepEqual(
        met,
        Array.from({ length: 3_000 }, (_, at) => at),
      );
    }
  });

  it('goes on where keys asked for more than was there, once it comes', () => {
    const gate = new LogGate(1_000, { size: 60 }).open();
    const [top = 0] = numbers(gate.seen);
    gate.menu.press('pageup', 'pageup', 'pageup', 'pageup', 'pageup');
    gate.answer();
    assert.equal(numbers(gate.seen)[0], top - 5 * gate.seen.length);
    gate.menu.press('home', 'pagedown', 'down');
    gate.answer();
    assert.match(gate.seen[0] ?? '', /^-- Boot of/);
    gate.press('down');
    assert.equal(gate.seen[0], 'line 0');
  });

  it('goes to its start, its end, and what has come since', () => {
    const gate = new LogGate(500).open().press('home');
    assert.equal(numbers(gate.seen)[0], 0);
    gate.press('up');
    assert.match(gate.menu.state.notice ?? '', /begins/);
    gate.last += 3;
    gate.press('end');
    assert.equal(numbers(gate.seen).at(-1), 502);
    gate.last += 2;
    gate.press('down');
    assert.equal(numbers(gate.seen).at(-1), 503);
    gate.press('pagedown');
    assert.equal(numbers(gate.seen).at(-1), 504);
  });

  it('begins later when the oldest has gone meanwhile, and asks for it no more', () => {
    const gate = new LogGate(500).open();
    gate.first = 400;
    gate.press(...Array.from({ length: 20 }, () => 'pageup'));
    assert.equal(numbers(gate.seen)[0], 400);
    const asked = gate.asked.length;
    gate.first = 450;
    gate.press('end', 'home');
    assert.equal(numbers(gate.seen)[0], 450);
    assert.ok(gate.asked.length < asked + 6);
  });

  it('does not take a piece that does not join on', () => {
    const gate = new LogGate(1_000).open();
    const { seen } = gate;
    for (const where of ['before', 'after'] as const)
      gate.menu.tell({ fact: 'log', domain: HORATIO, where, piece: gate.piece(100, 120) });
    gate.answer();
    assert.deepEqual(gate.seen, seen);
    gate.menu.tell({ fact: 'log', domain: domainName('ophelia'), where: 'end', piece: gate.piece(0, 9) });
    assert.deepEqual(gate.seen, seen);
  });

  it('replaces the line that had not ended yet', () => {
    const gate = new LogGate(100).open();
    const open = (text: string): MenuLogLine[] => [logLine(100, 1e9, text)];
    gate.menu.tell({
      fact: 'log',
      domain: HORATIO,
      where: 'end',
      piece: { ...gate.piece(60, 99), open: open('horatio lo') },
    });
    assert.equal(gate.seen.at(-1), 'horatio lo');
    gate.menu.press('f');
    gate.menu.taken();
    const rest = { ...logPiece(100, 100), lines: [], to: 1000, open: open('horatio login: ') };
    gate.menu.tell({ fact: 'log', domain: HORATIO, where: 'after', piece: rest });
    assert.equal(gate.seen.at(-1), 'horatio login: ');
    gate.menu.tell({ fact: 'log', domain: HORATIO, where: 'after', piece: logPiece(100, 101) });
    assert.deepEqual(gate.seen.slice(-3), ['line 99', 'line 100', 'line 101']);
  });

  it('is followed until somebody looks back, and bounded', () => {
    const gate = new LogGate(100).open().press('f');
    assert.equal(gate.page.follow, true);
    for (let at = 100; at < 3_000; at += 10) {
      gate.menu.tell({ fact: 'log', domain: HORATIO, where: 'after', piece: logPiece(at, at + 9) });
      assert.equal(numbers(gate.seen).at(-1), at + 9);
      assert.ok(every(gate.view).length < 700);
    }
    gate.last = 2_999;
    gate.menu.press('pageup');
    assert.deepEqual(gate.menu.effects[0], { effect: 'log-follow', domain: HORATIO, follow: false });
    assert.equal(gate.page.follow, false);
    gate.menu.tell({ fact: 'log-rests', domain: HORATIO, message: 'It has gone.' });
    assert.equal(gate.menu.state.notice, 'It has gone.');
  });

  it('goes from boot to boot, also where the end is all that is seen', () => {
    const gate = new LogGate(300, { boots: 290 }).open();
    assert.ok(gate.seen.includes('-- Boot of 2025-11-21 05:15 UTC, rescue --'));
    gate.press('[');
    const where = { go: 'earlier-boot', position: 2990 } as const;
    assert.deepEqual(gate.asked.at(-2), { effect: 'log', domain: HORATIO, where });
    assert.equal(gate.seen[0], '-- Boot of 2025-11-20 05:15 UTC, normal --');
    gate.press('[');
    assert.match(gate.menu.state.notice ?? '', /no earlier boot/);
    gate.press(']');
    assert.equal(numbers(gate.seen).at(-1), 299, 'the screen is full');
    gate.press(']');
    assert.match(gate.menu.state.notice ?? '', /no later boot/);
    gate.press('[');
    assert.equal(numbers(gate.seen)[0], 0);
  });

  it('looks for a text back from what is seen, further with n, and the other way with N', () => {
    const gate = new LogGate(1_000).open();
    gate.menu.press('/').type('Line 9').press('backspace', '7', 'enter');
    assert.deepEqual(gate.menu.taken(), [
      { effect: 'log-find', domain: HORATIO, text: 'Line 7', position: 10_000, back: true },
    ]);
    assert.equal(gate.page.searching, true);
    const found = (at: number): void => {
      gate.menu.tell({
        fact: 'log-found',
        domain: HORATIO,
        at: at * 10,
        piece: gate.piece(at - 30, at + 30),
      });
      gate.answer();
    };
    found(799);
    assert.ok(numbers(gate.seen).includes(799));
    gate.menu.press('n');
    assert.deepEqual(gate.menu.taken()[0], {
      effect: 'log-find',
      domain: HORATIO,
      text: 'Line 7',
      position: 7990,
      back: true,
    });
    found(798);
    gate.menu.press('N');
    assert.deepEqual(gate.menu.taken()[0], {
      effect: 'log-find',
      domain: HORATIO,
      text: 'Line 7',
      position: 7990,
      back: false,
    });
    gate.menu.press('escape');
    assert.deepEqual(gate.menu.taken(), [{ effect: 'log-give-up' }]);
    assert.equal(gate.page.searching, false);
    gate.menu.tell({ fact: 'log-missing', domain: HORATIO, what: 'text' });
    assert.match(gate.menu.state.notice ?? '', /no more "Line 7"/);
  });

  it('takes what is typed to be looked for as text, whatever it is, and not all of it', () => {
    const gate = new LogGate(100).open();
    gate.menu.press('/').type('q?[o').press('escape');
    assert.equal(gate.page.typing, null);
    assert.deepEqual(gate.menu.taken(), []);
    gate.menu
      .press('/')
      .send({ input: 'paste', text: `a\nb${'x'.repeat(10_000)}` })
      .press('enter');
    const [find] = gate.menu.taken();
    assert.ok(find?.effect === 'log-find');
    assert.equal(find.text.length, 200);
    assert.ok(find.text.startsWith('a bxxx'));
    gate.menu.press('/', 'backspace').press('escape');
    assert.deepEqual(
      gate.menu.state.pages.map(({ page }) => page),
      ['domain', 'log'],
      'that gave up the search',
    );
    gate.menu.press('n');
    assert.equal(gate.menu.taken().length, 2);
  });

  it('is switched off and on with a question, by who may', () => {
    const gate = new LogGate(100).open();
    gate.menu.press('o', 'n');
    assert.deepEqual(gate.menu.taken(), []);
    gate.menu.press('o', 'y');
    assert.deepEqual(gate.menu.taken(), [{ effect: 'log-switch', domain: HORATIO, keep: false }]);
    const about = { keeping: false, switchedAt: 0, onDisk: true };
    gate.menu.tell({ fact: 'log-about', domain: HORATIO, about }).press('o', 'y');
    assert.deepEqual(gate.menu.taken(), [{ effect: 'log-switch', domain: HORATIO, keep: true }]);
    const no = offers({ 'log-switch': refused('The owner does that.') });
    gate.menu.tell({ fact: 'domains', domains: [domain('horatio', { offers: no })] }).press('o');
    assert.equal(gate.menu.state.dialog, null);
    assert.equal(gate.menu.state.problem, 'The owner does that.');
  });

  it('is closed however it is left', () => {
    const leaves: readonly ((menu: MenuDriver) => unknown)[] = [
      (menu) => menu.press('escape'),
      (menu) => menu.press('q'),
      (menu) => menu.press('left'),
      (menu) => menu.tell({ fact: 'log-left', domain: HORATIO, message: 'It is no longer yours.' }),
      (menu) => menu.tell({ fact: 'domains', domains: [] }),
    ];
    for (const leave of leaves) {
      const gate = new LogGate(100).open();
      leave(gate.menu);
      assert.deepEqual(gate.menu.taken(), [{ effect: 'log-close' }]);
      assert.notEqual(currentPage(gate.menu.state).page, 'log');
    }
    const refusedAtOnce = new LogGate(1).menu.press('l').tell({ fact: 'refused', message: 'No.' });
    assert.deepEqual([currentPage(refusedAtOnce.state).page, refusedAtOnce.state.problem], ['domain', 'No.']);
  });

  it('is asked for once each time that it is opened, and not where it is not offered', () => {
    const no = offers({ log: refused('Not for you.') });
    const menu = new MenuDriver({ domains: [domain('horatio', { offers: no })] }).press('l');
    assert.deepEqual([menu.taken(), menu.state.problem], [[], 'Not for you.']);
  });

  it('shows what stands next to each other whatever is pressed in whatever window, and never asks without end', () => {
    const keys = [
      'up',
      'down',
      'pageup',
      'pagedown',
      'home',
      'end',
      '[',
      ']',
      'f',
      'n',
      'N',
      'k',
      'j',
      'G',
      'g',
    ];
    const step = fc.oneof(
      {
        weight: 6,
        arbitrary: fc.constantFrom(...keys).map((key) => (gate: LogGate) => gate.menu.press(key)),
      },
      { weight: 3, arbitrary: fc.constant((gate: LogGate) => gate.answer()) },
      {
        weight: 1,
        arbitrary: fc
          .record({ columns: fc.integer({ min: 20, max: 300 }), rows: fc.integer({ min: 5, max: 100 }) })
          .map((size) => (gate: LogGate) => gate.menu.tell({ fact: 'size', ...size })),
      },
      { weight: 1, arbitrary: fc.constant((gate: LogGate) => ((gate.last += 7), gate)) },
      {
        weight: 1,
        arbitrary: fc.constant(
          (gate: LogGate) => ((gate.first = Math.min(gate.last, gate.first + 90)), gate),
        ),
      },
    );
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 900 }),
        fc.integer({ min: 10, max: 150 }),
        fc.array(step, { maxLength: 40 }),
        (lines, size, steps) => {
          const gate = new LogGate(lines, { size, boots: Math.floor(lines / 2) }).open();
          for (const take of steps) {
            take(gate);
            assertSound(gate.menu.state, gate.view);
          }
          gate.answer();
          assertSound(gate.menu.state, gate.view);
          const rows = numbers(gate.seen);
          const [first = 0] = rows;
          assert.deepEqual(
            rows,
            rows.map((_, at) => first + at),
          );
        },
      ),
      propertyRuns('the log in the menu', 300, 10_000),
    );
  }).timeout(600_000);
});

function assertSound(state: MenuState, view: LogView): void {
  const lines = every(view);
  assert.ok(lines.length < 800);
  for (const [at, line] of view.lines.entries())
    assert.equal(line.from, at === 0 ? view.from : view.lines[at - 1]?.to);
  assert.ok(lines.length === 0 || seenRows(view, state).length > 0);
}
