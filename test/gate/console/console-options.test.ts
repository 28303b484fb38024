import assert from 'node:assert/strict';
import { ACTIONS } from '../../../policy/actions.js';
import { parseEscapeKey } from '../../../policy/escape-key.js';
import type { EscapeKey } from '../../../policy/escape-key.js';
import type { ConsoleTerms } from '../../../policy/policy.js';
import type { Refusal } from '../../../policy/refusal.js';
import { isRefusal } from '../../../policy/refusal.js';
import type { ConsoleEnding } from '../../../server/gate/console/console-departure.js';
import { ConsoleSession } from '../../../server/gate/console/console-session.js';
import type { ScreenText } from '../../../server/wire/console.js';
import type { StandInConsole } from '../../support/dom0-stand-in.js';
import { eventually } from '../../support/eventually.js';
import { FakeTerminal } from '../../support/fake-terminal.js';
import { ALLOW_ALL, GateInside, policyOf, rule } from '../../support/gate-inside.js';
import { ADMIN, domainName } from '../../support/temporary-store.js';

const HORATIO = domainName('horatio');
const SHELL: ScreenText = { lines: ['root@horatio:~# '], below: false, alternate: false };
const LOGIN: ScreenText = { lines: ['horatio login: '], below: false, alternate: false };
const TYPING: ScreenText = { lines: ['root@horatio:~# rm -r'], below: false, alternate: false };

