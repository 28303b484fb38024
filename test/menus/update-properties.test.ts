import assert from 'node:assert/strict';
import fc from 'fast-check';
import { initialState } from '../../menus/state.js';
import { update } from '../../menus/update.js';
import type { Message } from '../../menus/update.js';
import { view } from '../../menus/view.js';
import { columnsOf } from '../../menus/printable-text.js';
import { DOMAIN_STATES } from '../../policy/domain-state.js';
import { NORMAL } from '../../policy/names.js';
import type { MenuDomain, MenuOperation } from '../../menus/menu-domain.js';
import type { OperateAction } from '../../menus/port.js';
import {
  NOW,
  REINSTALLABLE,
  OFFERED,
  domain,
  domainName,
  logLine,
  logPiece,
  menuKey,
  menuStart,
  offers,
  operation,
  profileName,
  refused,
} from '../support/menu-samples.js';
import { propertyRuns } from '../support/property-runs.js';

const NAMES = ['horatio', 'ophelia', 'yorick'] as const;
const ACTIONS: readonly OperateAction[] = [
  'start',
  'shutdown',
  'poweroff',
  'reboot',
  'rescue',
  'normal',
  'reinstall',
];

/** These are done only after the server's name was typed. A rescue may go on by itself after a power-off. */
const BY_NAME: readonly OperateAction[] = ['poweroff', 'rescue', 'reinstall'];

const key = (name: string): Message => ({ input: 'key', key: name });
const typed = (text: string): Message[] => Array.from(text, key);
/** Opens the page of a server, from anywhere. */
const page = (name: (typeof NAMES)[number]): Message[] => [
  ...['escape', 'escape', 'escape', 'escape'].map(key),
  key(`${NAMES.indexOf(name) + 1}`),
];

/** Keys, and short sequences without which chance would never get anywhere. */
const inputs: fc.Arbitrary<readonly Message[]> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc
      .constantFrom(...Array.from('023456789abcdfhijklnoprsuxy?gG[]/ '), 'é')
      .map((one) => [key(one)]),
  },
  {
    weight: 4,
    arbitrary: fc
      .constantFrom('up', 'down', 'left', 'enter', 'escape', 'backspace', 'clear', 'pagedown', 'end')
      .map((one) => [key(one)]),
  },
  {
    weight: 4,
    arbitrary: fc.constantFrom(...NAMES, 'horati', 'HORATIO').map((name) => [...typed(name), key('enter')]),
  },
  {
    weight: 2,
    arbitrary: fc
      .constantFrom(...NAMES)
      .map((name) => [...page(name), key('4'), ...typed(name), key('enter')]),
  },
  {
    weight: 2,
    arbitrary: fc
      .constantFrom(...NAMES)
      .map((name) => [...page(name), key('6'), key('1'), ...typed(name), key('enter')]),
  },
  {
    weight: 2,
    arbitrary: fc
      .constantFrom(...NAMES)
      .map((name) => [...page(name), key('i'), key('1'), ...typed(name), key('enter')]),
  },
  { weight: 1, arbitrary: fc.constantFrom(...NAMES).map((text) => [{ input: 'paste', text } as const]) },
  {
    weight: 1,
    arbitrary: fc.integer({ min: 0, max: 9 }).map((number) => [{ input: 'choose', number } as const]),
  },
  { weight: 1, arbitrary: fc.constantFrom('1', 'q', 'y').map((one) => [key(one)]) },
  { weight: 1, arbitrary: fc.boolean().map((lent) => [{ input: 'lent', lent } as const]) },
);

const operations: fc.Arbitrary<MenuOperation> = fc
  .record({
    action: fc.constantFrom(...ACTIONS),
    phase: fc.constantFrom('queued', 'running', 'done', 'failed', 'superseded'),
    step: fc.constantFrom(
      'waiting',
      'shutting-down',
      'checking-image',
      'writing',
      'creating',
      'attaching-console',
      'unpausing',
    ),
    place: fc.nat(3),
    startedAt: fc.integer({ min: NOW - 100_000, max: NOW + 100_000 }),
    deadlineAt: fc.option(fc.integer({ min: NOW - 100_000, max: NOW + 100_000 })),
    profile: fc.constantFrom(null, profileName('rescue')),
  } as const)
  .map(({ action, ...some }) => operation(action, some));

const domains: fc.Arbitrary<readonly MenuDomain[]> = fc.subarray([...NAMES]).chain((names) =>
  fc.tuple(
    ...names.map((name) =>
      fc
        .record({
          state: fc.option(fc.constantFrom(...DOMAIN_STATES)),
          reachable: fc.boolean(),
          profile: fc.constantFrom(null, NORMAL, profileName('rescue')),
          seenAt: fc.option(fc.integer({ min: NOW - 100_000, max: NOW })),
          operation: fc.option(operations),
          no: fc.subarray([...ACTIONS], { maxLength: 2 }),
        })
        .map(({ no, ...some }) =>
          domain(name, {
            ...some,
            ...REINSTALLABLE,
            offers: offers(Object.fromEntries(no.map((one) => [one, refused('No.')])), OFFERED),
          }),
        ),
    ),
  ),
);

