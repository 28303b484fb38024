import assert from 'node:assert/strict';
import { byCommandOnly } from '../../menus/command-words.js';
import { messageOf } from '../../menus/plain-choice.js';
import { initialState } from '../../menus/state.js';
import type { MenuState } from '../../menus/state.js';
import { nextWords, typedPath } from '../../menus/typed-words.js';
import { update } from '../../menus/update.js';
import { isRefusal } from '../../policy/refusal.js';
import { DOMAIN_VERBS } from '../../server/gate/exec/command.js';
import type { Command } from '../../server/gate/exec/command.js';
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

/** Lines that the plain menu takes. */
const taken = (...lines: readonly string[]): (readonly [string, boolean])[] =>
  lines.map((line) => [line, true]);
/** Lines of which it says where they are taken. */
const elsewhere = (...lines: readonly string[]): (readonly [string, boolean])[] =>
  lines.map((line) => [line, false]);

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
    assert.deepEqual(missing, []);
    for (const line of [
      'horatio log off',
      'horatio screen',
      'recordings',
      'notify off',
      'notify show',
      'keys list',
      'notify mail',
      'keys add',
      `keys remove ${fingerprint('a')}`,
      'activity',
    ])
      assert.ok(all.includes(line), line);
  });

  it('take every command by exec, or say where it is taken', () => {
    const verbs = (...words: readonly string[]): string[] => words.map((word) => `horatio ${word}`);
    /** Lines of each command, with every option that it has. */
    const lines: Readonly<
      Record<Command['command'], readonly (readonly [line: string, isTaken: boolean])[]>
    > = {
      list: [...taken('list', 'ls'), ...elsewhere('list --json', 'ls --json')],
      'keys-list': [...taken('keys', 'keys list'), ...elsewhere('keys --json', 'keys list --json')],
      'keys-add': [...taken('keys add', 'keys add ssh-ed25519 AAAA alice'), ...taken('keys add --json')],
      'keys-remove': [
        ...taken(`keys remove ${fingerprint('a')}`),
        ...elsewhere(`keys remove ${fingerprint('a')} --yes`),
      ],
      activity: [...taken('activity'), ...elsewhere('activity --json')],
      recordings: [...taken('recordings'), ...elsewhere('recordings --json')],
      recording: elsewhere('recording 0123456789abcdef'),
      notify: [
        ...taken('notify', 'notify show', 'notify on', 'notify off', 'notify test', 'notify forget'),
        ...taken('notify mail alice@example.net', 'notify confirm 123456'),
        ...elsewhere('notify --json'),
      ],
      help: taken('help', '--help'),
      escape: elsewhere('escape', 'escape ^T', 'escape default'),
      menu: elsewhere('menu', 'menu --plain'),
      status: [...taken('horatio status'), ...elsewhere('horatio status --json')],
      graph: [...taken('horatio graph'), ...elsewhere('horatio graph --json')],
      screen: [...taken('horatio screen'), ...elsewhere('horatio screen --json')],
      log: [
        ...taken('horatio log'),
        ...elsewhere(
          ...verbs('log --lines 5', 'log --since 10m', 'log --boot -1', 'log --follow', 'log --raw'),
        ),
      ],
      'log-switch': taken('horatio log off', 'horatio log on'),
      extend: [...taken('horatio extend'), ...elsewhere('horatio extend --for 1h')],
      console: taken('horatio console'),
      watch: taken('horatio watch'),
      operate: [
        ...taken(...verbs('start', 'shutdown', 'stop', 'reboot', 'restart', 'poweroff', 'destroy', 'rescue')),
        ...taken(...verbs('rescue rescue', 'normal', 'reinstall', 'reinstall debian-13')),
        ...elsewhere(...verbs('start --wait', 'reboot --console', 'reboot -y', 'rescue rescue --for 2h')),
        ...elsewhere('horatio reinstall debian-13 --erase horatio'),
      ],
    };
    for (const [command, forms] of Object.entries(lines))
      for (const [line, isTaken] of forms) {
        const parsed = parseCommand(line);
        assert.ok(!isRefusal(parsed) && parsed.command === command, `${line} is ${command}`);
        const says = byCommandOnly(line, 'Ctrl-]');
        const isWord = messageOf(full(), line) !== null || typedPath(full(), line) !== null;
        assert.equal(isWord, isTaken, line);
        if (!isTaken) assert.match(says ?? '', /\.$/, line);
      }
  });

  it('print without leaving the page, from wherever they are typed', () => {
    const screen = { input: 'print', printed: { what: 'screen', domain: 'horatio' } };
    const deeper = update(full(), { input: 'choose', number: 2 }).state;
    for (const state of [full(), deeper])
      assert.deepEqual(typedPath(state, 'horatio screen'), { messages: [screen], rest: '' });
    const recordings = { input: 'print', printed: { what: 'recordings' } };
    assert.deepEqual(typedPath(deeper, 'recordings')?.messages, [recordings]);
    assert.equal(typedPath(full(), 'horatio screen now'), null);
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
