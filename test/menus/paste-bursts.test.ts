import assert from 'node:assert/strict';
import { KeyTokens } from '../../menus/key-tokens.js';
import type { Token } from '../../menus/key-tokens.js';
import type { Burst } from '../../menus/paste-bursts.js';
import { PasteBursts } from '../../menus/paste-bursts.js';
import { openFullScreenMenu } from '../../menus/full-screen-menu.js';
import type { Effect } from '../../menus/port.js';
import { FakeMenuTerminal } from '../support/fake-menu-terminal.js';
import { domain, menuKey, menuStart, offers } from '../support/menu-samples.js';

/** A key from ssh-keygen, copied from a window of 80 columns that wraps it. */
const WRAPPED = [
  'ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABgQDyddnjxd1yqdyx2yd1yyydyy1yddddyyyy1111dydy',
  'yddyxyd1yqyyyydyyyydyddyxyd1yqdyydydydxydyqydyydyydyxdqdyydydydyxdqy1y2y3y4y5y6y',
  'dy1xdyqy== hal@laptop',
].join('\r');

function isLine(token: Token | Burst): boolean {
  return token.token === 'burst' && token.isLine;
}

describe('a paste without brackets', () => {
  function cut(...pieces: readonly (readonly [at: number, text: string])[]): string[] {
    let now = 0;
    const bursts = new PasteBursts(() => now);
    const tokens = new KeyTokens();
    return pieces
      .flatMap(([at, text]) => {
        now = at;
        return bursts.take(tokens.push(Buffer.from(text)));
      })
      .map((token) =>
        token.token === 'key' ? token.bytes.toString() : `<${token.text}>${isLine(token) ? '!' : ''}`,
      );
  }

  it('is one paste, with all that comes right after it', () => {
    assert.deepEqual(cut([0, WRAPPED], [150, 'y\r'], [340, 'd'], [500, 'y'], [701, 'y']), [
      `<${WRAPPED}>`,
      '<y\r>!',
      '<d>',
      '<y>',
      'y',
    ]);
  });

  it('holds no keys that are no text', () => {
    assert.deepEqual(cut([0, `${'abcd'.repeat(8)}\x03\x1b[A\x04\x15\x7f`]), [`<${'abcd'.repeat(8)}>`]);
  });

  it('is no key that is held down, no line that a program types, and nothing that a hand can do', () => {
    assert.deepEqual(cut([0, 'j'.repeat(500)]).length, 500);
    assert.deepEqual(cut([0, 'jk'.repeat(100)]).length, 200);
    assert.deepEqual(cut([0, '4horatio\r']).length, 9);
    assert.deepEqual(cut([0, '\x1b[B'.repeat(50)]).length, 50);
    assert.deepEqual(cut([0, 'a'], [1, 'b'], [2, '\x1b[B'], [3, '\r']).length, 4);
  });

  it('that is one line with Enter is typed and entered', () => {
    assert.deepEqual(cut([0, 'guildenstern-and-rosencrantz\r'], [1, 'n']), [
      '<guildenstern-and-rosencrantz\r>!',
      'n',
    ]);
  });

  it('of a wrapped key adds the key where one is asked for, and elsewhere does nothing at all', () => {
    for (const page of ['a', '', '2', '\x1b', '?', '\x1b1', '\x1b14', '\x1ba', 'd']) {
      for (const pieces of [[WRAPPED], WRAPPED.split(/(?<=\r)/), [WRAPPED, '\ry\r', 'dyxy1']]) {
        const effects: Effect[] = [];
        const terminal = new FakeMenuTerminal();
        const start = menuStart({ domains: [domain('horatio', { offers: offers() }), domain('b')] });
        const menu = openFullScreenMenu(terminal, start, (effect) => effects.push(effect));
        try {
          terminal.type('s');
          menu.tell({ fact: 'keys', keys: [menuKey('A', { inUse: true }), menuKey('B')] });
          for (const key of page) terminal.type(key === '\x1b' ? '\x7f' : key);
          effects.splice(0);
          for (const piece of pieces) terminal.type(piece);
          assert.deepEqual(
            effects.filter(({ effect }) => !['list-keys', 'list-activity'].includes(effect)),
            page === 'a' && pieces.length === 3 && pieces[0] !== WRAPPED
              ? [{ effect: 'add-key', text: WRAPPED.split('\r')[0] }]
              : [],
            JSON.stringify([page, pieces.length]),
          );
        } finally {
          menu.dispose();
        }
      }
    }
  });
});
