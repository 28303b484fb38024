import assert from 'node:assert/strict';
import { operationView, wireRefusal } from '../../support/dom0-stand-in.js';
import { eventually } from '../../support/eventually.js';
import { FakeTerminal } from '../../support/fake-terminal.js';
import { GateInside, policyOf, rule } from '../../support/gate-inside.js';
import { domainName } from '../../support/temporary-store.js';

const horatio = domainName('horatio');

describe('a boot with its console, by exec', () => {
  let gate: GateInside;
  beforeEach(async () => {
    gate = new GateInside();
    gate.dom0.contract = {
      ...gate.dom0.contract,
      console: { ...gate.dom0.contract.console, fromBoot: true },
    };
    gate.dom0.onConsole = (console) => {
      const size = { cols: 80, rows: 24 };
      console.note({ note: 'attached', attachment: 1, domain: horatio, mode: 'write', present: [], ...size });
      console.note({ note: 'painted' });
    };
    await gate.start();
  });
  afterEach(() => gate.stop());

  function run(text: string, hasPty = true): { terminal: FakeTerminal; ended: Promise<number> } {
    const terminal = new FakeTerminal({ hasPty });
    return { terminal, ended: gate.exec(gate.alice, text, terminal) };
  }

  /** The request that dom0 got, as soon as it has one. */
  async function request(): Promise<(typeof gate.dom0.requests)[number]> {
    return eventually('the request', () => gate.dom0.requests.at(-1), { everyMs: 2 });
  }

  async function step(id: string, step: 'creating' | 'attaching-console' | 'unpausing'): Promise<void> {
    const operation = gate.dom0.operations.get(id);
    assert.ok(operation !== undefined);
    gate.dom0.operations.set(id, { ...operation, step });
    gate.dom0.tell({ change: 'operation', operation: { ...operation, step } });
    await Promise.resolve();
  }

  it('waits for the console of the create, then goes there, from the first byte', async () => {
    const { terminal, ended } = run('horatio start --console');
    await eventually('the answer', () => terminal.output.includes('is starting'), { everyMs: 2 });
    const { id } = await request();
    await step(id, 'creating');
    await eventually('the step', () => terminal.output.includes('getting the server ready'), { everyMs: 2 });
    assert.equal(gate.dom0.consoles.length, 0, 'there is no console yet');
    await step(id, 'attaching-console');
    const [console = assert.fail()] = await eventually('the console', () =>
      gate.dom0.consoles.length === 1 ? gate.dom0.consoles : null,
    );
    assert.equal(console.query.get('boot'), '1');
    console.bytes('Linux version 6.1');
    await eventually('the boot', () => terminal.output.includes('Linux version'), { everyMs: 2 });
    gate.dom0.end(id, 'done');
    terminal.type('root\r');
    await eventually('the typing', () => console.typed === 'root\r', { everyMs: 2 });
    terminal.type('\x1d.');
    assert.equal(await ended, 0);
    assert.equal(terminal.listeners, 0);
  });

  it('opens no console, and records none, for a client who has left meanwhile', async () => {
    const { terminal, ended } = run('horatio start --console');
    await eventually('the answer', () => terminal.output.includes('is starting'), { everyMs: 2 });
    const { id } = await request();
    terminal.hangUp();
    gate.dom0.end(id, 'done');
    assert.equal(await ended, 1);
    assert.equal(gate.dom0.consoles.length, 0);
    assert.deepEqual(gate.events('domain.console.requested'), []);
    assert.equal(gate.events('operation.ended').at(-1)?.outcome, 'done');
    const sooner = run('horatio reboot --console');
    sooner.terminal.hangUp();
    assert.equal(await sooner.ended, 1);
    assert.equal(gate.dom0.consoles.length, 0);
    assert.deepEqual(gate.events('domain.console.requested'), []);
  });

  it('that was too quick to be seen goes there too', async () => {
    gate.dom0.reply = (asked) => operationView(asked, { step: 'unpausing' });
    const { terminal, ended } = run('horatio normal --console');
    await eventually('the console', () => gate.dom0.consoles.length === 1, { everyMs: 2 });
    gate.dom0.end((await request()).id, 'done');
    terminal.type('\x1d.');
    assert.equal(await ended, 0);
  });

  it('of a reboot begins at once, to see it go down, and outlives a guest that does not', async () => {
    const { terminal, ended } = run('horatio reboot --console');
    const { id } = await request();
    await eventually('the console', () => gate.dom0.consoles.length === 1, { everyMs: 2 });
    assert.equal(gate.dom0.consoles[0]?.query.get('boot'), null);
    gate.dom0.end(id, 'failed', wireRefusal('deadline-passed', 'It did not shut down in time.'));
    await eventually('the outcome', () => gate.events('operation.ended').length > 0, { everyMs: 2 });
    gate.dom0.consoles.at(0)?.bytes('stuck in a service');
    await eventually('what it says', () => terminal.output.includes('stuck'), { everyMs: 2 });
    terminal.type('\x1d.');
    assert.equal(await ended, 0);
  });

  it('ends with the reason when the boot fails, before the console or at it', async () => {
    const failure = wireRefusal('toolstack-failed', 'not enough memory');
    const early = run('horatio start --console', false);
    gate.dom0.end((await request()).id, 'failed', failure);
    assert.equal(await early.ended, 1);
    assert.match(early.terminal.errors, /not enough memory/);
    assert.equal(gate.dom0.consoles.length, 0);
    const late = run('horatio start --console');
    const { id } = await eventually('the second', () => gate.dom0.requests[1]);
    await eventually('the answer', () => late.terminal.output.includes('is starting'), { everyMs: 2 });
    await step(id, 'unpausing');
    await eventually('the console', () => gate.dom0.consoles.length === 1, { everyMs: 2 });
    gate.dom0.end(id, 'failed', failure);
    assert.equal(await late.ended, 1);
    assert.match(late.terminal.output, /not enough memory/);
  });

  it('needs the right to the console, and then begins nothing', async () => {
    gate.enforce(policyOf([rule('allow', ['status', 'start', 'watch'])]));
    const { terminal, ended } = run('horatio start --console', false);
    assert.equal(await ended, 3);
    assert.equal(terminal.output, '');
    assert.equal(gate.dom0.requests.length, 0);
    assert.equal(gate.events('domain.denied').at(-1)?.action, 'console');
    assert.equal(await run('yorick start --console', false).ended, 4);
    gate.enforce(policyOf([rule('allow', ['status', 'console'])]));
    assert.equal(await run('horatio start --console', false).ended, 3);
    assert.equal(gate.dom0.consoles.length, 0);
    assert.equal(gate.events('domain.denied').at(-1)?.action, 'start');
  });

  it('begins nothing where there is no text console', async () => {
    gate.dom0.set(horatio, 'off', { textConsole: false });
    await eventually('the news', () => gate.core.hosts.find(horatio)?.view.textConsole === false, {
      everyMs: 2,
    });
    const { terminal, ended } = run('horatio start --console', false);
    assert.equal(await ended, 3);
    assert.match(terminal.errors, /console/);
    assert.equal(gate.dom0.requests.length, 0);
  });

  it('goes to the console of what runs already', async () => {
    gate.dom0.reply = (asked) => operationView(asked, { phase: 'done', endedAt: new Date().toISOString() });
    const { terminal, ended } = run('horatio start --console');
    await eventually('the console', () => gate.dom0.consoles.length === 1, { everyMs: 2 });
    assert.equal(gate.dom0.consoles[0]?.query.get('boot'), null);
    assert.match(terminal.output, /horatio is running already/);
    terminal.type('\x1d.');
    assert.equal(await ended, 0);
  });

  it('waits without a terminal for the end of the operation, since its input may be over while the guest is silent', async () => {
    for (const verb of ['start', 'reboot']) {
      const before = gate.dom0.requests.length;
      const { terminal, ended } = run(`horatio ${verb} --console`, false);
      await eventually('the answer', () => terminal.errors.includes('horatio is'), { everyMs: 2 });
      const { id } = await eventually('the request', () => gate.dom0.requests[before], { everyMs: 2 });
      await step(id, 'unpausing');
      await eventually('the step', () => /horatio: /.test(terminal.errors), { everyMs: 2 });
      const consoles = gate.dom0.consoles.length;
      gate.dom0.end(id, 'done');
      const console = await eventually('the console', () => gate.dom0.consoles[consoles], { everyMs: 2 });
      assert.equal(console.query.get('boot'), '1', verb);
      assert.equal(consoles, before, 'none before');
      console.note({ note: 'ended', reason: 'domain-gone' });
      assert.equal(await ended, 1);
    }
  });

  it('asks a host of an older version for its screen', async () => {
    const { fromBoot, ...older } = gate.dom0.contract.console;
    assert.equal(fromBoot, true);
    await gate.stop();
    gate = new GateInside();
    gate.dom0.contract = { ...gate.dom0.contract, console: older };
    gate.dom0.reply = (asked) => operationView(asked, { step: 'unpausing' });
    await gate.start();
    const { ended } = run('horatio start --console');
    const [console = assert.fail()] = await eventually('the console', () =>
      gate.dom0.consoles.length === 1 ? gate.dom0.consoles : null,
    );
    assert.equal(console.query.has('boot'), false);
    console.note({ note: 'ended', reason: 'domain-gone' });
    assert.equal(await ended, 1);
  });
});
