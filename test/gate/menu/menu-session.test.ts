import assert from 'node:assert/strict';
import { parseTimeWindow } from '../../../policy/time-window.js';
import { ACTIONS } from '../../../policy/actions.js';
import type { DomainState } from '../../../policy/domain-state.js';
import { NORMAL } from '../../../policy/names.js';
import { isRefusal } from '../../../policy/refusal.js';
import { terminalReset } from '../../../server/gate/session/terminal-reset.js';
import type { Fact } from '../../../menus/port.js';
import { MenuDomains } from '../../../server/gate/menu/menu-domains.js';
import type { MenuSession } from '../../../server/gate/menu/menu-session.js';
import { eventually } from '../../support/eventually.js';
import { FakeTerminal } from '../../support/fake-terminal.js';
import { GateInside, limit, policyOf, rule } from '../../support/gate-inside.js';
import { ADMIN, domainName } from '../../support/temporary-store.js';

const HORATIO = domainName('horatio');

describe('a menu session', () => {
  let gate: GateInside;
  let terminal: FakeTerminal;

  beforeEach(async () => {
    gate = new GateInside();
    await gate.start();
  });
  afterEach(async () => {
    terminal.hangUp();
    await gate.stop();
  });

  function open(options: { who?: typeof gate.alice; hasPty?: boolean; plain?: boolean } = {}): {
    session: MenuSession;
    ended: Promise<number>;
  } {
    const { who = gate.alice, hasPty = true, plain = false } = options;
    terminal = new FakeTerminal({ hasPty });
    mark = 0;
    const session = gate.menu(who, terminal);
    return { session, ended: session.run({ plain }) };
  }

  /** The output since this mark counts: a menu paints over its earlier output. */
  let mark = 0;
  const shows = async (text: string | RegExp, since = mark): Promise<void> => {
    await eventually(`to show ${String(text)}`, () => {
      const news = terminal.output.slice(since);
      return typeof text === 'string' ? news.includes(text) : text.test(news);
    });
  };
  const type = (text: string): void => {
    mark = terminal.output.length;
    terminal.type(text);
  };

  describe('line by line', () => {
    const plain = (): Promise<number> => open({ hasPty: false }).ended;

    it('shows the customer’s own domains and nobody else’s, without an escape sequence', async () => {
      const ended = plain();
      await shows('horatio');
      assert.match(terminal.output, /ophelia/);
      assert.doesNotMatch(terminal.output, /yorick|\x1b/);
      type('q\n');
      assert.equal(await ended, 0);
      assert.equal(terminal.listeners, 0);
    });

    it('carries a choice through the dispatcher and says what came of it', async () => {
      void plain();
      await shows('horatio');
      type('1\n');
      await shows(/Reboot/);
      type('5\n');
      await shows(/yes or no/);
      type('yes\n');
      const asked = await eventually('the request', () => gate.dom0.requests[0]);
      assert.deepEqual([asked.verb, asked.domain, asked.actor.customer], ['reboot', 'horatio', 'alice']);
      await eventually('the operation', () => gate.dom0.operations.get(asked.id));
      gate.dom0.end(asked.id, 'done');
      await shows(/horatio is booting again/);
      assert.deepEqual(gate.store.audit.openIntents(), []);
    });

    it('prints a screen, a graph and the recordings as the commands do, and their refusals', async () => {
      const screen = { cols: 80, rows: 2, cursor: { row: 0, column: 0, visible: true }, alternate: false };
      const state = {
        state: 'running',
        console: 'attached',
        boot: { profile: NORMAL, over: false },
      } as const;
      const outputAt = '2099-11-21T07:15:02.114Z';
      gate.dom0.onScreen = () =>
        Promise.resolve({ ...screen, ...state, outputAt, lines: ['horatio login: \u{e0041}', ''] });
      void plain();
      await shows('horatio');
      type('horatio screen\n');
      await shows(/horatio login: /);
      assert.doesNotMatch(terminal.output, /\x1b/);
      assert.equal(gate.events('operation.ended').length, 1, 'it is recorded as a look');
      type('horatio graph\n');
      await shows(/Showing what a server used/);
      type('recordings\n');
      await shows('No visit of yours to a console is recorded.');
      gate.enforce(policyOf([rule('deny', ['watch'], { reason: 'Not today.' }), rule('allow', ACTIONS)]));
      type('horatio screen\n');
      await shows('Not today.');
      assert.equal(gate.dom0.screenQueries.length, 1);
    });

    it('prints nothing of a screen whose right has gone while the host answered', async () => {
      let answer = (): void => undefined;
      const waits = new Promise<void>((resolve) => {
        answer = resolve;
      });
      const screen = { cols: 80, rows: 1, cursor: { row: 0, column: 0, visible: true }, alternate: false };
      gate.dom0.onScreen = async () => {
        await waits;
        const boot = { profile: NORMAL, over: false };
        const outputAt = '2099-11-21T07:15:02.114Z';
        return { ...screen, state: 'running', console: 'attached', boot, outputAt, lines: ['a secret'] };
      };
      void plain();
      await shows('horatio');
      type('horatio screen\n');
      await eventually('the question', () => gate.dom0.screenQueries.length === 1);
      gate.store.roles.remove(gate.alice.customer, HORATIO, ADMIN);
      answer();
      await shows(/no such server/i);
      assert.doesNotMatch(terminal.output, /a secret/);
    });

    it('ends with the client’s input', async () => {
      const ended = plain();
      await shows('horatio');
      terminal.sendEnd();
      assert.equal(await ended, 0);
    });
  });

  it('of a login by a domain’s name shows that one alone', async () => {
    open({ who: { ...gate.alice, domain: HORATIO } });
    await shows('horatio');
    assert.doesNotMatch(terminal.output, /ophelia/);
  });

  it('paints before dom0 has answered, and then what it says', async () => {
    await gate.dom0.stop();
    await eventually('the loss', () => !gate.core.hosts.areAllReachable);
    open({ plain: false });
    assert.match(terminal.output, /horatio/, 'at once');
    gate.dom0.set(HORATIO, 'paused');
    await gate.dom0.start();
    await shows('paused');
  });

  it('lends the terminal to a console and takes it back', async () => {
    open({ who: { ...gate.alice, domain: HORATIO } });
    await shows('Console');
    type('1');
    const console = await eventually('the attachment', () => gate.dom0.consoles[0]);
    console.note({
      note: 'attached',
      attachment: 1,
      domain: HORATIO,
      mode: 'write',
      present: [],
      cols: 80,
      rows: 24,
    });
    console.bytes('the guest');
    await shows('the guest');
    terminal.type('q4horatio\r');
    await eventually('the keys to go to the guest', () => console.typed === 'q4horatio\r');
    assert.deepEqual(gate.dom0.requests, []);
    type('\x1d.');
    await shows('Console');
    assert.equal(terminal.status, null);
  });

  it('has what was typed right behind the keys that left the console', async () => {
    const { ended } = open({ who: { ...gate.alice, domain: HORATIO } });
    await shows('Console');
    type('1');
    const console = await eventually('the attachment', () => gate.dom0.consoles[0]);
    console.note({
      note: 'attached',
      attachment: 1,
      domain: HORATIO,
      mode: 'write',
      present: [],
      cols: 80,
      rows: 24,
    });
    terminal.type('ls\r\x1d.q');
    assert.equal(await ended, 0);
    await eventually('the rest to reach the guest', () => console.typed === 'ls\r');
  });

  it('leaves consoles by the key that was chosen in it, also the next time', async () => {
    open({ who: { ...gate.alice, domain: HORATIO } });
    await shows('Ctrl-] and . come back');
    type('e');
    await shows('Do it?');
    type('y');
    await shows('Ctrl-A and then . leaves a console from now on.');
    type('1');
    const console = await eventually('the attachment', () => gate.dom0.consoles[0]);
    console.note({
      note: 'attached',
      attachment: 1,
      domain: HORATIO,
      mode: 'write',
      present: [],
      cols: 80,
      rows: 24,
    });
    await shows('Ctrl-A . leaves');
    type('\x01.');
    await shows('Ctrl-A and . come back');
    type('u');
    await shows('Do it?');
    type('y');
    assert.equal(
      gate.core.consoleOptions.escapeKey(gate.alice.customer).caret,
      '^A',
      'how it is drawn is another matter',
    );
    assert.equal(gate.core.consoleOptions.escapeKey(gate.bob.customer).caret, '^]');
  });

  it('comes back with the reason when the console is refused', async () => {
    gate.enforce(policyOf([rule('deny', ['console'], { reason: 'Not today.' }), rule('allow', ACTIONS)]));
    open({ who: { ...gate.alice, domain: HORATIO } });
    await shows('Console');
    type('1');
    await shows('Not today.');
    assert.deepEqual(gate.dom0.consoles, []);
  });

  it('greys out what a reload takes away, with its reason, while nobody touches it', async () => {
    open({ who: { ...gate.alice, domain: HORATIO } });
    await shows('Power off');
    mark = terminal.output.length;
    gate.enforce(policyOf([rule('deny', ['poweroff'], { reason: 'Ask first.' }), rule('allow', ACTIONS)]));
    await shows('Ask first.');
    mark = terminal.output.length;
    gate.enforce(policyOf([rule('allow', ACTIONS)]));
    await shows('cut the power at once');
  });

  it('comes back, its terminal put right, with the reason when a console is taken away', async () => {
    open({ who: { ...gate.alice, domain: HORATIO } });
    await shows('Console');
    type('1');
    const console = await eventually('the console', () => gate.dom0.consoles[0]);
    console.note({
      note: 'attached',
      attachment: 1,
      domain: HORATIO,
      mode: 'write',
      present: [],
      cols: 80,
      rows: 24,
    });
    console.bytes('\x1b[31mlogin: ');
    await shows('login: ');
    mark = terminal.output.length;
    gate.enforce(policyOf([rule('deny', ['console'], { reason: 'Not today.' }), rule('allow', ACTIONS)]));
    await shows('Not today.');
    await shows('Power off');
    assert.ok(terminal.output.slice(mark).startsWith(terminalReset('xterm')));
    await eventually('its end', () => !console.open);
  });

  it('greys out what a time window that closes or another state takes away, with the reason', async () => {
    const shut = parseTimeWindow('wed 18:00-24:00') ?? assert.fail();
    const when = { from: [], times: [], zone: 'UTC', states: [], booted: [] };
    gate.clock = () => new Date('2026-11-25T17:59:00Z');
    gate.enforce(
      policyOf([
        rule('deny', ['reboot'], { when: { ...when, times: [shut] }, reason: 'Not after hours.' }),
        rule('deny', ['console'], { when: { ...when, states: ['crashed'] }, reason: 'It crashed.' }),
        rule('allow', ACTIONS),
      ]),
    );
    gate.core.windows.look();
    open({ who: { ...gate.alice, domain: HORATIO } });
    await shows(/Reboot/);
    assert.doesNotMatch(terminal.output, /Not after hours|It crashed/);
    gate.clock = () => new Date('2026-11-25T18:00:00Z');
    gate.core.windows.look();
    await shows('Not after hours.');
    gate.dom0.set(HORATIO, 'crashed');
    await shows('It crashed.');
  });

  it('shows what policy takes away while it is open, and a domain whose role is gone no more', async () => {
    open();
    await shows('ophelia');
    gate.store.roles.remove(gate.alice.customer, domainName('ophelia'), ADMIN);
    gate.dom0.set(HORATIO, 'crashed');
    mark = terminal.output.length;
    await shows('crashed');
    type('\x0c');
    await eventually('a whole new picture', () => terminal.output.slice(mark).includes('horatio'));
    assert.doesNotMatch(terminal.output.slice(mark), /ophelia/);
  });

  it('tells a menu its list and the time at once, so that it paints once for each second that counts', async () => {
    const told: Fact[] = [];
    const domains = new MenuDomains(
      gate.core.menu,
      gate.alice,
      (fact) => told.push(fact),
      () => undefined,
    );
    void domains.start();
    const before = Date.now();
    domains.timePassed(new Set());
    await eventually('the list', () => told.length > 0);
    const [fact] = told;
    assert.ok(fact?.fact === 'domains' && fact.domains.length === 2 && (fact.now ?? 0) >= before);
    assert.deepEqual(told.length, 1);
    domains.dispose();
    domains.timePassed(new Set());
    domains.tellNow();
    assert.equal(told.length, 1);
    terminal = new FakeTerminal();
  });

  it('tells a menu of a hundred changes a second a few times, not a hundred', async () => {
    open();
    await shows('horatio');
    let looked = 0;
    const considerAll = gate.core.authorizer.considerAll.bind(gate.core.authorizer);
    gate.core.authorizer.considerAll = (...args) => {
      looked += 1;
      return considerAll(...args);
    };
    for (let change = 0; change < 200; change += 1)
      gate.dom0.set(HORATIO, 'running', { memoryMiB: 1000 + change });
    gate.dom0.set(HORATIO, 'paused');
    await shows('paused', 0);
    assert.ok(looked <= 8, `policy was asked ${looked} times`);
  });

  /** Starts the gate anew, with a host that is never taken for lost because it says nothing. */
  const withQuietHost = async (): Promise<void> => {
    await gate.stop();
    gate = new GateInside({ silence: 600_000 });
    await gate.start();
  };

  const LONG_AGO = new Date(Date.now() - 400 * 86_400_000).toISOString();
  let told = 0;

  /** A host says of a domain what no time changes on the screen: no age, and a `since` of long ago. */
  const still = async (name: string, state: DomainState): Promise<void> => {
    told += 1;
    const seenAt = new Date(Date.UTC(2099, 0, 1) + told).toISOString();
    gate.dom0.set(domainName(name), state, {
      observation: { state, profile: NORMAL, since: LONG_AGO, seenAt },
    });
    const heard = (): boolean => gate.core.hosts.find(domainName(name))?.view.observation.seenAt === seenAt;
    await eventually('the host to be heard', heard, { everyMs: 2 });
  };

  it('is not made anew when a host repeats what it said', async () => {
    await withQuietHost();
    await still('horatio', 'paused');
    await still('ophelia', 'running');
    open();
    await shows('paused');
    let listed = 0;
    const rolesOf = gate.store.roles.of.bind(gate.store.roles);
    gate.store.roles.of = (customer) => {
      listed += 1;
      return rolesOf(customer);
    };
    for (let again = 0; again < 3; again += 1) await still('horatio', 'paused');
    assert.equal(listed, 0);
    // A change of the other domain comes last, and is told with whatever came before.
    await still('ophelia', 'crashed');
    await shows('crashed');
    assert.equal(listed, 1);
  });

  it('shows in an idle menu a domain that was held and is adopted', async () => {
    await withQuietHost();
    const nothing = { seen: [], identities: [], away: [], waiting: [], retired: [] };
    gate.store.domains.settle({ ...nothing, held: [HORATIO] });
    gate.role(gate.alice.customer, domainName('yorick'), 'owner');
    for (const name of ['horatio', 'ophelia', 'yorick']) await still(name, 'running');
    open();
    await shows('ophelia');
    assert.doesNotMatch(terminal.output, /horatio/);
    gate.store.domains.adopt(HORATIO, ADMIN);
    await shows('horatio');
  });

  it('shows in an idle menu that a limit over all domains is reached', async () => {
    await withQuietHost();
    gate.enforce(policyOf([rule('allow', ACTIONS)], [limit(['reboot'], 1, { per: 'customer' })]));
    for (const name of ['horatio', 'ophelia']) await still(name, 'running');
    open({ who: { ...gate.alice, domain: HORATIO } });
    await shows('Reboot');
    mark = terminal.output.length;
    assert.ok(
      !isRefusal(
        gate.core.authorizer.authorize(gate.alice, { action: 'reboot', domain: 'ophelia', profile: null }),
      ),
    );
    await shows('The limit of');
  });

  it('shows what admins announce, also on the console it lent its terminal to', async () => {
    open({ who: { ...gate.alice, domain: HORATIO } });
    await shows('Console');
    assert.equal(await gate.core.announcements.make('The host restarts.'), 1);
    await shows('The host restarts.');
    type('1');
    const console = await eventually('the attachment', () => gate.dom0.consoles[0]);
    console.note({
      note: 'attached',
      attachment: 1,
      domain: HORATIO,
      mode: 'write',
      present: [],
      cols: 80,
      rows: 24,
    });
    console.bytes('the guest');
    await shows('the guest');
    assert.equal(
      await gate.core.announcements.make('Für alle: \u201cnow\u201d'),
      1,
      'once, where it is read',
    );
    await shows('Fur alle: "now"');
    terminal.hangUp();
    await eventually('nobody to be left', async () => (await gate.core.announcements.make('x')) === 0);
  });

  it('has maintenance at its top as long as it is on, and greys out what is refused', async () => {
    gate.store.maintenance.begin({ sentence: 'New disks.', consolesClosed: false, until: null }, ADMIN);
    open({ who: { ...gate.alice, domain: HORATIO } });
    await shows('Maintenance: New disks.');
    await shows(/Power off +× Maintenance: New disks\./);
    assert.doesNotMatch(terminal.output, /Console +×|Watch console +×/);
    mark = terminal.output.length;
    gate.store.maintenance.begin(
      { sentence: 'Newer disks', consolesClosed: true, until: '2999-01-01T00:00:00.000Z' },
      ADMIN,
    );
    await shows('Newer');
    await shows(/Console +×/);
    gate.store.maintenance.end(ADMIN);
    await shows(/Power off +cut the power/);
    type('\x0c');
    await eventually('a whole new picture', () => terminal.output.slice(mark).includes('horatio'));
    assert.doesNotMatch(terminal.output.slice(mark), /Maintenance/);
  });

  it('line by line says when maintenance begins and is over', async () => {
    open({ hasPty: false });
    await shows('horatio');
    gate.store.maintenance.begin({ sentence: 'New disks.', consolesClosed: false, until: null }, ADMIN);
    await shows('Maintenance: New disks.');
    gate.store.maintenance.end(ADMIN);
    await shows('Maintenance is over.');
  });

  it('ended from outside puts the terminal right and says why', async () => {
    const { session, ended } = open();
    await shows('horatio');
    session.end('The gate is being stopped.');
    assert.equal(await ended, 1);
    assert.ok(terminal.output.endsWith('The gate is being stopped.\r\n'));
    assert.ok(terminal.output.includes('\x1b[?1049l'));
    assert.equal(terminal.listeners, 0);
  });

  it('ended from outside in a console lets the console go too', async () => {
    const { session, ended } = open({ who: { ...gate.alice, domain: HORATIO } });
    await shows('Console');
    type('1');
    const console = await eventually('the attachment', () => gate.dom0.consoles[0]);
    console.note({
      note: 'attached',
      attachment: 1,
      domain: HORATIO,
      mode: 'write',
      present: [],
      cols: 80,
      rows: 24,
    });
    console.bytes('the guest');
    await shows('the guest');
    session.end('Good bye.');
    assert.equal(await ended, 1);
    await eventually('dom0 to be left', () => !console.open);
    assert.deepEqual(gate.store.audit.openIntents(), []);
  });

  it('goes with the client and leaves nothing behind', async () => {
    const { ended } = open();
    await shows('horatio');
    terminal.hangUp();
    assert.equal(await ended, 1);
    assert.equal(terminal.listeners, 0);
  });

  it('remembers how the customer likes it', async () => {
    open();
    await shows('horatio');
    type('u');
    await shows('Do it?');
    type('y');
    await eventually(
      'it to be remembered',
      () => gate.store.preferences.get(gate.alice.customer).charset === 'ascii',
    );
  });
});
