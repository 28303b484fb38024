import assert from 'node:assert/strict';
import type { Refusal } from '../../../policy/refusal.js';
import { isRefusal } from '../../../policy/refusal.js';
import type { Conditions } from '../../../policy/conditions.js';
import { parseTimeWindow } from '../../../policy/time-window.js';
import { ACTIONS } from '../../../policy/actions.js';
import type { ConsoleEnding } from '../../../server/gate/console/console-departure.js';
import { ConsoleSession } from '../../../server/gate/console/console-session.js';
import { terminalReset } from '../../../server/gate/session/terminal-reset.js';
import type { Presence } from '../../../server/wire/console.js';
import { attachedNote } from '../../support/attached-note.js';
import type { StandInConsole } from '../../support/dom0-stand-in.js';
import { wireRefusal } from '../../support/dom0-stand-in.js';
import { eventually } from '../../support/eventually.js';
import { FakeTerminal } from '../../support/fake-terminal.js';
import { GateInside, limit, policyOf, rule } from '../../support/gate-inside.js';
import { ADMIN, domainName } from '../../support/temporary-store.js';

const HORATIO = domainName('horatio');
const BOB: Presence = { attachment: 1, label: 'bob', mode: 'write' };

describe('a console session', () => {
  let gate: GateInside;
  let terminal: FakeTerminal;
  let ending: Promise<ConsoleEnding | Refusal>;
  let session: ConsoleSession;

  beforeEach(async () => {
    gate = new GateInside();
    await gate.start();
    terminal = new FakeTerminal();
  });
  afterEach(async () => {
    terminal.hangUp();
    await gate.stop();
  });

  function run(mode: 'write' | 'watch' = 'write', domain = 'horatio'): void {
    session = new ConsoleSession(gate.core.console, gate.alice, terminal, domain, mode);
    ending = session.run();
  }

  /** Opens the console, as attachment 7. */
  async function open(
    mode: 'write' | 'watch' = 'write',
    present: readonly Presence[] = [],
    given: 'write' | 'watch' = present.some((who) => who.mode === 'write') ? 'watch' : mode,
  ): Promise<StandInConsole> {
    const before = gate.dom0.consoles.length;
    run(mode);
    return attached(before, present, given);
  }

  async function attached(
    at: number,
    present: readonly Presence[],
    given: 'write' | 'watch',
  ): Promise<StandInConsole> {
    const console = await eventually('an attachment', () => gate.dom0.consoles[at]);
    console.note(attachedNote({ present, mode: given }));
    console.bytes('login: ');
    await eventually(
      'the picture',
      () => terminal.output.includes('login: ') || terminal.errors.includes('['),
    );
    return console;
  }

  const shows = (text: string | RegExp): Promise<unknown> =>
    eventually(`to show ${String(text)}`, () => {
      const all = terminal.output + terminal.errors;
      return typeof text === 'string' ? all.includes(text) : text.test(all);
    });
  async function left(): Promise<ConsoleEnding> {
    const result = await ending;
    assert.ok(!isRefusal(result));
    return result;
  }

  it('tells who comes who is there and how to leave, and dom0 whose it is and since when', async () => {
    const console = await open('write', [{ attachment: 3, label: 'carol', mode: 'watch' }]);
    await shows(/Console of horatio\. Ctrl-\] \. leaves, Ctrl-\] \? helps\. Also here: carol\./);
    const role = gate.store.roles.find(gate.alice.customer, HORATIO);
    assert.deepEqual(Object.fromEntries(console.query), {
      mode: 'write',
      cols: '80',
      rows: '24',
      label: 'alice',
      since: role?.since,
    });
  });

  it('passes bytes both ways untouched, and keeps Ctrl-] to itself', async () => {
    const console = await open();
    const all = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
    console.bytes(all);
    await shows(all.toString('latin1'));
    terminal.type(all.toString('latin1').replace('\x1d', ''));
    terminal.type('\x1d\x1d');
    await shows('Ctrl-] cannot be sent to this server');
    await eventually('all of it', () => console.typed === all.toString('latin1').replace('\x1d', ''));
  });

  it('sends Ctrl-] itself only where the host can take it', async () => {
    gate.dom0.contract = {
      ...gate.dom0.contract,
      console: { ...gate.dom0.contract.console, passesEscape: true },
    };
    await gate.dom0.stop();
    await gate.dom0.start();
    await eventually(
      'the contract',
      () =>
        gate.core.hosts.links[0]?.contract?.console.passesEscape === true && gate.core.hosts.areAllReachable,
    );
    const console = await open();
    terminal.type('a\x1d\x1db');
    await eventually('it to arrive', () => console.typed === 'a\x1db');
  });

  it('puts the terminal right when left, lets go of everything and records it', async () => {
    const console = await open();
    terminal.type('\x1d.');
    assert.deepEqual(await left(), { status: 0, message: null, rest: Buffer.alloc(0) });
    assert.ok(terminal.output.includes(terminalReset('xterm')));
    for (const mode of [
      '?1000l',
      '?1002l',
      '?1003l',
      '?1006l',
      '?1015l',
      '?2004l',
      '?1049l',
      '?25h',
      '?1l',
      '?7h',
      '[r',
      '(B',
      '[0m',
    ]) {
      assert.ok(terminalReset('xterm').includes(mode), mode);
    }
    assert.equal(terminal.listeners, 0);
    await eventually('dom0 to be left', () => !console.open);
    assert.deepEqual(
      gate.store.audit.tail({ domain: HORATIO, limit: 4 }).map(({ event }) => event.kind),
      ['domain.console.requested', 'console.attached', 'console.detached', 'operation.ended'],
    );
    assert.deepEqual(gate.store.audit.openIntents(), []);
    const { length } = terminal.output;
    terminal.type('typed into the menu');
    assert.equal(terminal.output.length, length);
  });

  it('gives credit back only for what the terminal has taken', async () => {
    const console = await open();
    const credit = (): number =>
      console.requests.reduce((sum, request) => sum + (request.note === 'credit' ? request.bytes : 0), 0);
    console.bytes(Buffer.alloc(60_000, 'x'));
    await eventually('credit', () => credit() >= 60_000);
    const before = credit();
    terminal.stuck = true;
    for (let frame = 0; frame < 3; frame += 1) console.bytes(Buffer.alloc(60_000, 'y'));
    await eventually('all to be written', () => terminal.pendingBytes === 180_000);
    const while_stuck = credit() - before;
    assert.ok(while_stuck <= 64 * 1024, `${while_stuck} bytes of credit to one who takes nothing`);
    terminal.drain();
    await eventually('the rest', () => credit() - before >= 180_000);
  });

  it('is refused alike for a domain of somebody else’s and one that does not exist, without asking dom0', async () => {
    const answers = [];
    for (const domain of ['yorick', 'hamlet', '-a', 'HORATIO']) {
      run('write', domain);
      const no = await ending;
      assert.ok(isRefusal(no));
      answers.push([no.code, no.message]);
    }
    assert.deepEqual(new Set(answers.map((each) => JSON.stringify(each))).size, 1);
    assert.deepEqual([gate.dom0.consoles.length, terminal.output, terminal.listeners], [0, '', 0]);
  });

  it('attack: visits that are opened at the same time do not all pass a limit of one at once', async () => {
    const atOnce = limit(['console', 'watch'], 1, { id: 'one', per: 'customer', windowSeconds: null });
    gate.enforce(policyOf([rule('allow', ACTIONS)], [atOnce]));
    const visits = (['write', 'write', 'watch'] as const).map((mode, index) => {
      const domain = index === 1 ? 'ophelia' : 'horatio';
      return new ConsoleSession(gate.core.console, gate.alice, new FakeTerminal(), domain, mode);
    });
    const [first, ...more] = visits.map((visit) => visit.run());
    for (const no of await Promise.all(more)) {
      assert.ok(isRefusal(no));
      assert.equal(no.code, 'limit-reached');
      assert.match(
        no.message,
        /^The limit of 1 console at once for you \(console and watch together\) is reached\./,
      );
    }
    // Bob is another customer: her limit does not stop him. When alice has left, it has room again.
    const yorick = new ConsoleSession(gate.core.console, gate.bob, new FakeTerminal(), 'yorick', 'watch');
    const his = yorick.run();
    await eventually('both', () => gate.dom0.consoles.length === 2);
    for (const visit of [...visits, yorick]) visit.end('Over.');
    await Promise.all([first, his]);
    assert.equal(gate.core.gateWide.attachments.count({ ...atOnce, ...gate.alice, domain: HORATIO }), 0);
    await open();
  });

  it('is refused in dom0’s words when dom0 refuses, and that is the outcome', async () => {
    gate.dom0.refuseConsole = wireRefusal('not-on-this-host', 'no consoles here');
    run();
    const no = await ending;
    assert.ok(isRefusal(no));
    assert.equal(no.message, 'no consoles here.');
    assert.equal(gate.events('operation.ended')[0]?.outcome, 'refused');
    assert.equal(terminal.listeners, 0);
  });

  describe('with somebody else at the keyboard', () => {
    it('types nothing, says so, and takes the keyboard when it may', async () => {
      const console = await open('write', [BOB]);
      await shows('bob has the keyboard, Ctrl-] t takes it');
      terminal.type('rm -rf /');
      await shows('You are watching: keys are not sent');
      terminal.type('\x1dtls\r');
      await eventually('the takeover', () => console.count('takeover') === 1);
      assert.equal(console.typed, '');
      console.note({ note: 'writer', attachment: 7, label: 'alice' });
      await eventually('what was typed ahead', () => console.typed === 'ls\r');
      assert.equal(console.count('resize'), 1, 'the kept screen gets the writer’s size');
      assert.equal(gate.events('console.taken').length, 1);
      assert.deepEqual(gate.events('domain.takeover.requested').length, 1);
      assert.deepEqual(
        gate.events('operation.ended').map(({ outcome }) => outcome),
        ['done'],
      );
      console.note({ note: 'writer', attachment: 1, label: 'bob' });
      await shows('bob has the keyboard now; you are watching');
      terminal.type('not for the guest');
      terminal.type('\x1dw');
      await shows('Also here: bob (keyboard).');
      assert.equal(console.typed, 'ls\r');
    });

    it('is not given the keyboard when policy denies it, whatever is typed', async () => {
      gate.enforce(policyOf([rule('deny', ['takeover'], { reason: 'Ask bob.' }), rule('allow', ACTIONS)]));
      const console = await open('write', [BOB]);
      terminal.type('\x1dtrm -rf /\r');
      await shows('Ask bob.');
      assert.deepEqual([console.count('takeover'), console.typed], [0, '']);
    });

    it('a watcher without the right to the console takes nothing, not even a free keyboard', async () => {
      gate.enforce(
        policyOf([rule('deny', ['console'], { reason: 'Only watching.' }), rule('allow', ACTIONS)]),
      );
      const console = await open('watch', [BOB]);
      await shows('Watching horatio: bob has the keyboard. Ctrl-] . leaves');
      terminal.type('x');
      await shows('You are watching: keys are not sent.');
      terminal.type('\x1dt');
      await shows('Only watching.');
      console.note({ note: 'writer', attachment: null, label: null });
      await shows('Nobody has the keyboard now.');
      assert.doesNotMatch(terminal.output, /Ctrl-\] t takes/, 'what they may not is not offered');
      terminal.type('\x1dtrm\r');
      assert.deepEqual([console.count('takeover'), console.typed], [0, '']);
      assert.deepEqual(
        gate.events('domain.denied').map(({ action }) => action),
        ['console', 'console'],
      );
    });

    it('says who comes and goes without disturbing the picture', async () => {
      const console = await open();
      console.note({ note: 'joined', who: { attachment: 9, label: 'carol', mode: 'watch' } });
      await shows('carol has joined this console.');
      const notice = terminal.output.slice(terminal.output.lastIndexOf('\x1b7'));
      assert.match(notice, /^\x1b7.*\x1b\[24;1H.*carol.*\x1b8$/s, 'on the last line, the cursor kept');
      console.note({ note: 'left', who: { attachment: 9, label: 'carol', mode: 'watch' } });
      await shows('carol has left this console.');
    });
  });

  it('asks before a reboot, and goes through the dispatcher', async () => {
    await open();
    terminal.type('\x1dr');
    await shows('Reboot horatio?');
    terminal.type('n');
    await shows('Nothing was done.');
    assert.deepEqual(gate.dom0.requests, []);
    terminal.type('\x1dry');
    await eventually('the request', () => gate.dom0.requests[0]?.verb === 'reboot');
    assert.equal(gate.events('domain.reboot.requested').length, 1);
    await shows('horatio is asked to reboot.');
  });

  it('asks nobody about a reboot who may not: the reason stands in place of the question', async () => {
    gate.enforce(policyOf([rule('deny', ['reboot'], { reason: 'Only looking.' }), rule('allow', ACTIONS)]));
    const console = await open('watch', [BOB]);
    terminal.type('\x1dr');
    await shows('Only looking. Press any key.');
    assert.doesNotMatch(terminal.output, /Reboot horatio\?/);
    terminal.type('y');
    await shows('Nothing was done.');
    assert.deepEqual(gate.events('domain.denied'), [], 'nothing was asked for');
    assert.deepEqual([gate.dom0.requests, console.typed], [[], '']);
  });

  it('takes the greeting away when somebody types, so that the guest’s answer is not hidden', async () => {
    const console = await open();
    await shows('Ctrl-] . leaves');
    const before = console.count('repaint');
    terminal.type('root');
    await eventually('it to arrive', () => console.typed === 'root');
    await eventually('the guest’s screen to be asked for', () => console.count('repaint') === before + 1);
  });

  it('offers and sends only the SysRq keys that policy opens', async () => {
    const others = ACTIONS.filter((action) => action !== 'sysrq');
    gate.enforce(policyOf([rule('allow', ['sysrq'], { sysrqKeys: ['s', 'u'] }), rule('allow', others)]));
    const console = await open();
    terminal.type('\x1ds');
    await shows('Which SysRq key? s ');
    assert.doesNotMatch(terminal.output, /SysRq key\?[^.]* h /);
    terminal.type('h');
    await shows('The SysRq key h is not open to you; for horatio you may use: s, u. Reference: ');
    assert.equal(gate.events('domain.denied').at(-1)?.key, 'h');
    terminal.type('\x1dss');
    const asked = await eventually('the request', () => gate.dom0.requests[0]);
    assert.deepEqual([asked.verb, asked.key], ['sysrq', 's']);
    assert.equal(gate.events('domain.sysrq.requested')[0]?.key, 's', 'the log tells which');
    gate.enforce(policyOf([rule('deny', ['sysrq'], { reason: 'No SysRq here.' }), rule('allow', others)]));
    terminal.type('\x1ds');
    await shows('No SysRq here. Press any key.');
    assert.equal(console.typed, '');
  });

  it('sends a SysRq key through the dispatcher, and has no break', async () => {
    const console = await open();
    terminal.type('\x1db');
    await shows('This console has no break');
    terminal.type('\x1dsh');
    const asked = await eventually('the request', () => gate.dom0.requests[0]);
    assert.deepEqual([asked.verb, asked.key], ['sysrq', 'h']);
    assert.equal(console.typed, '');
  });

  it('survives the death of the dom0 half: says so, comes back, types on', async () => {
    const first = await open();
    await shows('Ctrl-] ? helps');
    await gate.dom0.stop();
    await shows('The host does not answer');
    terminal.type('lost');
    await shows('keys are not sent');
    assert.equal(first.typed, '');
    await gate.dom0.start();
    const again = await attached(1, [], 'write');
    assert.equal(again.query.get('since'), first.query.get('since'));
    await shows('The host answers again.');
    terminal.type('found');
    await eventually('it to arrive', () => again.typed === 'found', {
      instead: () => [gate.dom0.consoles.map(({ typed }) => typed), terminal.output],
    });
    assert.equal(gate.events('domain.console.requested').length, 1, 'it is one attachment');
    terminal.type('\x1d.');
    assert.equal((await left()).status, 0);
  });

  it('can be left while the host is away', async () => {
    await open();
    await gate.dom0.stop();
    await shows('The host does not answer');
    terminal.type('\x1d.');
    assert.equal((await left()).status, 0);
    assert.equal(terminal.listeners, 0);
  });

  it('stays when the domain goes off, and shows the next boot', async () => {
    const console = await open();
    const profile = gate.core.hosts.find(HORATIO)!.view.observation.profile;
    console.note({ note: 'state', state: 'off', profile, console: 'detached' });
    await shows('horatio is off. The next boot will show here');
    console.note({ note: 'state', state: 'running', profile, console: 'attached' });
    console.bytes('[    0.000000] Linux version');
    await shows('[    0.000000] Linux version');
    await eventually('the notice to be taken away', () => console.count('repaint') > 0);
  });

  describe('between two boots', () => {
    const began = '2026-11-21T17:04:10.250Z';
    const RULE = '--- horatio started 17:04:10 UTC ---';
    const OLD = 'horatio started 17:04:10 UTC and says nothing yet: above is what was before.';

    it('draws a line, hides the old prompt’s cursor until the guest speaks, and takes all of it back', async () => {
      const console = await open();
      console.note({ note: 'boot', began, silent: true });
      await shows(OLD);
      await shows('Keys may be lost.');
      assert.ok(terminal.output.includes(RULE));
      assert.ok(terminal.output.endsWith('\x1b[?25l'), 'no cursor stands at the old prompt');
      terminal.type('root');
      await eventually('the keys to go where they went before', () => console.typed === 'root');
      const repaints = console.count('repaint');
      console.note({ note: 'boot', began, silent: false });
      console.bytes('[    0.000000] Linux version');
      await shows('[    0.000000] Linux version');
      await eventually('the guest’s screen', () => console.count('repaint') > repaints);
      // Until the guest speaks, the greeting may still come and go, and paint the line again.
      const spoken = terminal.output.indexOf('[    0.000000] Linux version');
      assert.ok(!terminal.output.slice(spoken).includes(OLD));
      assert.ok(!terminal.output.slice(spoken).includes('\x1b[?25l'));
    });

    it('shows the line also when the guest speaks at once, and to a watcher without a word of keys', async () => {
      const console = await open('watch');
      console.note({ note: 'boot', began, silent: true });
      console.note({ note: 'boot', began, silent: false });
      await shows(RULE);
      assert.ok(!terminal.output.includes('Keys may be lost'));
      const painted = terminal.output.lastIndexOf(RULE);
      assert.ok(painted > terminal.output.lastIndexOf(OLD), 'it is what is left standing');
    });

    it('tells what becomes of the console itself first, and the line to who comes between the two', async () => {
      const console = await open();
      const profile = gate.core.hosts.find(HORATIO)!.view.observation.profile;
      console.note({ note: 'state', state: 'running', profile, console: 'attached' });
      console.note({ note: 'boot', began, silent: true });
      await shows(OLD);
      console.note({ note: 'state', state: 'off', profile, console: 'detached' });
      await shows('horatio is off. The next boot will show here');
      assert.ok(terminal.output.lastIndexOf(OLD) < terminal.output.lastIndexOf('horatio is off.'));
    });

    it('is one line where lines stay: without a pty, and on a dumb terminal', async () => {
      for (const [hasPty, prefix] of [
        [false, '[postern] '],
        [true, '\r\n[postern] '],
      ] as const) {
        terminal = new FakeTerminal({ hasPty, term: 'dumb' });
        const console = await open();
        for (const silent of [true, true, false]) console.note({ note: 'boot', began, silent });
        console.bytes('Linux version');
        await shows('Linux version');
        const all = terminal.output + terminal.errors;
        assert.equal(all.split(`${prefix}${RULE}`).length, 2, 'once');
        assert.ok(!all.includes('says nothing yet') && !all.includes('\x1b[?25l'));
        terminal.hangUp();
      }
    });
  });

  it('says that an administrator has it for as long as that is so, whoever comes and goes', async () => {
    const console = await open();
    const profile = gate.core.hosts.find(HORATIO)!.view.observation.profile;
    console.note({ note: 'state', state: 'running', profile, console: 'locked' });
    await shows('An administrator of the host has the console of horatio open.');
    console.note({ note: 'joined', who: { attachment: 9, label: 'carol', mode: 'watch' } });
    await shows('carol has joined this console.');
    const last = terminal.output.slice(terminal.output.lastIndexOf('carol has joined'));
    assert.match(last, /An administrator of the host/, 'it stands below');
    const repaints = console.count('repaint');
    console.note({ note: 'state', state: 'running', profile, console: 'attached' });
    await eventually('it to be taken away', () => console.count('repaint') > repaints);
  });

  it('says nothing of the moment in which a boot has no console yet, and something of a console that does not come', async () => {
    const console = await open();
    const profile = gate.core.hosts.find(HORATIO)!.view.observation.profile;
    console.note({ note: 'state', state: 'running', profile, console: 'detached' });
    console.note({ note: 'joined', who: { attachment: 9, label: 'carol', mode: 'watch' } });
    await shows('carol has joined this console.');
    assert.doesNotMatch(terminal.output, /is off|cannot be had/);
    await shows('The console of horatio cannot be had just now.');
  });

  it('ends when there is no domain any more', async () => {
    const console = await open();
    console.note({ note: 'ended', reason: 'domain-gone' });
    assert.deepEqual(await left(), { status: 1, message: 'horatio is gone from its host.' });
  });

  it('ends with a sentence the moment the right is taken away', async () => {
    const console = await open();
    gate.store.roles.remove(gate.alice.customer, HORATIO, ADMIN);
    assert.deepEqual(await left(), { status: 1, message: 'horatio is no longer yours to use.' });
    await eventually('dom0 to be left', () => !console.open);
    assert.ok(terminal.output.includes(terminalReset('xterm')));
  });

  it('ends with a sentence when what it was allowed under is no longer so: its time, or what the domain does', async () => {
    const others = ACTIONS.filter((action) => action !== 'console');
    const when = { from: [], times: [], zone: 'UTC', states: [], booted: [] };
    const window = parseTimeWindow('wed 08:00-18:00') ?? assert.fail();
    const under = (parts: Partial<Conditions>): void => {
      const conditions: Conditions = { ...when, ...parts };
      gate.enforce(policyOf([rule('allow', ['console'], { when: conditions }), rule('allow', others)]));
    };
    gate.clock = () => new Date('2026-11-25T17:59:59Z');
    under({ times: [window] });
    gate.core.windows.look();
    await open();
    gate.clock = () => new Date('2026-11-25T18:00:00Z');
    gate.core.windows.look();
    const late = await left();
    assert.deepEqual(
      [late.status, late.message?.split('.')[0]],
      [1, 'You cannot use the console of horatio at this time'],
    );
    under({ states: ['running'] });
    terminal = new FakeTerminal();
    await open();
    gate.dom0.set(HORATIO, 'crashed');
    assert.equal((await left()).message, 'You cannot use the console of horatio while it is crashed.');
    assert.equal(
      gate.core.gateWide.attachments.count({
        ...gate.alice,
        domain: HORATIO,
        per: 'domain',
        actions: ['console'],
      }),
      0,
    );
  });

  it('who took the keyboard as a watcher loses it with the right to it', async () => {
    const console = await open('watch', []);
    terminal.type('\x1dt');
    await eventually('the takeover', () => console.count('takeover') === 1);
    console.note({ note: 'writer', attachment: 7, label: 'alice' });
    await shows('You have the keyboard.');
    gate.enforce(policyOf([rule('deny', ['console'], { reason: 'Closed.' }), rule('allow', ACTIONS)]));
    assert.deepEqual(await left(), { status: 1, message: 'Closed.' });
  });

  it('a watcher stays when only the keyboard is closed', async () => {
    const console = await open('watch', []);
    gate.enforce(policyOf([rule('deny', ['console']), rule('allow', ACTIONS)]));
    console.bytes('still here');
    await shows('still here');
    assert.ok(console.open);
  });

  it('goes with the client', async () => {
    const console = await open();
    terminal.hangUp();
    assert.equal((await left()).status, 1);
    await eventually('dom0 to be left', () => !console.open);
    assert.deepEqual(gate.store.audit.openIntents(), []);
  });

  it('goes with a client that goes while dom0 is asked', async () => {
    run();
    terminal.hangUp();
    await ending;
    await eventually('dom0 to be left', () => gate.dom0.consoles.every(({ open: stays }) => !stays));
    assert.equal(terminal.listeners, 0);
  });

  describe('without a pty', () => {
    beforeEach(() => {
      terminal = new FakeTerminal({ hasPty: false });
    });

    it('gives the guest’s bytes alone to stdout, and ends with the input after the last answer', async () => {
      const console = await open();
      terminal.type('uptime\n');
      await eventually('the line', () => console.typed === 'uptime\n');
      terminal.sendEnd();
      console.bytes('up 3 days\r\n');
      assert.deepEqual(await left(), { status: 0, message: null });
      assert.equal(terminal.output, 'login: up 3 days\r\n');
      assert.match(terminal.errors, /^\[postern\] Console of horatio\..*\n\[postern\] .*use ssh -t\.\n$/);
    });

    it('watches on after the end of input: there is none', async () => {
      const console = await open('watch');
      terminal.sendEnd();
      console.bytes('more');
      await shows('more');
      assert.ok(console.open);
    });

    it('a Ctrl-] in a script never reaches the pty', async () => {
      const console = await open();
      terminal.type('echo a\x1d\x1db\n');
      await eventually('the line', () => console.typed.endsWith('\n'));
      assert.equal(console.typed, 'echo ab\n');
    });
  });

  it('never begins when the right is taken away while the host is asked, and shows nothing of the guest', async () => {
    gate.dom0.onConsole = (console) => {
      console.note(attachedNote());
      console.bytes('root password: ');
    };
    run();
    gate.enforce(policyOf([rule('deny', ['console'], { reason: 'Closed.' }), rule('allow', ACTIONS)]));
    assert.equal((await left()).message, 'Closed.');
    const console = await eventually('the attachment', () => gate.dom0.consoles[0]);
    await eventually('its end', () => !console.open);
    assert.doesNotMatch(terminal.output, /password/);
    assert.deepEqual(gate.events('console.attached'), []);
    assert.deepEqual(gate.store.audit.openIntents(), []);
  });
});
