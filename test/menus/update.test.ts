import assert from 'node:assert/strict';
import { entriesOf } from '../../menus/entries.js';
import { readingLines } from '../../menus/reading.js';
import { currentPage } from '../../menus/state.js';
import type { Page } from '../../menus/state.js';
import { NAMED_KEYS } from '../../menus/state.js';
import type { MenuDomain } from '../../menus/menu-domain.js';
import type { Fact, MenuStart, OperateAction } from '../../menus/port.js';
import { COMMON_ESCAPE_KEYS, parseEscapeKey } from '../../policy/escape-key.js';
import type { EscapeKey } from '../../policy/escape-key.js';
import { NORMAL } from '../../policy/names.js';
import { MenuDriver } from '../support/menu-driver.js';
import {
  REINSTALLABLE,
  NOW,
  OFFERED,
  customerName,
  domain,
  domainName,
  menuKey,
  offers,
  operation,
  profileName,
  refused,
} from '../support/menu-samples.js';

const HORATIO = domainName('horatio');
const NAME = Array.from('horatio');
const ALL_OFFERED = offers();

function one(some: Partial<MenuDomain> = {}): MenuDriver {
  return new MenuDriver({ domains: [domain('horatio', { offers: ALL_OFFERED, ...some })] });
}

function page(driver: MenuDriver): Page['page'] {
  return currentPage(driver.state).page;
}

const WITH_IMAGES: Fact = {
  fact: 'domains',
  domains: ['horatio', 'b'].map((name) => domain(name, { ...REINSTALLABLE, offers: ALL_OFFERED })),
};

/** The keys that lead to every page and question where typed text might have an effect. */
const PLACES: readonly (readonly [name: string, way: (driver: MenuDriver) => MenuDriver])[] = [
  ['list', (driver) => driver],
  ['domain', (driver) => driver.press('1')],
  ['rescue', (driver) => driver.press('1', '6')],
  ['images', (driver) => driver.tell(WITH_IMAGES).press('1', 'i')],
  ['reinstall?', (driver) => driver.tell(WITH_IMAGES).press('1', 'i', '1')],
  ['keys, not come yet', (driver) => driver.press('s')],
  [
    'keys',
    (driver) => driver.press('s').tell({ fact: 'keys', keys: [menuKey('A', { inUse: true }), menuKey('B')] }),
  ],
  ['no keys', (driver) => driver.press('s').tell({ fact: 'keys', keys: [] })],
  ['add-key', (driver) => driver.press('s', 'a')],
  [
    'activity',
    (driver) => driver.press('a').tell({ fact: 'activity', activity: [{ at: NOW, text: 'You logged in.' }] }),
  ],
  ['help', (driver) => driver.press('?')],
  ['shut down?', (driver) => driver.press('1', '3')],
  ['power off?', (driver) => driver.press('1', '4')],
  ['rescue?', (driver) => driver.press('1', '6', '1')],
  [
    'remove key?',
    (driver) =>
      driver
        .press('s')
        .tell({ fact: 'keys', keys: [menuKey('A'), menuKey('B')] })
        .press('1'),
  ],
  ['a problem', (driver) => driver.press('1').tell({ fact: 'refused', message: 'No.' })],
  ['waiting for a console', (driver) => driver.press('1', '1')],
];

const EVERY_KEY: readonly string[] = [
  ...NAMED_KEYS,
  ...Array.from({ length: 95 }, (_, at) => String.fromCharCode(32 + at)),
  'é',
  '漢',
  '\u0000',
  'constructor',
  '__proto__',
  'undefined',
];

