import assert from 'node:assert/strict';
import { ACTIONS } from '../../policy/actions.js';
import type { SessionRouter } from '../../server/gate/session-router.js';
import type { Session } from '../../server/gate/session/session.js';
import { eventually } from '../support/eventually.js';
import { FakeTerminal } from '../support/fake-terminal.js';
import { GateInside, policyOf, rule } from '../support/gate-inside.js';
import { ADMIN, domainName } from '../support/temporary-store.js';

describe('the sessions of a gate', () => {
  let gate: GateInside;
  let router: SessionRouter;
  let terminals: FakeTerminal[];
  let ends: ((sentence: string) => void)[];

  beforeEach(async () => {
    gate = new GateInside();
    await gate.start();
    terminals = [];
    ends = [];
    router = gate.core.sessions;
  });
  afterEach(async () => {
    for (const terminal of terminals) terminal.hangUp();
    await gate.stop();
  });

  function open(
    command: string | null,
    who = gate.alice,
    hasPty = command === null,
    recorded = Promise.resolve(),
  ): FakeTerminal {
    const terminal = new FakeTerminal({ hasPty });
    terminals.push(terminal);
    const request: Session['request'] = command === null ? { kind: 'shell' } : { kind: 'exec', command };
    router.open({
      id: `c.${terminals.length}`,
      identity: who,
      terminal,
      openedAt: new Date(),
      request,
      recorded,
      onEnd: (listener) => ends.push(listener),
    });
    return terminal;
  }

  async function run(command: string, who = gate.alice): Promise<FakeTerminal> {
    const terminal = open(command, who);
    await eventually('the end', () => terminal.status !== null);
    return terminal;
  }

  it('opens the menu for a shell, and for the command that asks for it', async () => {
    const shell = open(null);
    await eventually('the menu', () => shell.output.includes('horatio'));
    assert.ok(shell.output.includes('\x1b[?1049h'));
    const plain = open('menu --plain');
    await eventually('the plain menu', () => plain.output.includes('horatio'));
    assert.ok(!plain.output.includes('\x1b'));
    plain.type('q\n');
    await eventually('its end', () => plain.status === 0);
  });

  it('runs a command and ends with its status', async () => {
    assert.equal((await run('list')).status, 0);
    assert.equal((await run('yorick status')).status, 4);
    const wrong = await run('horatio dance --json');
    assert.equal(wrong.status, 2);
    assert.equal((JSON.parse(wrong.output) as { error: { code: string } }).error.code, 'usage');
  });

  it('a fault in one session is a sentence with the connection’s id, and no other session’s end', async () => {
    const menu = open(null, gate.bob);
    await eventually('the menu', () => menu.output.includes('yorick'));
    const of = gate.core.activity.of.bind(gate.core.activity);
    gate.core.activity.of = () => {
      throw new Error('a fault with a secret path /var/lib');
    };
    const broken = await run('activity');
    assert.equal(broken.status, 1);
    assert.match(broken.errors, /Something went wrong here.*say c-alice\.\n$/);
    assert.doesNotMatch(broken.errors, /secret/);
    gate.core.activity.of = of;
    assert.equal((await run('activity')).status, 0);
    assert.equal(menu.status, null);
  });

  it('shows and does nothing before its opening is recorded, and nothing at all when it has gone by then', async () => {
    let onDisk: () => void = () => undefined;
    const recorded = new Promise<void>((resolve) => {
      onDisk = resolve;
    });
    const sessions = [null, 'menu --plain', 'list', 'horatio start'].map((command) =>
      open(command, gate.alice, command === null, recorded),
    );
    const gone = open('horatio start', gate.alice, false, recorded);
    const another = open('list');
    await eventually('another session', () => another.status === 0);
    for (const { output, errors, status } of [...sessions, gone])
      assert.deepEqual([output, errors, status], ['', '', null]);
    assert.equal(gate.dom0.requests.length, 0);
    gone.hangUp();
    onDisk();
    await eventually('each session to say something', () =>
      sessions.every(({ output, errors }) => output + errors !== ''),
    );
    assert.equal(gone.output + gone.errors, '');
  });

  it('counts a customer’s sessions against the policy, and a closed one no more', () => {
    const place = { file: 'x', line: 1, column: 1 };
    const subjects = { customers: ['alice'], groups: [], roles: [] };
    gate.enforce({
      ...policyOf([rule('allow', ACTIONS)]),
      sessionLimits: [{ subjects, count: 2, connections: null, idle: null, place }],
    });
    assert.equal(router.refuses(gate.alice), null);
    const first = open(null);
    open(null);
    assert.match(router.refuses(gate.alice) ?? '', /2 sessions/);
    assert.equal(router.refuses(gate.bob), null);
    first.hangUp();
    assert.equal(router.refuses(gate.alice), null);
  });

  it('admits nobody who was suspended or whose key has gone', () => {
    gate.store.customers.suspend(gate.alice.customer, null, ADMIN);
    assert.match(router.refuses(gate.alice) ?? '', /suspended/);
    gate.store.customers.remove(gate.bob.customer, ADMIN);
    assert.match(router.refuses(gate.bob) ?? '', /no longer registered/);
  });

  it('ends each kind of session with the sentence', async () => {
    gate.dom0.reply = () => 'hang';
    const sessions = [open(null), open('menu --plain'), open('horatio start --wait'), open('keys add')];
    await eventually('the menus', () =>
      sessions.slice(0, 2).every(({ output }) => output.includes('horatio')),
    );
    for (const end of ends) end('We close.');
    for (const terminal of sessions) {
      await eventually('the end', () => terminal.status === 1);
      assert.match(terminal.output + terminal.errors, /We close\.\r?\n$/);
    }
  });

  it('ends who logged in by a domain’s name with their sight of it', async () => {
    const terminal = open(null, { ...gate.alice, domain: domainName('horatio') });
    await eventually('the menu', () => terminal.output.includes('horatio'));
    gate.store.roles.remove(gate.alice.customer, domainName('horatio'), ADMIN);
    await eventually('the end', () => terminal.status !== null);
    assert.match(terminal.output, /horatio is no longer yours to use\.\r\n$/);
  });
});
