import assert from 'node:assert/strict';
import { entriesOf } from '../../menus/entries.js';
import type { MenuNotices } from '../../menus/port.js';
import { currentPage } from '../../menus/state.js';
import { view } from '../../menus/view.js';
import { MenuDriver } from '../support/menu-driver.js';

const NONE: MenuNotices = { address: null, on: false, asked: null };
const UNTIL = Date.parse('2026-11-30T11:30:00Z');
const ASKED: MenuNotices = { ...NONE, asked: { address: 'anna@example.net', until: UNTIL } };
const ON: MenuNotices = { address: 'anna@example.net', on: true, asked: null };

describe('menu: notices by mail', () => {
  let driver: MenuDriver;
  beforeEach(() => {
    driver = new MenuDriver({ hasNotices: true });
  });
  /** Opens the page and answers its request. */
  function open(notices: MenuNotices): void {
    driver.press('n');
    assert.deepEqual(driver.taken(), [{ effect: 'list-notices' }]);
    driver.tell({ fact: 'notices', notices });
  }
  const screen = (): string => {
    const { state } = driver;
    const frame = view(state);
    return JSON.stringify(frame);
  };
  const choices = (): string[] => entriesOf(driver.state).map(({ key, id }) => `${key} ${id}`);

  it('are there only where the gate offers them', () => {
    const without = new MenuDriver();
    without.press('n');
    assert.equal(currentPage(without.state).page, currentPage(new MenuDriver().state).page);
    assert.deepEqual(without.taken(), []);
    assert.ok(!entriesOf(without.state).some(({ id }) => id === 'notices'));
    assert.ok(entriesOf(driver.state).some(({ id, key }) => id === 'notices' && key === 'n'));
  });

  const offered: readonly (readonly [what: string, notices: MenuNotices, choices: readonly string[]])[] = [
    ['nothing is set', NONE, ['1 address']],
    ['a code waits', ASKED, ['1 confirm', '2 address', '3 forget']],
    ['they are on', ON, ['1 address', '2 off', '3 test', '4 forget']],
    ['they are off', { ...ON, on: false }, ['1 address', '2 on', '3 forget']],
  ];
  for (const [what, notices, expected] of offered) {
    it(`offer what makes sense while ${what}`, () => {
      open(notices);
      assert.deepEqual(choices(), expected);
      assert.ok(screen().length > 0);
    });
  }

  it('are switched off, on, tested and forgotten by a choice', () => {
    open(ON);
    driver.press('2', '3', '4');
    assert.deepEqual(
      driver.taken().map((effect) => ('change' in effect ? effect.change : effect.effect)),
      ['off', 'test', 'forget'],
    );
  });

  it('take an address, then its code, by keys, by paste and as a burst', () => {
    open(NONE);
    driver.press('1').type('anna@example.net').press('enter');
    assert.deepEqual(driver.taken(), [{ effect: 'tell-notices', of: 'address', text: 'anna@example.net' }]);
    assert.equal(currentPage(driver.state).page, 'notices');
    driver.tell({ fact: 'notices', notices: ASKED }).press('1');
    driver.send({ input: 'paste', text: ' bcdfgh-jkmnpq\r\n' }).press('enter');
    assert.deepEqual(driver.taken(), [{ effect: 'tell-notices', of: 'confirm', text: 'bcdfgh-jkmnpq' }]);
    driver.press('1').send({ input: 'burst', text: 'bcdfgh-jkmnpq', isLine: true });
    assert.deepEqual(driver.taken(), [{ effect: 'tell-notices', of: 'confirm', text: 'bcdfgh-jkmnpq' }]);
  });

  it('do nothing with an empty text, and go back with Escape', () => {
    open(NONE);
    driver.press('1', 'enter', 'enter');
    assert.equal(currentPage(driver.state).page, 'notice-text');
    driver.type('ab').press('backspace', 'clear', 'escape');
    assert.equal(currentPage(driver.state).page, 'notices');
    assert.deepEqual(driver.taken(), []);
    driver.press('q');
    assert.notEqual(currentPage(driver.state).page, 'notices');
  });

  it('keep letters that mean something elsewhere in the text', () => {
    open(NONE);
    driver.press('1').type('quce?r@example.net').press('enter');
    assert.deepEqual(driver.taken(), [{ effect: 'tell-notices', of: 'address', text: 'quce?r@example.net' }]);
  });

  it('show no more of a text than an address can have, in any window', () => {
    for (const [columns, rows] of [
      [80, 24],
      [40, 12],
      [20, 5],
    ] as const) {
      driver = new MenuDriver({ hasNotices: true, columns, rows });
      open(NONE);
      driver.press('1').send({ input: 'paste', text: 'x'.repeat(10_000) });
      const page = currentPage(driver.state);
      assert.ok(page.page === 'notice-text' && page.text.length === 260);
      assert.ok(screen().length > 0);
    }
  });

  it('stay on the page when a change is refused', () => {
    open(ASKED);
    driver.press('1').type('x').press('enter').tell({ fact: 'refused', message: 'This is not the code.' });
    assert.equal(driver.state.problem, 'This is not the code.');
    assert.equal(currentPage(driver.state).page, 'notices');
  });
});
