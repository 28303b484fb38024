import { openFullScreenMenu } from '../../menus/full-screen-menu.js';
import { openPlainMenu } from '../../menus/plain-menu.js';
import type { MenuDomain } from '../../menus/menu-domain.js';
import type { Effect, MenuTerminal, OpenMenu } from '../../menus/port.js';
import { NORMAL, parseBootProfileName } from '../../policy/names.js';
import { domain, logPiece, menuKey, menuStart, offers, operation, refused } from './menu-samples.js';

/**
 * Shows the menus on this terminal, over a world of three servers: `node dist/test/support/menu-demo.js
 * [--plain]`.
 */

const plain = process.argv.includes('--plain');
const terminal: MenuTerminal = {
  term: process.env['TERM'] ?? 'xterm',
  columns: process.stdout.columns,
  rows: process.stdout.rows,
  write: (data) => void process.stdout.write(data),
  onInput: (listener) => {
    process.stdin.on('data', listener);
    return () => process.stdin.off('data', listener);
  },
  onResize: (listener) => {
    const changed = (): void => {
      terminal.columns = process.stdout.columns;
      terminal.rows = process.stdout.rows;
      listener(terminal.columns, terminal.rows);
    };
    process.stdout.on('resize', changed);
    return () => process.stdout.off('resize', changed);
  },
};

const at = (): number => Date.now();
let domains: MenuDomain[] = [
  domain('horatio', { since: at() - 11_000_000, seenAt: at() }),
  domain('ophelia', {
    state: 'crashed',
    since: at() - 90_000,
    seenAt: at(),
    cpuPercent: null,
    offers: offers({
      start: refused('It has crashed; power it off first.'),
      normal: refused('It is booted normally.'),
    }),
  }),
  domain('yorick-with-a-rather-long-name.example.net', {
    state: 'off',
    since: at() - 9_000_000_000,
    seenAt: at() - 20_000,
    reachable: false,
    role: 'watcher',
    offers: offers({}, refused('You may only watch this server.')),
  }),
];

let menu: OpenMenu | null = null;

function change(name: string, some: Partial<MenuDomain>): void {
  domains = domains.map((one) => (one.name === name ? { ...one, ...some } : one));
  menu?.tell({ fact: 'domains', domains });
}

function perform(effect: Effect): void {
  switch (effect.effect) {
    case 'operate': {
      const { action, domain: name, profile } = effect;
      const running = operation(action, { startedAt: at(), deadlineAt: at() + 60_000, profile });
      menu?.tell({ fact: 'accepted', domain: name, action });
      change(name, { operation: running });
      setTimeout(() => {
        const off = action === 'poweroff' || action === 'shutdown';
        change(name, {
          operation: null,
          state: off ? 'off' : 'running',
          since: at(),
          profile: parseBootProfileName(action === 'rescue' ? (profile ?? '') : NORMAL) ?? NORMAL,
          offers: offers(),
        });
        menu?.tell({ fact: 'ended', domain: name, operation: { ...running, phase: 'done' } });
      }, 8000);
      return;
    }
    case 'console':
      menu?.suspend();
      process.stdout.write(`(the console of ${effect.domain}; back in 2 s)\r\n`);
      setTimeout(() => {
        menu?.tell({ fact: 'console-left', domain: effect.domain, message: 'You left the console.' });
        menu?.resume();
      }, 2000);
      return;
    case 'list-keys':
      menu?.tell({
        fact: 'keys',
        keys: [menuKey('A', { inUse: true }), menuKey('B', { comment: '漢字@laptop' })],
      });
      return;
    case 'list-activity':
      menu?.tell({
        fact: 'activity',
        activity: Array.from({ length: 40 }, (_, i) => ({
          at: at() - i * 1e6,
          text: `You rebooted horatio (${i}).`,
        })),
      });
      return;
    case 'choose-escape':
      return;
    case 'add-key':
      menu?.tell({ fact: 'notice', message: `Added: ${effect.text.slice(0, 40)}` });
      return;
    case 'remove-key':
      menu?.tell({ fact: 'refused', message: 'Removing is not possible in this demo.' });
      return;
    case 'log': {
      const piece = logPiece(0, 400, {}, 300);
      menu?.tell({ fact: 'log', domain: effect.domain, where: effect.where.go, piece });
      return;
    }
    case 'log-find':
      menu?.tell({ fact: 'log-missing', domain: effect.domain, what: 'text' });
      return;
    case 'extend':
    case 'log-switch':
      menu?.tell({ fact: 'refused', message: 'Its log cannot be switched in this demo.' });
      return;
    case 'log-follow':
    case 'log-give-up':
    case 'log-close':
    case 'prefer':
      return;
    case 'quit':
      menu?.dispose();
      process.exit(0);
  }
}

process.stdin.setRawMode(true);
const start = menuStart({ domains, now: at(), columns: terminal.columns, rows: terminal.rows });
menu = plain
  ? openPlainMenu(terminal, start, perform, { echo: true })
  : openFullScreenMenu(terminal, start, perform);
setInterval(() => {
  domains = domains.map((one) => (one.reachable ? { ...one, seenAt: at() } : one));
  menu.tell({ fact: 'domains', domains });
  menu.tell({ fact: 'tick', now: at() });
}, 1000);
