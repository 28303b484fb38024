import assert from 'node:assert/strict';
import type { MenuDomain, RescueTimes } from '../../menus/menu-domain.js';
import { pageText } from '../../menus/plain-text.js';
import { parseLength, rescueTime } from '../../menus/rescue-time.js';
import { rescueEndSentence } from '../../menus/rescue-words.js';
import { view } from '../../menus/view.js';
import { MenuDriver } from '../support/menu-driver.js';
import { domain, NOW, offers, operation, PROFILES, profileName } from '../support/menu-samples.js';

const HOUR = 3600;
const NAME = Array.from('horatio');
const END = { at: NOW + 2 * HOUR * 1000 + 330_000, then: 'normal', retryAt: null } as const;

function menu(some: Partial<MenuDomain> = {}): MenuDriver {
  const domains = [domain('horatio', { offers: offers(), ...some })];
  return new MenuDriver({ domains, now: NOW, columns: 80, rows: 30 });
}

const timed = (times: RescueTimes): MenuDriver =>
  menu({ profiles: PROFILES.map((profile) => ({ ...profile, times })) });
const text = ({ state }: MenuDriver): string =>
  view(state)
    .lines.map((line) => line.map((run) => run.text).join(''))
    .join('\n');

describe('how long a rescue lasts, in the menu', () => {
  it('offers the usual length first, and others up to the maximum', () => {
    assert.deepEqual(rescueTime({ usual: 8 * HOUR, most: 24 * HOUR }), {
      choices: [1, 2, 4, 8, 12, 24].map((hours) => hours * HOUR),
      at: 3,
      usual: 8 * HOUR,
    });
    assert.deepEqual(rescueTime({ usual: 1800, most: 5400 }).choices, [1800, HOUR, 5400]);
    const free = rescueTime({ usual: null, most: null });
    assert.deepEqual([free.choices[free.at], free.choices.length], [null, 10]);
  });

  it('asks for nothing unless another length was chosen', () => {
    const asked = timed({ usual: 8 * HOUR, most: 24 * HOUR }).press('6', '1');
    assert.match(text(asked), /It ends 8 h after its boot\. Up and Down choose another time\./);
    const rescue = { effect: 'operate', action: 'rescue', domain: 'horatio', profile: 'rescue' };
    assert.deepEqual(asked.press(...NAME, 'enter').taken(), [rescue]);
  });

  it('is chosen by the arrows, not beyond the ends, and does not disturb the name', () => {
    const driver = timed({ usual: 8 * HOUR, most: 24 * HOUR }).press(
      '6',
      '1',
      'h',
      'o',
      'up',
      'up',
      'up',
      'up',
    );
    assert.match(text(driver), /It ends 1 d after its boot\./);
    driver.press(...Array.from({ length: 9 }, () => 'down'));
    assert.match(text(driver), /It ends 1 h after its boot\./);
    driver.press('r', 'a', 't', 'i', 'o', 'enter');
    const [effect] = driver.taken();
    assert.ok(effect?.effect === 'operate');
    assert.equal(effect.forSeconds, HOUR);
  });

  it('has no end where policy says nothing, and none to choose where it cannot have one', () => {
    assert.match(text(timed({ usual: null, most: null }).press('6', '1')), /It has no end\./);
    assert.doesNotMatch(text(menu().press('6', '1')), /after its boot|no end/);
  });

  it('goes on with the same length after a power-off that interrupts it', () => {
    const driver = timed({ usual: 8 * HOUR, most: null }).press('6', '1', 'down', ...NAME, 'enter');
    driver.taken();
    const name = domain('horatio').name;
    const under = operation('rescue', { profile: profileName('rescue'), by: driver.state.customer });
    const set = (more: Partial<MenuDomain>): void => {
      driver.tell({ fact: 'domains', domains: [domain('horatio', { offers: offers(), ...more })] });
    };
    driver.tell({ fact: 'accepted', domain: name, action: 'rescue' });
    set({ operation: under });
    driver.press('p', ...NAME, 'enter').tell({ fact: 'accepted', domain: name, action: 'poweroff' });
    driver.tell({ fact: 'ended', domain: name, operation: { ...under, phase: 'superseded' } });
    driver.tell({ fact: 'ended', domain: name, operation: { ...under, action: 'poweroff', phase: 'done' } });
    set({ state: 'off' });
    const again = driver.taken().at(-1);
    assert.ok(again?.effect === 'operate' && again.action === 'rescue', JSON.stringify(again));
    assert.equal(again.forSeconds, 4 * HOUR);
  });

  it('is a line in the plain menu', () => {
    const driver = timed({ usual: 8 * HOUR, most: 24 * HOUR }).press('6', '1');
    assert.ok(
      pageText(driver.state).includes(
        'It ends 8 h after its boot. Another time: "for 2h" (90m, 1d) and Enter.',
      ),
    );
    driver.send({ input: 'line', text: 'for 25h' });
    assert.equal(driver.state.problem, 'That is no time: for 90m, for 2h or for 1d, at most 1 d.');
    driver.send({ input: 'line', text: 'for 90m' });
    assert.equal(driver.state.notice, 'It ends 1 h 30 min after its boot.');
    assert.deepEqual(driver.taken(), []);
    driver.send({ input: 'line', text: 'horatio' });
    const [effect] = driver.taken();
    assert.ok(effect?.effect === 'operate');
    assert.equal(effect.forSeconds, 5400);
  });

  for (const wrong of ['0h', '-1h', '1.5h', 'NaNh', '367d', '99999999d', '1e9s', '2', 'h', '2w', ''])
    it(`takes no "${wrong}"`, () => {
      assert.equal(parseLength(wrong), undefined);
    });
});