describe('update', () => {
  it('takes every key everywhere, and nothing but harmless effects comes of a single one', () => {
    for (const [name, way] of PLACES) {
      for (const key of EVERY_KEY) {
        const driver = way(
          new MenuDriver({ domains: [domain('horatio', { offers: ALL_OFFERED }), domain('b')] }),
        );
        driver.taken();
        driver.press(key);
        for (const effect of driver.taken()) {
          if (effect.effect === 'operate') {
            const expected =
              name === 'domain' || name === 'a problem' ? 'start' : name === 'shut down?' ? 'shutdown' : '';
            assert.equal(effect.action, expected, `${key} on ${name}`);
            assert.ok(name !== 'shut down?' || key.toLowerCase() === 'y');
          }
          if (effect.effect === 'remove-key')
            assert.ok(name === 'remove key?' && key.toLowerCase() === 'y', key);
          if (effect.effect === 'add-key') assert.fail(`${key} on ${name} added a key`);
        }
      }
    }
  });

  it('does nothing at all on keys that mean nothing', () => {
    for (const [name, way] of PLACES) {
      if (['add-key', 'power off?', 'rescue?', 'reinstall?', 'a problem'].includes(name)) continue;
      const driver = way(new MenuDriver());
      const before = driver.state;
      driver.press('z', '%', 'clear', 'é');
      assert.deepEqual(driver.state, before, name);
    }
  });

  describe('choices', () => {
    const CONFIRMATIONS: readonly (readonly [
      key: string,
      action: OperateAction,
      answer: readonly string[],
    ])[] = [
      ['2', 'start', []],
      ['3', 'shutdown', ['y']],
      ['4', 'poweroff', [...NAME, 'enter']],
      ['5', 'reboot', ['y']],
      ['6', 'rescue', ['1', ...NAME, 'enter']],
      ['7', 'normal', ['y']],
    ];

    for (const [key, action, answer] of CONFIRMATIONS) {
      it(`${action} is asked for after its confirmation and not before`, () => {
        const driver = one().press(key);
        for (const step of answer) {
          assert.deepEqual(driver.effects, []);
          driver.press(step);
        }
        const profile = action === 'rescue' ? profileName('rescue') : null;
        assert.deepEqual(driver.taken(), [{ effect: 'operate', action, domain: HORATIO, profile }]);
      });

      it(`${action} that is refused says why and asks for nothing`, () => {
        const driver = one({ offers: offers({ [action]: refused('The policy says no.') }) }).press(
          key,
          ...answer,
        );
        assert.deepEqual(
          driver.effects.filter((effect) => effect.effect === 'operate' && effect.action === action),
          [],
        );
        const shown = one({ offers: offers({ [action]: refused('The policy says no.') }) }).press(key);
        assert.equal(shown.state.problem, 'The policy says no.');
        assert.equal(shown.state.dialog, null);
      });

      if (answer.length > 0) {
        it(`${action} that is refused while it is being confirmed is not asked for`, () => {
          const driver = one().press(key, ...answer.slice(0, -1));
          driver.tell({
            fact: 'domains',
            domains: [domain('horatio', { offers: offers({ [action]: refused('Not any more.') }) })],
          });
          driver.press(answer.at(-1) ?? '');
          assert.deepEqual(driver.taken(), []);
          assert.equal(driver.state.problem, 'Not any more.');
        });

        it(`${action} is not asked for after Escape`, () => {
          assert.deepEqual(
            one().press(key, ...answer.slice(0, -1), 'escape', answer.at(-1) ?? '').effects,
            [],
          );
        });
      }
    }

    it('wants the whole name, as it is written', () => {
      for (const wrong of ['', 'horati', 'Horatio', 'horatio2', 'HORATIO', ' horatio x', 'y', 'yes']) {
        const driver = one().press('4').type(wrong).press('enter');
        assert.deepEqual(driver.taken(), [], wrong);
        assert.ok(driver.state.dialog?.ask === 'name' && driver.state.dialog.wrong, wrong);
        driver.type('horatio').press('enter');
        assert.equal(driver.taken().length, 1, wrong);
      }
    });

    it('lets the name be corrected and pasted', () => {
      assert.equal(one().press('4').type('horatix').press('backspace', 'o', 'enter').effects.length, 1);
      assert.equal(
        one().press('4').type('what').press('clear').type('horatio').press('enter').effects.length,
        1,
      );
      assert.equal(
        one().press('4').send({ input: 'paste', text: 'horatio\r' }).press('enter').effects.length,
        1,
      );
      assert.deepEqual(
        one().press('4').send({ input: 'paste', text: 'horatio\r' }).effects,
        [],
        'not by the paste alone',
      );
    });

    it('console and watch ask for the terminal to be lent', () => {
      assert.deepEqual(one().press('1').effects, [{ effect: 'console', domain: HORATIO, mode: 'write' }]);
      assert.deepEqual(one().press('8').effects, [{ effect: 'console', domain: HORATIO, mode: 'watch' }]);
    });

    it('takes no keys that were meant for the console', () => {
      const driver = one().press('1');
      driver.taken();
      assert.deepEqual(driver.press('4', ...NAME, 'enter', 'q').effects, []);
      driver.send({ input: 'lent', lent: true }).press('q', '2');
      assert.deepEqual(driver.effects, []);
      driver
        .tell({ fact: 'console-left', domain: HORATIO, message: 'Goodbye.' })
        .send({ input: 'lent', lent: false });
      assert.equal(driver.state.notice, 'Goodbye.');
      assert.equal(driver.press('1').effects.length, 1);
    });

    it('takes keys again when the console was refused', () => {
      const driver = one().press('1').tell({ fact: 'refused', message: 'Taken.' });
      driver.taken();
      assert.equal(driver.state.problem, 'Taken.');
      assert.deepEqual(driver.press('enter').effects, [], 'the key only puts the sentence away');
      assert.equal(driver.state.problem, null);
      assert.equal(driver.press('1').effects.length, 1);
    });

    it('asks for one thing at a time, but for a power-off always', () => {
      const driver = one().press('2');
      driver.taken();
      assert.deepEqual(driver.press('2').taken(), []);
      assert.match(driver.state.problem ?? '', /one thing after the other/);
      assert.equal(driver.press('4').type('horatio').press('enter').taken().length, 1);
    });

    it('does not wait for ever for an answer', () => {
      const driver = one()
        .press('2')
        .tell({ fact: 'tick', now: NOW + 10_000 });
      driver.taken();
      assert.equal(driver.press('2').taken().length, 1);
    });

    it('a key that was pasted chooses nothing', () => {
      const driver = one().send({ input: 'paste', text: '4horatio\rq' });
      assert.deepEqual(driver.effects, []);
      assert.equal(driver.state.dialog, null);
    });
  });

  describe('power off now', () => {
    const busy = operation('shutdown');

    it('is at hand from the first second of a shut-down, with its own confirmation', () => {
      const driver = one({ operation: busy }).press('p').type('horatio').press('enter');
      assert.deepEqual(driver.taken(), [
        { effect: 'operate', action: 'poweroff', domain: HORATIO, profile: null },
      ]);
    });

    it('means nothing while nothing waits for the guest', () => {
      assert.equal(one().press('p').state.dialog, null);
      assert.equal(one({ operation: operation('start') }).press('p').state.dialog, null);
      assert.equal(
        one({ operation: operation('rescue', { step: 'creating' }) }).press('p').state.dialog,
        null,
      );
    });

    it('in a rescue is a step of it: the rescue goes on when the power is off', () => {
      const driver = one().press('6', '1').type('horatio').press('enter');
      const rescue = operation('rescue', { profile: profileName('rescue') });
      driver.tell({ fact: 'accepted', domain: HORATIO, action: 'rescue' });
      driver.tell({
        fact: 'domains',
        domains: [domain('horatio', { operation: rescue, offers: ALL_OFFERED })],
      });
      driver.press('p').type('horatio').press('enter');
      driver.taken();
      const off = operation('poweroff');
      driver.tell({ fact: 'accepted', domain: HORATIO, action: 'poweroff' });
      driver.tell({ fact: 'ended', domain: HORATIO, operation: { ...rescue, phase: 'superseded' } });
      driver.tell({ fact: 'domains', domains: [domain('horatio', { offers: ALL_OFFERED })] });
      assert.deepEqual(driver.taken(), [], 'not before the power-off has ended');
      driver.tell({ fact: 'domains', domains: [domain('horatio', { operation: off, offers: ALL_OFFERED })] });
      driver.tell({ fact: 'ended', domain: HORATIO, operation: { ...off, phase: 'done' } });
      assert.deepEqual(driver.taken(), [], 'not while the power-off is still shown as under way');
      driver.tell({ fact: 'domains', domains: [domain('horatio', { state: 'off', offers: ALL_OFFERED })] });
      assert.deepEqual(driver.taken(), [
        { effect: 'operate', action: 'rescue', domain: HORATIO, profile: profileName('rescue') },
      ]);
    });

    it("of somebody else's rescue does not start one of one's own", () => {
      const rescue = operation('rescue', { profile: profileName('rescue'), by: customerName('bob') });
      const driver = one({ operation: rescue }).press('p').type('horatio').press('enter');
      driver.taken();
      driver.tell({ fact: 'ended', domain: HORATIO, operation: operation('poweroff', { phase: 'done' }) });
      driver.tell({ fact: 'domains', domains: [domain('horatio', { state: 'off', offers: ALL_OFFERED })] });
      assert.deepEqual(driver.taken(), []);
    });

    it('that fails lets nothing go on', () => {
      const driver = one().press('6', '1').type('horatio').press('enter');
      driver.tell({ fact: 'accepted', domain: HORATIO, action: 'rescue' });
      const rescue = operation('rescue', { profile: profileName('rescue') });
      driver.tell({
        fact: 'domains',
        domains: [domain('horatio', { operation: rescue, offers: ALL_OFFERED })],
      });
      driver.press('p').type('horatio').press('enter');
      driver.taken();
      driver.tell({
        fact: 'ended',
        domain: HORATIO,
        operation: operation('poweroff', { phase: 'failed', message: 'xl hung.' }),
      });
      driver.tell({ fact: 'domains', domains: [domain('horatio', { offers: ALL_OFFERED })] });
      assert.deepEqual(driver.taken(), []);
      assert.match(driver.state.problem ?? '', /xl hung/);
    });
  });

  describe('rescue', () => {
    function rescuing(): MenuDriver {
      const driver = one().press('6', '1').type('horatio').press('enter');
      driver.taken();
      return driver.tell({ fact: 'accepted', domain: HORATIO, action: 'rescue' });
    }
    const at = (step: string, phase: 'running' | 'done' = 'running'): MenuDomain =>
      domain('horatio', {
        offers: ALL_OFFERED,
        operation: operation('rescue', { step, phase, profile: profileName('rescue') }),
      });

    it('stays on the page while the server shuts down, and goes to the console when it boots', () => {
      const driver = rescuing();
      assert.equal(page(driver), 'domain');
      driver
        .tell({ fact: 'domains', domains: [at('shutting-down')] })
        .tell({ fact: 'domains', domains: [at('creating')] });
      assert.deepEqual(driver.taken(), []);
      driver.tell({ fact: 'domains', domains: [at('attaching-console')] });
      assert.deepEqual(driver.taken(), [{ effect: 'console', domain: HORATIO, mode: 'write', boot: true }]);
      driver.tell({ fact: 'domains', domains: [at('unpausing')] });
      assert.deepEqual(driver.taken(), [], 'once');
    });

    it('that was too quick to be seen goes to the console too', () => {
      const driver = rescuing().tell({
        fact: 'ended',
        domain: HORATIO,
        operation: operation('rescue', { phase: 'done', profile: profileName('rescue') }),
      });
      assert.equal(driver.taken().length, 1);
    });

    it('takes nobody away from another page', () => {
      const driver = rescuing()
        .press('?')
        .tell({ fact: 'domains', domains: [at('unpausing')] });
      assert.deepEqual(driver.taken(), []);
      assert.match(driver.state.notice ?? '', /^horatio boots the system that you chose/);
    });

    it('that fails goes to no console', () => {
      const failed = operation('rescue', { phase: 'failed', message: 'no memory' });
      const driver = rescuing().tell({ fact: 'ended', domain: HORATIO, operation: failed });
      driver.tell({ fact: 'domains', domains: [domain('horatio', { offers: ALL_OFFERED })] });
      assert.deepEqual(driver.taken(), []);
      assert.match(driver.state.problem ?? '', /no memory/);
    });

    it('offers no profile that is the own system', () => {
      const own = { name: NORMAL, title: 'Own', disks: '', hint: '', parameters: [], refused: null };
      assert.match(one({ profiles: [own] }).press('6').state.problem ?? '', /no rescue/);
    });
  });

  describe('the console of what boots', () => {
    const CONSOLE = { effect: 'console', domain: HORATIO, mode: 'write' } as const;
    const operate = (action: OperateAction) =>
      ({ effect: 'operate', action, domain: HORATIO, profile: null }) as const;
    const off = (more: Partial<MenuStart> = {}): MenuDriver =>
      new MenuDriver({ domains: [domain('horatio', { state: 'off', offers: ALL_OFFERED })], ...more });
    const at = (action: OperateAction, step: string, offers = ALL_OFFERED): Fact => ({
      fact: 'domains',
      domains: [domain('horatio', { offers, operation: operation(action, { step, phase: 'running' }) })],
    });
    const accepted = (action: OperateAction): Fact => ({ fact: 'accepted', domain: HORATIO, action });

    it('follows a start as soon as its create has a console, from the first byte', () => {
      const driver = off().press('2').tell(accepted('start'));
      assert.deepEqual(driver.taken(), [operate('start')]);
      driver.tell(at('start', 'waiting')).tell(at('start', 'creating'));
      assert.deepEqual(driver.taken(), []);
      driver.tell(at('start', 'attaching-console'));
      assert.deepEqual(driver.taken(), [{ ...CONSOLE, boot: true }]);
      driver.press('3', 'y');
      assert.deepEqual(driver.taken(), [], 'keys until then are not for the menu');
      driver.send({ input: 'lent', lent: true }, { input: 'lent', lent: false });
      driver.tell(at('start', 'unpausing'));
      assert.deepEqual(driver.taken(), [], 'once');
    });

    it('follows nothing where a program types, no console is offered, the start fails, or the page is left', () => {
      const cases: readonly (readonly [what: string, driver: MenuDriver, fact: Fact])[] = [
        ['a program', off({ followsStart: false }).press('2'), at('start', 'unpausing')],
        [
          'no console',
          off().press('2'),
          at('start', 'unpausing', {
            ...ALL_OFFERED,
            console: { offered: false, code: 'no-rule', reason: 'no' },
          }),
        ],
        ['another page', off().press('2', '?'), at('start', 'unpausing')],
        [
          'a failure',
          off().press('2'),
          {
            fact: 'ended',
            domain: HORATIO,
            operation: operation('start', { phase: 'failed', message: 'no' }),
          },
        ],
      ];
      for (const [what, driver, fact] of cases) {
        driver.tell(accepted('start')).tell(fact).tell(at('reboot', 'rebooting'));
        assert.deepEqual(driver.taken(), [operate('start')], what);
      }
      // Nobody knows what came of it, and later somebody else starts it.
      const lost = off().press('2').tell(accepted('start'));
      lost.tell({ fact: 'refused', message: 'Nobody knows.', domain: HORATIO });
      lost.tell(at('start', 'unpausing'));
      assert.deepEqual([lost.taken(), lost.state.problem], [[operate('start')], 'Nobody knows.']);
      // What is refused meanwhile of something else changes nothing.
      const other = off().press('2').tell(accepted('start'));
      other.tell({ fact: 'refused', message: 'no' }).tell(at('start', 'unpausing'));
      assert.deepEqual(other.taken(), [operate('start'), { ...CONSOLE, boot: true }]);
    });

    it('is a choice at the questions before a reboot and a normal boot, and at no other', () => {
      const reboot = one().press('5', 'c').tell(accepted('reboot'));
      assert.deepEqual(reboot.taken(), [operate('reboot'), CONSOLE], 'at once, to see it go down');
      const normal = one({ profile: profileName('rescue') })
        .press('7', 'C')
        .tell(accepted('normal'));
      normal.tell(at('normal', 'shutting-down'));
      assert.deepEqual(normal.taken(), [operate('normal')]);
      normal.tell(at('normal', 'unpausing'));
      assert.deepEqual(normal.taken(), [{ ...CONSOLE, boot: true }]);
      const only = one().press('5', 'y').tell(accepted('reboot')).tell(at('reboot', 'rebooting'));
      assert.deepEqual(only.taken(), [operate('reboot')]);
      assert.deepEqual(one().press('3', 'c').taken(), []);
      const offers = { ...ALL_OFFERED, console: { offered: false, code: 'no-rule', reason: 'no' } as const };
      assert.deepEqual(one({ offers }).press('5', 'c').taken(), []);
    });

    it('follows the start that comes after a power-off of a reboot with its console', () => {
      const driver = one().press('5', 'c').tell(accepted('reboot'));
      driver.send({ input: 'lent', lent: true }, { input: 'lent', lent: false });
      driver.tell(at('reboot', 'shutting-down')).press('p').type('horatio').press('enter');
      driver.tell(accepted('poweroff')).taken();
      const done = operation('poweroff', { phase: 'done' });
      driver.tell({ fact: 'domains', domains: [domain('horatio', { state: 'off', offers: ALL_OFFERED })] });
      driver.tell({ fact: 'ended', domain: HORATIO, operation: done });
      assert.deepEqual(driver.taken(), [operate('start')]);
      driver.tell(accepted('start')).tell(at('start', 'unpausing'));
      assert.deepEqual(driver.taken(), [{ ...CONSOLE, boot: true }]);
    });
  });

  describe('keys', () => {
    const PUBLIC = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHNvbWV0aGluZyB0aGF0IGlzIG5vIGtleQ alice@new';
    const keysPage = (count: number, inUse = 0): MenuDriver =>
      new MenuDriver().press('s').tell({
        fact: 'keys',
        keys: Array.from('ABC', (letter, at) => menuKey(letter, { inUse: at === inUse })).slice(0, count),
      });

    it('are asked for when the page opens', () => {
      assert.deepEqual(new MenuDriver().press('s').effects, [{ effect: 'list-keys' }]);
    });

    it('are added by pasting and Enter', () => {
      const driver = keysPage(1).press('a');
      driver.taken();
      driver.send({ input: 'paste', text: `${PUBLIC}\r\n` });
      assert.deepEqual(driver.taken(), [], 'not before Enter');
      driver.press('enter');
      assert.deepEqual(driver.taken(), [{ effect: 'add-key', text: PUBLIC }, { effect: 'list-keys' }]);
      assert.equal(page(driver), 'keys');
    });

    it('are added by a terminal that pastes as if typing', () => {
      const driver = keysPage(1).press('a');
      driver.taken();
      driver.type(PUBLIC).press('enter');
      assert.deepEqual(driver.taken()[0], { effect: 'add-key', text: PUBLIC });
    });

    it('of the private kind are thrown away, however they come', () => {
      const secret = [
        '-----BEGIN OPENSSH PRIVATE KEY-----',
        'b3BlbnNzaC1rZXktdjEAAAAABG5vbmUA',
        'q4',
        '-----END OPENSSH PRIVATE KEY-----',
      ];
      const pasted = keysPage(1)
        .press('a')
        .send({ input: 'paste', text: secret.join('\r') });
      const typed = keysPage(1).press('a');
      for (const line of secret) typed.type(line).press('enter');
      const putty = keysPage(1)
        .press('a')
        .type('PuTTY-User-Key-File-3: ssh-ed25519')
        .press('enter')
        .type('4q')
        .press('enter');
      for (const driver of [pasted, typed, putty]) {
        assert.deepEqual(
          driver.effects.filter((effect) => effect.effect !== 'list-keys'),
          [],
        );
        assert.match(driver.state.problem ?? '', /PRIVATE/);
        assert.doesNotMatch(JSON.stringify(driver.state), /b3BlbnNz|BEGIN/);
        assert.equal(page(driver), 'add-key');
        assert.equal(page(driver.press('escape')), 'keys');
      }
    });

    it('are never so long', () => {
      const driver = keysPage(1)
        .press('a')
        .send({ input: 'paste', text: `ssh-rsa ${'A'.repeat(9000)}` });
      assert.match(driver.state.problem ?? '', /too long/);
    });

    it('are removed after a yes', () => {
      const driver = keysPage(2).press('2');
      driver.taken();
      assert.deepEqual(driver.press('enter', ' ', 'x').taken(), []);
      driver.press('y');
      assert.deepEqual(driver.taken()[0], { effect: 'remove-key', fingerprint: menuKey('B').fingerprint });
    });

    it('are never removed when there is only one', () => {
      const driver = keysPage(1).press('1', 'y', 'd', 'y');
      assert.deepEqual(
        driver.effects.filter((effect) => effect.effect === 'remove-key'),
        [],
      );
      assert.match(keysPage(1).press('d').state.problem ?? '', /only key/);
    });
  });

  describe('pages', () => {
    it('begin with the list, or with the only server', () => {
      assert.equal(page(new MenuDriver()), 'list');
      assert.equal(page(one()), 'domain');
      assert.equal(page(new MenuDriver({ only: domainName('ophelia') })), 'domain');
    });

    it('have no list behind the server that the login named', () => {
      const driver = new MenuDriver({ only: domainName('ophelia') }).press('escape', 'h', 'backspace');
      assert.equal(page(driver), 'domain');
    });

    it('go back with each of the keys for it', () => {
      for (const key of ['escape', 'left', 'h', 'backspace']) {
        assert.equal(page(new MenuDriver().press('1', key)), 'list', key);
      }
    });

    it('move with arrows and with vi keys, and stop at the ends', () => {
      for (const [down, up] of [
        ['down', 'up'],
        ['j', 'k'],
        ['pagedown', 'pageup'],
        ['G', 'g'],
        ['end', 'home'],
      ] as const) {
        const driver = new MenuDriver().press(down);
        const moved = currentPage(driver.state);
        assert.ok(moved.page === 'list' && moved.selected !== '', down);
        driver.press(down, down, down, down, down, down, down);
        driver.press(up, up, up, up, up, up, up, up, up, 'enter');
        const opened = currentPage(driver.state);
        assert.ok(opened.page === 'domain' && opened.domain === HORATIO, up);
      }
    });

    it('keep the choice on the same server when the list changes', () => {
      const driver = new MenuDriver().press('down');
      driver
        .tell({ fact: 'domains', domains: [domain('a'), domain('b'), ...driver.state.domains] })
        .press('enter');
      const opened = currentPage(driver.state);
      assert.ok(opened.page === 'domain' && opened.domain === domainName('ophelia'));
    });

    it('of a server that has gone are left, its question too', () => {
      const driver = new MenuDriver({
        domains: [domain('horatio', { offers: ALL_OFFERED }), domain('b'), domain('c')],
      });
      driver
        .press('1', '4')
        .type('horati')
        .tell({ fact: 'domains', domains: [domain('b'), domain('c')] });
      assert.equal(page(driver), 'list');
      assert.equal(driver.state.dialog, null);
      assert.match(driver.state.notice ?? '', /horatio/);
      assert.deepEqual(driver.press('o', 'enter').effects, []);
    });

    it('leave with q from where the menu begins, and go back from elsewhere', () => {
      assert.deepEqual(new MenuDriver().press('q').effects, [{ effect: 'quit' }]);
      assert.deepEqual(new MenuDriver().press('1', 'q').effects, [{ effect: 'quit' }]);
      const help = new MenuDriver().press('?', 'q');
      assert.deepEqual([help.effects, page(help)], [[], 'list']);
      assert.deepEqual(new MenuDriver().press('interrupt').effects, [{ effect: 'quit' }]);
      assert.deepEqual(new MenuDriver().press('q', 'q', '1', 'enter').effects, [{ effect: 'quit' }], 'once');
    });

    it('do not pile up', () => {
      const driver = new MenuDriver();
      for (let i = 0; i < 50; i++) driver.press('1', 's', '?', 'escape', 'escape', 'a');
      assert.ok(driver.state.pages.length < 6);
    });

    it('scroll no further than there is text', () => {
      const driver = new MenuDriver({ rows: 12 }).press('?', ...Array<string>(200).fill('j'));
      const { top } = currentPage(driver.state) as Extract<Page, { page: 'help' }>;
      driver.press('k');
      assert.equal((currentPage(driver.state) as Extract<Page, { page: 'help' }>).top, top - 1);
    });
  });

  it('remembers how to draw', () => {
    const driver = new MenuDriver().press('u', 'n', 'c', 'escape');
    assert.deepEqual(driver.effects, [], 'a key by mistake changes nothing');
    driver.press('u', 'y', 'c', 'y');
    assert.deepEqual(driver.effects, [
      { effect: 'prefer', preferences: { charset: 'ascii', colour: true } },
      { effect: 'prefer', preferences: { charset: 'ascii', colour: false } },
    ]);
  });

  it('goes through the keys that can leave a console, and says which it is now wherever it is spoken of', () => {
    const driver = new MenuDriver().press('e');
    assert.equal(driver.effects.length, 0);
    assert.equal(driver.state.escape.name, 'Ctrl-]');
    driver.press('y');
    const [first] = driver.effects;
    assert.equal(first?.effect, 'choose-escape');
    assert.equal(driver.state.escape.name, 'Ctrl-A');
    assert.equal(driver.state.notice, 'Ctrl-A and then . leaves a console from now on.');
    driver.press('1');
    assert.match(entriesOf(driver.state)[0]?.hint ?? '', /Ctrl-A and \. come back/);
    driver.press('?');
    const page = currentPage(driver.state) as Extract<Page, { page: 'help' }>;
    const text = readingLines(driver.state, page).map((line) => line.text);
    assert.ok(text.some((line) => line.includes('Ctrl-A and then .')));
    assert.ok(!text.some((line) => line.includes('Ctrl-]')));
    driver.press(...COMMON_ESCAPE_KEYS.slice(1).flatMap(() => ['e', 'y']));
    assert.equal(driver.state.escape.name, 'Ctrl-]');
    const rare = new MenuDriver({ escape: parseEscapeKey('^G') as EscapeKey }).press('e', 'y');
    assert.equal(rare.state.escape.name, 'Ctrl-]', 'from one that is none of them the first comes');
  });

  it('types an e where something is typed', () => {
    const driver = new MenuDriver().press('1', '4', 'e');
    assert.deepEqual(driver.effects, []);
    assert.equal((driver.state.dialog as { typed?: string }).typed, 'e');
  });

  it('paints anew on r and Ctrl-L', () => {
    const driver = new MenuDriver().press('r', 'repaint');
    assert.equal(driver.state.generation, 2);
  });

  it('takes the time that comes with the list', () => {
    const driver = one({ seenAt: NOW + 1_000 });
    const { domains } = driver.state;
    assert.equal(driver.tell({ fact: 'domains', domains, now: NOW + 5_000 }).state.now, NOW + 5_000);
    assert.equal(driver.tell({ fact: 'domains', domains }).state.now, NOW + 5_000);
  });

  it('keeps a problem until a key, however many facts come', () => {
    const driver = new MenuDriver().tell({ fact: 'refused', message: 'No.' });
    driver.tell({ fact: 'tick', now: NOW + 1 }).tell({ fact: 'domains', domains: driver.state.domains });
    driver.tell({ fact: 'notice', message: 'By the way.' });
    assert.equal(driver.state.problem, 'No.');
    assert.equal(driver.press('q').state.problem, null);
    assert.deepEqual(driver.effects, [], 'q only put the sentence away');
  });

  it('clamps a window of any size', () => {
    const driver = new MenuDriver({ columns: 0, rows: 0 });
    assert.deepEqual([driver.state.columns, driver.state.rows], [20, 5]);
    driver.tell({ fact: 'size', columns: 2000, rows: 2000 });
    assert.deepEqual([driver.state.columns, driver.state.rows], [300, 100]);
    driver.tell({ fact: 'size', columns: NaN, rows: Infinity });
    assert.deepEqual([driver.state.columns, driver.state.rows], [80, 24]);
  });

  it('offers a start as soon as one is offered', () => {
    const driver = one({ offers: offers({ start: refused('It is running.') }) }).press('2');
    assert.equal(driver.taken().length, 0);
    driver
      .tell({ fact: 'domains', domains: [domain('horatio', { offers: offers({ start: OFFERED }) })] })
      .press('2');
    assert.equal(driver.taken().length, 1);
  });
});
