import assert from 'node:assert/strict';
import { constants } from 'node:os';
import { eventually } from '../support/eventually.js';
import { House } from '../support/house.js';
import { POSTERN } from '../support/postern-command.js';
import { ProcessFacts } from '../support/process-facts.js';
import { TerminalClient } from '../support/terminal-client.js';

/** Stays after the command has ended, and shows what the kernel says of the terminal then. */
const SHELL = `trap : INT TERM HUP QUIT; "$@"; printf '\\nstatus %s\\n' $?; stty -a`;

/** A command of an admin that has the terminal, and how far it must be before the signal comes. */
interface Case {
  readonly what: string;
  readonly args: (house: House) => readonly string[];
  readonly until: (terminal: TerminalClient) => Promise<void>;
}

const CASES: readonly Case[] = [
  {
    what: 'top',
    args: ({ layout }) => ['top', '--settings', layout.gateSettings],
    until: (terminal) => terminal.sees('1 session'),
  },
  {
    what: 'top, while it shows a console',
    args: ({ layout }) => ['top', '--settings', layout.gateSettings],
    until: async (terminal) => {
      await terminal.sees('types at horatio');
      terminal.type('w');
      await terminal.sees('console of horatio, watching');
    },
  },
  {
    what: 'console',
    args: ({ layout }) => ['console', 'horatio', '--settings', layout.dom0Settings, '--watch'],
    until: (terminal) => terminal.sees('console of horatio, watching'),
  },
];

describe('e2e: a signal that ends a command of an admin', () => {
  let house: House;
  let clients: TerminalClient[];

  before(async () => {
    house = await House.start();
    assert.equal((await house.ssh('alice', 'horatio start --wait')).status, 0);
    const alice = house.terminal('alice', 'horatio console');
    await alice.sees('login:');
  });
  after(() => house.stop());
  beforeEach(() => {
    clients = [];
  });
  afterEach(() => {
    for (const client of clients) client.kill();
  });

  for (const { what, args, until } of CASES)
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const)
      it(`puts the terminal right: ${signal} at ${what}`, async () => {
        const command = [process.execPath, POSTERN, ...args(house)];
        const terminal = new TerminalClient('/bin/sh', ['-c', SHELL, 'sh', ...command], { columns: 100 });
        clients.push(terminal);
        await until(terminal);
        const [child] = new ProcessFacts(terminal.pid).children;
        assert.ok(child !== undefined);
        process.kill(child, signal);
        // It ends by the signal, so that a script which started it stops too.
        await terminal.sees(`status ${128 + constants.signals[signal]}`);
        const stty = await eventually(
          'the state of the terminal',
          () => /lnext[^]*echoke/.exec(terminal.screen)?.[0],
        );
        for (const flag of ['isig', 'icanon', 'echo', 'icrnl', 'opost'])
          assert.ok(stty.split(/\s+/).includes(flag), `${flag} is not set: ${stty}`);
        assert.ok(!terminal.alternate, 'the first screen is back');
        const { raw } = terminal;
        assert.ok(raw.lastIndexOf('\x1b[?25h') >= raw.lastIndexOf('\x1b[?25l'), 'the cursor is shown');
      });
});