describe('the end of a rescue, in the menu', () => {
  const rescued = (some: Partial<MenuDomain> = {}): MenuDriver =>
    menu({ profile: profileName('rescue'), rescueEnd: END, ...some });

  it('counts down on the page, with the way back', () => {
    const driver = rescued();
    assert.match(text(driver), /Booted with: Rescue system \(Debian 12\)\. It ends in 2 h 5 min\. To go /);
    driver.tell({ fact: 'tick', now: NOW + HOUR * 1000 });
    assert.match(text(driver), /It ends in 1 h 5 min\./);
    const spoken = pageText(driver.state).join('\n');
    assert.match(spoken, /Its rescue ends in 1 h 5 min, then it boots normally\./);
  });

  it('warns 15 and 5 minutes before the end, on the page and when it is read aloud', () => {
    const MINUTE = 60_000;
    const at = (left: number): MenuDriver => {
      const driver = rescued();
      driver.tell({ fact: 'tick', now: END.at - left });
      return driver;
    };
    const bannerStyle = (driver: MenuDriver): unknown =>
      view(driver.state)
        .lines.flat()
        .find((run) => run.text.includes('It ends in'))?.style;
    for (const [left, words, style] of [
      [16 * MINUTE, /It ends in 16 min\./, 'special'],
      [15 * MINUTE, /It ends in 15 min: save your work\./, 'bad'],
      [6 * MINUTE, /It ends in 6 min: save your work\./, 'bad'],
      [5 * MINUTE, /It ends in 5 min: save your work now\./, 'bad'],
    ] as const) {
      assert.match(text(at(left)).replaceAll(/[│\s]+/g, ' '), words);
      assert.equal(bannerStyle(at(left)), style, String(left));
    }
    const spoken = pageText(at(4 * MINUTE).state).join('\n');
    assert.match(spoken, /Its rescue ends in 4 min, then it boots normally: save your work now\./);
  });

  it('says what happens then, and what comes after a try that failed', () => {
    const said = (more: object): string => rescueEndSentence({ ...END, ...more }, NOW + 3 * HOUR * 1000);
    assert.match(rescueEndSentence({ ...END, then: 'poweroff' }, NOW), /then it is switched off\.$/);
    assert.equal(said({}), 'The time of its rescue is over.');
    assert.match(
      said({ retryAt: NOW + 3 * HOUR * 1000 + 300_000 }),
      /did not shut down: it is asked again in 5 min\./,
    );
  });

  it('says why a rescue whose time is over still runs', () => {
    const now = NOW + 3 * HOUR * 1000;
    const retryAt = now + 300_000;
    const said = (more: object): string => rescueEndSentence({ ...END, ...more }, now);
    const paused =
      "The time of its rescue is over. Its host's operators have paused it: it ends when they let it go on.";
    assert.equal(said({ why: 'paused' }), paused);
    assert.equal(said({ why: 'paused', retryAt }), paused);
    const failed = 'The time of its rescue is over, and its host could not end it: the next try is in 5 min.';
    assert.equal(said({ why: 'failed', retryAt }), failed);
    assert.match(said({ why: 'ignored', retryAt }), /did not shut down: it is asked again in 5 min\.$/);
    const rescueEnd = { ...END, why: 'paused' } as const;
    const driver = rescued({ state: 'paused', rescueEnd });
    driver.tell({ fact: 'tick', now });
    assert.match(text(driver), /Its time is over; it is paused\./);
    assert.ok(pageText(driver.state).join('\n').includes(paused));
  });

  it('gives one more hour by m, only while there is an end, and not where that is refused', () => {
    assert.deepEqual(rescued().press('m').taken(), [{ effect: 'extend', domain: 'horatio' }]);
    assert.match(text(rescued()), /One more hour/);
    assert.ok(pageText(rescued().state).includes('m. One more hour'));
    assert.deepEqual(menu().press('m').taken(), []);
    assert.doesNotMatch(text(menu()), /One more hour/);
    const no = { offered: false, code: 'no-rule', reason: 'You may not.' } as const;
    const driver = rescued({ offers: offers({ extend: no }) }).press('m');
    assert.deepEqual([driver.taken(), driver.state.problem], [[], 'You may not.']);
  });
});