describe('the options of a console', () => {
  let gate: GateInside;
  let terminal: FakeTerminal;
  let ending: Promise<ConsoleEnding | Refusal>;

  beforeEach(() => {
    gate = new GateInside();
    terminal = new FakeTerminal();
    const { console } = gate.dom0.contract;
    gate.dom0.contract = { ...gate.dom0.contract, console: { ...console, screenText: true } };
  });
  afterEach(async () => {
    terminal.hangUp();
    await gate.stop();
  });

  async function open(
    mode: 'write' | 'watch' = 'write',
    screen: ScreenText | null = null,
  ): Promise<StandInConsole> {
    await gate.start();
    gate.dom0.screen = screen;
    ending = new ConsoleSession(gate.core.console, gate.alice, terminal, 'horatio', mode).run();
    const console = await eventually('an attachment', () => gate.dom0.consoles[0]);
    console.note({
      note: 'attached',
      attachment: 7,
      domain: HORATIO,
      mode,
      present: [],
      cols: 80,
      rows: 24,
    });
    await shows(/helps\./);
    return console;
  }

  const shows = (text: string | RegExp): Promise<unknown> =>
    eventually(`to show ${String(text)}`, () =>
      typeof text === 'string' ? terminal.output.includes(text) : text.test(terminal.output),
    );
  async function left(): Promise<ConsoleEnding> {
    const result = await ending;
    assert.ok(!isRefusal(result));
    return result;
  }
  const terms = (more: Partial<ConsoleTerms>): ConsoleTerms => ({
    subjects: { customers: [], groups: [], roles: [] },
    domains: { names: [], tags: [] },
    idle: null,
    logOut: null,
    record: 'off',
    place: { file: 'x', line: 1, column: 1 },
    ...more,
  });

  describe('break and SysRq', () => {
    it('shows the keys that the host takes, with words, and sends the one chosen', async () => {
      await open();
      terminal.type('\x1ds');
      await shows('Which SysRq key? h help, s sync. Any other: none.');
      terminal.type('s');
      const asked = await eventually('the request', () => gate.dom0.requests[0]);
      assert.deepEqual([asked.verb, asked.key], ['sysrq', 's']);
    });

    it('shows no keys to whom policy denies them, and asks the host for none', async () => {
      gate.enforce(policyOf([rule('deny', ['sysrq'], { reason: 'Not for you.' }), rule('allow', ACTIONS)]));
      await open();
      terminal.type('\x1ds');
      await shows('Not for you. Press any key.');
      assert.doesNotMatch(terminal.output, /Which SysRq/);
      terminal.type('s');
      await eventually('the denial', () => gate.events('domain.denied').length === 1);
      assert.deepEqual(gate.dom0.requests, []);
    });

    it('a key that the host does not take is refused here', async () => {
      await open();
      terminal.type('\x1dsb');
      await shows('The host does not let the SysRq key b through.');
      assert.deepEqual([gate.dom0.requests, gate.events('domain.sysrq.requested')], [[], []]);
    });

    it('a break of the client’s, and of ours, sends the configured key through the dispatcher', async () => {
      Object.assign(gate.consoleSettings, { break: 'sysrq-h' });
      const console = await open();
      terminal.sendBreak();
      await eventually('the first', () => gate.dom0.requests[0]?.key === 'h');
      terminal.type('\x1db');
      await eventually('the second', () => gate.dom0.requests[1]?.key === 'h');
      assert.equal(gate.events('domain.sysrq.requested').length, 2);
      assert.equal(console.typed, '');
    });

    it('a break that policy denies does nothing', async () => {
      Object.assign(gate.consoleSettings, { break: 'sysrq-h' });
      gate.enforce(
        policyOf([rule('deny', ['sysrq'], { reason: 'No break for you.' }), rule('allow', ACTIONS)]),
      );
      await open();
      terminal.sendBreak();
      await shows('No break for you.');
      assert.deepEqual(gate.dom0.requests, []);
    });

    it('says that there is no break where none is configured', async () => {
      await open();
      terminal.sendBreak();
      await shows('This console has no break. Ctrl-] s sends a SysRq key.');
    });
  });

  describe('the window’s size', () => {
    beforeEach(() => {
      terminal.resize(132, 50);
    });

    it('is typed at a shell prompt after asking', async () => {
      const console = await open('write', SHELL);
      terminal.type('\x1dz');
      await shows('"stty rows 50 cols 132" and Enter');
      await eventually('the screen to be read', () => console.count('screen') === 1);
      assert.equal(console.typed, '');
      // dom0's answer may not have arrived yet.
      await eventually('the command', () => {
        if (console.typed === '') terminal.type('y');
        return console.typed !== '';
      });
      assert.equal(console.typed, 'stty rows 50 cols 132\r');
      const told = await eventually('dom0 to hear of it', () =>
        console.requests.find((note) => 'told' in note),
      );
      assert.deepEqual(told, { note: 'resize', cols: 132, rows: 50, told: true });
    });

    it('is the one that was shown, also when the window was resized before the yes', async () => {
      const console = await open('write', LOGIN);
      terminal.type('\x1dzy');
      await shows('That does not look like an empty shell prompt.');
      terminal.resize(90, 30);
      terminal.type('y');
      await eventually('the command', () => console.typed === 'stty rows 50 cols 132\r');
      const told = await eventually('dom0 to hear of it', () =>
        console.requests.find((note) => 'told' in note),
      );
      assert.deepEqual(told, { note: 'resize', cols: 132, rows: 50, told: true });
    });

    it('is spoken of once to who has the keyboard, where the server draws for another', async () => {
      const console = await open();
      const hint = 'The server draws for a window of 80x24, yours is 132x50: Ctrl-] z tells it.';
      await shows(hint);
      terminal.resize(140, 50);
      terminal.type('\x1dw');
      await shows('Nobody else is here.');
      assert.equal(terminal.output.split('The server draws').length, 2);
      assert.ok(!console.requests.some((note) => 'told' in note));
    });

    it('is not spoken of while it fits, and then once it does not', async () => {
      terminal.resize(80, 24);
      await open();
      assert.doesNotMatch(terminal.output, /The server draws/);
      terminal.resize(132, 50);
      await shows('The server draws for a window of 80x24, yours is 132x50');
    });

    it('is not spoken of to who watches, until they have the keyboard', async () => {
      const console = await open('watch');
      assert.doesNotMatch(terminal.output, /The server draws/);
      console.note({ note: 'resized', cols: 100, rows: 40 });
      console.note({ note: 'writer', attachment: 7, label: 'alice' });
      await shows('The server draws for a window of 100x40, yours is 132x50: Ctrl-] z tells it.');
    });

    it('is not typed for any other key', async () => {
      const console = await open('write', SHELL);
      terminal.type('\x1dzn');
      await shows('Nothing was done.');
      terminal.type('x');
      await eventually('what is typed later', () => console.typed === 'x');
    });

    for (const [what, screen] of [
      ['asks for a password', LOGIN],
      ['has half a command', TYPING],
      ['cannot be read', null],
    ] as const) {
      it(`is asked twice for a screen that ${what}`, async () => {
        const console = await open('write', screen);
        terminal.type('\x1dzy');
        await shows('That does not look like an empty shell prompt.');
        assert.equal(console.typed, '');
        terminal.type('n');
        await shows('Nothing was done.');
        terminal.type('\x1dzyy');
        await eventually('the command', () => console.typed === 'stty rows 50 cols 132\r');
      });
    }

    it('is for the writer alone', async () => {
      const console = await open('watch', SHELL);
      terminal.type('\x1dz');
      await shows('Only the person with the keyboard can do that: Ctrl-] t takes it. Press any key.');
      terminal.type('y');
      assert.deepEqual([console.typed, console.count('screen')], ['', 0]);
    });
  });

  describe('a shell that is left', () => {
    it('is spoken of', async () => {
      const console = await open('write', SHELL);
      terminal.type('\x1d.');
      assert.deepEqual(await left(), {
        status: 0,
        message: 'horatio seems to be left logged in: the next person at its console has that shell.',
        rest: Buffer.alloc(0),
      });
      assert.equal(console.typed, '');
    });

    it('is ended by a Ctrl-D where policy says so, and what was typed behind goes elsewhere', async () => {
      gate.enforce({ ...ALLOW_ALL, consoleTerms: [terms({ logOut: true })] });
      const console = await open('write', SHELL);
      terminal.type('\x1d.q');
      const { message, rest } = await left();
      assert.match(message ?? '', /Ctrl-D was sent/);
      assert.equal(rest?.toString(), 'q');
      await eventually('it to arrive', () => console.typed === '\x04');
    });

    it('is in the audit log, also when its customer hangs up', async () => {
      const logged = (): readonly unknown[] =>
        gate.events('console.left.logged-in').map(({ actor, domain }) => [actor.customer, domain]);
      await open('write', SHELL);
      terminal.hangUp();
      await left();
      assert.deepEqual(logged(), [['alice', 'horatio']]);
    });

    for (const [what, mode, screen] of [
      ['asks for a login', 'write', LOGIN],
      ['cannot be read', 'write', null],
      ['somebody else types into', 'watch', SHELL],
    ] as const) {
      it(`is not in the audit log for a screen that ${what}`, async () => {
        await open(mode, screen);
        terminal.hangUp();
        await left();
        assert.deepEqual(gate.events('console.left.logged-in'), []);
      });
    }

    it('holds up no gate that stops', async () => {
      const console = await open('write', null);
      gate.dom0.contract = { ...gate.dom0.contract };
      terminal.hangUp();
      await gate.core.stop();
      await left();
      assert.equal(gate.events('console.detached').length, 1);
      await eventually('dom0 to be left', () => !console.open);
    });

    it('gets its Ctrl-D also from who hangs up', async () => {
      Object.assign(gate.consoleSettings, { logOut: true });
      const console = await open('write', SHELL);
      terminal.hangUp();
      await left();
      await eventually('it to arrive', () => console.typed === '\x04');
      await eventually('dom0 to be left', () => !console.open);
    });

    it('gets none from who may no longer type, or watches', async () => {
      Object.assign(gate.consoleSettings, { logOut: true });
      const console = await open('write', SHELL);
      gate.store.roles.remove(gate.alice.customer, HORATIO, ADMIN);
      assert.deepEqual(await left(), { status: 1, message: 'horatio is no longer yours to use.' });
      await eventually('dom0 to be left', () => !console.open);
      assert.equal(console.typed, '');
    });

    it('who watches is told nothing', async () => {
      Object.assign(gate.consoleSettings, { logOut: true });
      const console = await open('watch', SHELL);
      terminal.type('\x1d.');
      assert.equal((await left()).message, null);
      assert.equal(console.typed, '');
    });

    it('is not cut short in half a command', async () => {
      Object.assign(gate.consoleSettings, { logOut: true });
      const console = await open('write', TYPING);
      terminal.type('\x1d.');
      assert.match((await left()).message ?? '', /seems to be left logged in/);
      assert.equal(console.typed, '');
    });

    it('that is none is left without a word', async () => {
      Object.assign(gate.consoleSettings, { logOut: true });
      const console = await open('write', LOGIN);
      terminal.type('\x1d.');
      assert.deepEqual(await left(), { status: 0, message: null, rest: Buffer.alloc(0) });
      assert.equal(console.typed, '');
    });
  });

  describe('the escape key', () => {
    const ctrlA = parseEscapeKey('^A') as EscapeKey;

    it('is the house’s, unless the customer chose one', async () => {
      Object.assign(gate.consoleSettings, { escape: ctrlA });
      const console = await open();
      await shows('Ctrl-A . leaves, Ctrl-A ? helps.');
      terminal.type('x\x01\x01y\x01.');
      assert.equal((await left()).status, 0);
      await eventually('it to arrive', () => console.typed === 'x\x01y');
    });

    it('of a customer is their own', async () => {
      assert.equal(gate.core.consoleOptions.chooseEscape(gate.alice.customer, '^A'), null);
      await open();
      await shows('Ctrl-A . leaves');
      assert.equal(gate.core.consoleOptions.escapeKey(gate.bob.customer).name, 'Ctrl-]');
      terminal.type('\x01.');
      assert.equal((await left()).status, 0);
    });

    it('may be another; a Ctrl-] still never reaches the pty, and that is said', async () => {
      Object.assign(gate.consoleSettings, { escape: ctrlA });
      const console = await open();
      terminal.type('a\x1d.b');
      await shows('Ctrl-] cannot be sent to this server');
      await eventually('the rest', () => console.typed === 'a.b');
    });

    it('is chosen by a command, which refuses what would make the console useless', async () => {
      await gate.start();
      const run = async (command: string): Promise<[number, string]> => {
        const end = new FakeTerminal({ hasPty: false });
        return [await gate.exec(gate.alice, command, end), end.output + end.errors];
      };
      assert.deepEqual(await run('escape'), [0, 'Ctrl-] and a dot leave a console.\n']);
      assert.deepEqual(await run('escape ^A'), [0, 'Ctrl-A and a dot leave a console.\n']);
      assert.deepEqual(await run('escape ^M'), [2, 'Ctrl-M is Enter: it cannot be the escape key.\n']);
      assert.deepEqual(await run('escape'), [0, 'Ctrl-A and a dot leave a console.\n']);
      assert.deepEqual(await run('escape default'), [0, 'Ctrl-] and a dot leave a console.\n']);
    });
  });

  describe('a console that nobody types into', () => {
    it('is left, with a warning before, and typing stays', async () => {
      gate.enforce({ ...ALLOW_ALL, consoleTerms: [terms({ idle: 1 })] });
      const console = await open();
      await shows('Nothing was typed for long: this console is left in a second.');
      terminal.type('x');
      await eventually('the warning to be taken away', () => console.count('repaint') > 0);
      assert.deepEqual(await left(), {
        status: 1,
        message: 'The console of horatio was left: nothing was typed for too long.',
      });
      assert.equal(console.typed, 'x');
    });

    it('is spared when it is only watched, unless the house says otherwise', async () => {
      Object.assign(gate.consoleSettings, { idleSeconds: 1 });
      assert.equal(gate.core.consoleOptions.idleSeconds(gate.alice.customer, HORATIO, false), null);
      Object.assign(gate.consoleSettings, { watchersIdle: true });
      await open('watch');
      assert.match((await left()).message ?? '', /nothing was typed/);
    });

    it('is subject to a policy that comes into force meanwhile', async () => {
      await open();
      gate.enforce({ ...ALLOW_ALL, consoleTerms: [terms({ idle: 1 })] });
      await shows('this console is left in a second');
      assert.match((await left()).message ?? '', /nothing was typed/);
    });

    it('goes by the first terms that speak of customer and domain', () => {
      Object.assign(gate.consoleSettings, { idleSeconds: 600 });
      const seconds = (): number | null =>
        gate.core.consoleOptions.idleSeconds(gate.alice.customer, HORATIO, true);
      assert.equal(seconds(), 600);
      gate.enforce({
        ...ALLOW_ALL,
        consoleTerms: [
          terms({ idle: 5, domains: { names: ['db-*'], tags: [] } }),
          terms({ idle: 6, subjects: { customers: [], groups: [], roles: ['watcher'] } }),
          terms({ idle: 'never', subjects: { customers: ['al*'], groups: [], roles: ['owner'] } }),
          terms({ idle: 7 }),
        ],
      });
      assert.equal(seconds(), null);
      assert.equal(gate.core.consoleOptions.idleSeconds(gate.bob.customer, domainName('yorick'), true), 7);
    });
  });
});