const facts: fc.Arbitrary<readonly Message[]> = fc.oneof(
  { weight: 4, arbitrary: domains.map((all): Message[] => [{ fact: 'domains', domains: all }]) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.constantFrom(...NAMES), fc.constantFrom(...ACTIONS))
      .map(([name, action]): Message[] => [{ fact: 'accepted', domain: domainName(name), action }]),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.constantFrom(...NAMES), operations)
      .map(([name, ended]): Message[] => [{ fact: 'ended', domain: domainName(name), operation: ended }]),
  },
  { weight: 1, arbitrary: fc.constant<Message[]>([{ fact: 'refused', message: 'It was refused.' }]) },
  {
    weight: 1,
    arbitrary: fc.constant<Message[]>([
      { fact: 'keys', keys: [menuKey('A', { inUse: true }), menuKey('B')] },
    ]),
  },
  {
    weight: 1,
    arbitrary: fc.integer({ min: NOW, max: NOW + 1e6 }).map((now): Message[] => [{ fact: 'tick', now }]),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(
        fc.constantFrom('start', 'end', 'before', 'after', 'earlier-boot', 'later-boot'),
        fc.integer({ min: 0, max: 99 }),
        fc.integer({ min: 0, max: 80 }),
        fc.constantFrom('x', '\u6f22', '\x1b[2J\u202e'),
      )
      .map(([where, first, more, text]): Message[] => {
        const piece = logPiece(first, first + more);
        const open = [logLine(first + more + 1, 1000, text.repeat(more))];
        return [{ fact: 'log', domain: domainName('horatio'), where, piece: { ...piece, open } }];
      }),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.integer({ min: 0, max: 400 }), fc.integer({ min: 0, max: 120 }))
      .map(([columns, rows]): Message[] => [{ fact: 'size', columns, rows }]),
  },
);

/** The text typed since the last Enter or Escape, recorded by the test itself. */
class Typed {
  text = '';
  #line = '';

  see(message: Message): void {
    if (!('input' in message)) return;
    if (message.input === 'paste') this.text += message.text;
    if (message.input !== 'key') return;
    if (message.key === 'backspace') this.text = this.text.slice(0, -1);
    else if (['enter', 'escape', 'clear'].includes(message.key)) {
      this.#line = message.key === 'enter' ? this.text : '';
      this.text = '';
    } else if (Array.from(message.key).length === 1) this.text += message.key;
  }

  /** The line that Enter has just ended. */
  get line(): string {
    return this.#line;
  }
}

describe('update, whatever comes', () => {
  it('powers off, rescues and reinstalls only by the typed name, offers what it asks for, and always fits', function () {
    const runs = propertyRuns('keys in the menu', 600, 20_000);
    this.timeout(600_000 + 50 * runs.numRuns);
    let poweroffs = 0;
    let rescues = 0;
    let reinstallations = 0;
    fc.assert(
      fc.property(
        fc.array(fc.oneof({ weight: 3, arbitrary: inputs }, { weight: 1, arbitrary: facts }), {
          maxLength: 60,
        }),
        (all) => {
          let state = initialState(
            menuStart({ domains: NAMES.map((name) => domain(name, { ...REINSTALLABLE, offers: offers() })) }),
          );
          const customer = new Typed();
          const confirmed = new Set<string>();
          for (const message of all.flat()) {
            customer.see(message);
            const step = update(state, message);
            for (const effect of step.effects) {
              if (effect.effect !== 'operate') continue;
              const known =
                state.domains.find((one) => one.name === effect.domain) ??
                step.state.domains.find((one) => one.name === effect.domain);
              assert.ok(known !== undefined, 'a server that is not there');
              assert.ok(
                step.state.domains.find((one) => one.name === effect.domain)?.offers[effect.action].offered,
                'not offered',
              );
              if (!BY_NAME.includes(effect.action)) continue;
              const byName =
                'input' in message &&
                message.input === 'key' &&
                message.key === 'enter' &&
                customer.line.endsWith(effect.domain);
              const what = `rescue ${effect.domain} ${effect.profile}`;
              assert.ok(
                byName || (effect.action === 'rescue' && confirmed.has(what)),
                `${effect.action} without its name`,
              );
              if (effect.action === 'rescue') confirmed.add(what);
              if (effect.action === 'poweroff') poweroffs += 1;
              else if (effect.action === 'rescue') rescues += 1;
              else reinstallations += 1;
            }
            state = step.state;
            if (state.closing) break;
          }
          const frame = view(state);
          assert.equal(frame.lines.length, state.rows);
          for (const line of frame.lines) {
            assert.equal(
              line.reduce((sum, run) => sum + columnsOf(run.text), 0),
              state.columns,
            );
          }
        },
      ),
      runs,
    );
    assert.ok(
      poweroffs > 10 && rescues > 10 && reinstallations > 10,
      `chance got there: ${poweroffs} power-offs, ${rescues} rescues, ${reinstallations} reinstallations`,
    );
  });
});
