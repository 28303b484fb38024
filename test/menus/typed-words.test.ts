import assert from 'node:assert/strict';
import { initialState } from '../../menus/state.js';
import type { MenuState } from '../../menus/state.js';
import { nextWords, typedPath } from '../../menus/typed-words.js';
import { update } from '../../menus/update.js';
import { isRefusal } from '../../policy/refusal.js';
import { DOMAIN_VERBS } from '../../server/gate/exec/command.js';
import { parseCommand } from '../../server/gate/exec/grammar.js';
import {
  domain,
  domainName,
  fingerprint,
  menuKey,
  menuStart,
  NOW,
  offers,
  PROFILES,
  REINSTALLABLE,
} from '../support/menu-samples.js';

/** With every kind of choice that there is. */
function full(): MenuState {
  const state = initialState(
    menuStart({
      domains: [
        domain('horatio', {
          offers: offers(),
          profiles: PROFILES,
          ...REINSTALLABLE,
          rescueEnd: { at: NOW, then: 'normal', retryAt: null },
        }),
        domain('ophelia'),
        domain('notify'),
      ],
      hasNotices: true,
    }),
  );
  return {
    ...state,
    keys: [menuKey('a'), menuKey('b')],
    notices: { address: 'alice@example.net', on: true, asked: { address: 'a@example.net', until: 0 } },
  };
}

const wordsAt = (state: MenuState, line: string): readonly string[] => nextWords(state, line)?.words ?? [];

/** All lines that Tab leads to. */
function* lines(state: MenuState, line = '', deep = 0): Generator<string> {
  for (const word of wordsAt(state, line)) {
    yield line + word;
    if (deep < 4) yield* lines(state, `${line}${word} `, deep + 1);
  }
}

describe('menus: words that are typed in the plain menu', () => {
  it('are those of the commands by exec: each line that Tab makes is one', () => {
    const all = [...lines(full())];
    for (const line of all) {
      // The menu has a page for a server alone.
      if (line === 'quit' || full().domains.some(({ name }) => name === line)) continue;
      const needsText = /^notify (mail|confirm)$/.test(line) ? `${line} text` : line;
      const needsKey = needsText === 'keys remove' ? `${line} ${fingerprint('a')}` : needsText;
      const parsed = parseCommand(needsKey);
      assert.ok(!isRefusal(parsed), `${line}: ${isRefusal(parsed) ? parsed.message : ''}`);
    }
    const verbs = new Set(all.flatMap((line) => /^horatio (\S+)$/.exec(line)?.[1] ?? []));
    const missing = DOMAIN_VERBS.filter((verb) => !verbs.has(verb));
    assert.deepEqual(missing, ['graph', 'screen'], 'these print, and the menu has pages');
    for (const line of [
      'notify off',
      'notify mail',
      'keys add',
      `keys remove ${fingerprint('a')}`,
      'activity',
    ])
      assert.ok(all.includes(line), line);
  });

  it('lead where the numbers lead', () => {
    const state = full();
    const at = (line: string): MenuState =>
      (typedPath(state, line)?.messages ?? assert.fail(line)).reduce(
        (now, message) => update(now, message).state,
        state,
      );
    assert.deepEqual(at('horatio').pages.at(-1), { page: 'domain', domain: 'horatio', selected: '' });
    assert.equal(at('horatio rescue').pages.at(-1)?.page, 'rescue');
    const asked = at('horatio rescue rescue').dialog;
    assert.ok(asked?.ask === 'name' && asked.action === 'rescue' && asked.profile === 'rescue');
    assert.equal(at('horatio console').calling, 'horatio');
    assert.equal(at('keys add').pages.at(-1)?.page, 'add-key');
    assert.deepEqual(at('horatio stop').dialog, { ask: 'yes', action: 'shutdown', domain: 'horatio' });
    // As by exec, a server with the name of a command comes second.
    assert.equal(at('notify').pages.at(-1)?.page, 'notices');
    assert.deepEqual(at('notify console').calling, 'notify');
    assert.equal(at('horatio status').pages.at(-1)?.page, 'domain');
  });

  it('mean nothing where something follows that does not belong there', () => {
    for (const line of [
      'horatio nonsense',
      'horatio start console',
      'horatio console now',
      'horatio keys',
      'mallory console',
      'keys help',
      'list horatio',
      'quit now',
      'horatio status console',
    ])
      assert.equal(typedPath(full(), line), null, line);
  });

  it('are none of a server that the customer does not see, and none at a question', () => {
    const state = { ...full(), domains: full().domains.filter(({ name }) => name !== domainName('ophelia')) };
    assert.ok(![...lines(state)].some((line) => line.includes('ophelia')));
    const asked = update(update(state, { input: 'choose', number: 1 }).state, {
      input: 'key',
      key: '4',
    }).state;
    assert.ok(asked.dialog !== null);
    assert.equal(nextWords(asked, 'hor'), null);
  });

  it('begin anew on a page deeper down, where the page has none of its own', () => {
    const state = update(full(), { input: 'choose', number: 2 }).state;
    const path = typedPath(state, 'horatio log');
    assert.equal(path?.messages.length, 3);
    assert.ok(wordsAt(state, '').includes('horatio'));
    assert.deepEqual(wordsAt(state, 'hor'), ['horatio']);
    assert.deepEqual(wordsAt(state, 'cons'), ['console']);
  });

  it('name the only server too, whose page is the first one', () => {
    const state = initialState(menuStart({ domains: [domain('horatio', { offers: offers() })] }));
    assert.equal(typedPath(state, 'horatio console')?.messages.length, 1);
    assert.deepEqual(wordsAt(state, 'horatio wa'), ['watch']);
  });
});
