import assert from 'node:assert/strict';
import { readingLines } from '../../menus/reading.js';
import { initialState } from '../../menus/state.js';
import type { MenuState } from '../../menus/state.js';
import { update } from '../../menus/update.js';
import { view } from '../../menus/view.js';
import { menuStart } from '../support/menu-samples.js';

describe('menus: pages that are read', () => {
  const activity = Array.from({ length: 400 }, (_, n) => ({
    at: Date.UTC(2026, 0, 1) + n,
    text: `horatio was rebooted by the key SHA256:${'x'.repeat(43)}, and that took some time, number ${n}`,
  }));

  function opened(lines = activity): MenuState {
    const page = update(initialState(menuStart()), { input: 'key', key: 'a' }).state;
    return update(page, { fact: 'activity', activity: lines }).state;
  }

  it('cost a key what changes on the screen: 8,000 keys and screens in a second', () => {
    for (const key of ['down', 'end', '?']) {
      let state = opened();
      const before = process.cpuUsage();
      for (let n = 0; n < 8000; n += 1) {
        state = update(state, { input: 'key', key: n % 3 === 0 ? 'up' : key }).state;
        if (n % 100 === 0) view(state);
      }
      const { user } = process.cpuUsage(before);
      assert.ok(user < 1_500_000, `${key}: ${Math.round(user / 1000)} ms`);
    }
  });

  it('have the same lines until the text, the width or the letters change', () => {
    const state = opened();
    const page = { page: 'activity', top: 0 } as const;
    const lines = readingLines(state, page);
    assert.equal(readingLines({ ...state, now: state.now + 1 }, page), lines);
    const narrow = update(state, { fact: 'size', columns: 60, rows: 24 }).state;
    assert.notDeepEqual(readingLines(narrow, page), lines);
    assert.deepEqual(readingLines(state, page), lines);
    const more = opened([...activity, { at: Date.UTC(2026, 1, 1), text: 'the newest' }]);
    assert.match(readingLines(more, page).at(-1)?.text ?? '', /the newest$/);
  });

  it('have a bound, with the newest lines inside it', () => {
    const long = Array.from({ length: 5000 }, (_, n) => ({ at: n, text: `line ${n}` }));
    const lines = readingLines(opened(long), { page: 'activity', top: 0 });
    assert.equal(lines.length, 2000);
    assert.match(lines.at(-1)?.text ?? '', /line 4999$/);
  });
});
