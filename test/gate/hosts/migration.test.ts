import assert from 'node:assert/strict';
import { NORMAL } from '../../../policy/names.js';
import { isRefusal } from '../../../policy/refusal.js';
import { Hosts } from '../../../server/gate/hosts/hosts.js';
import { MenuLog } from '../../../server/gate/console-log/menu-log.js';
import { ConsoleSession } from '../../../server/gate/console/console-session.js';
import type { DomainState } from '../../../policy/domain-state.js';
import { Slices } from '../../../server/gate/scheduling/slices.js';
import { Dom0StandIn } from '../../support/dom0-stand-in.js';
import type { StandInConsole } from '../../support/dom0-stand-in.js';
import { eventually } from '../../support/eventually.js';
import { FakeTerminal } from '../../support/fake-terminal.js';
import { GateInside } from '../../support/gate-inside.js';
import { HeardHost } from '../../support/heard-host.js';
import { silentLogger } from '../../support/silent-logger.js';
import { TemporaryDirectory } from '../../support/temporary-directory.js';
import { domainName, TemporaryStore } from '../../support/temporary-store.js';

const HORATIO = domainName('horatio');
const ON_THE_WAY = ['horatio--incoming', 'horatio--migratedaway', 'migrating-horatio'];

describe('a migration as the hosts show it', () => {
  let temporary: TemporaryStore;
  let source: HeardHost;
  let target: HeardHost;
  let hosts: Hosts;

  beforeEach(() => {
    temporary = new TemporaryStore();
    source = new HeardHost('xen1', HORATIO);
    target = new HeardHost('xen2', HORATIO);
    const { domains, lastObservations } = temporary.store;
    hosts = new Hosts([source.link, target.link], domains, lastObservations, silentLogger);
    source.set('running');
    source.heard();
    target.heard();
  });
  afterEach(() => {
    temporary.remove();
  });

  const move = (): string => {
    const found = hosts.moveOf(HORATIO);
    return found === null ? 'none' : `${found.guest} on ${found.host.name}`;
  };

  it('goes on from the first guest of its way to the last', () => {
    assert.equal(move(), 'none');
    target.guests('horatio--incoming');
    assert.equal(move(), 'horatio--incoming on xen2', 'it runs on the source all the while');
    source.guests('horatio--migratedaway');
    source.set('off');
    assert.equal(move(), 'horatio--incoming on xen2', 'told is where it goes');
    target.guests('horatio');
    assert.equal(move(), 'horatio--migratedaway on xen1', 'what it was is not gone yet');
    source.guests();
    assert.equal(move(), 'none');
  });

  for (const guest of ON_THE_WAY) {
    it(`goes on while ${guest} is in the list of the host where it runs, as on localhost`, () => {
      source.guests(guest);
      assert.equal(move(), `${guest} on xen1`);
    });

    it(`is none of horatio's when the guest is another's: x${guest}`, () => {
      source.guests(`x${guest}`, `${guest}x`);
      assert.equal(move(), 'none');
    });
  }

  it('is over for those who see it run when the host that showed it has fallen silent, and for nobody else', () => {
    target.guests('horatio--incoming');
    target.lost();
    assert.equal(move(), 'none', 'it is seen to run on the source');
    source.set('off');
    assert.equal(move(), 'horatio--incoming on xen2', 'it may have arrived');
    source.lost();
    assert.equal(move(), 'horatio--incoming on xen2');
  });

  it('takes no right away that hangs on what the domain does or booted', () => {
    const before = hosts.observation(HORATIO);
    assert.deepEqual(before, { state: 'running', booted: 'normal' });
    target.guests('horatio--incoming');
    source.set('paused');
    assert.deepEqual(hosts.observation(HORATIO), before, 'it is paused for its last pages');
    source.guests('horatio--migratedaway');
    source.set('off');
    assert.deepEqual(hosts.observation(HORATIO), before);
  });
});

describe('a customer whose server moves', () => {
  let directory: TemporaryDirectory;
  let gate: GateInside;
  let source: Dom0StandIn;
  let target: Dom0StandIn;
  let terminal: FakeTerminal;
  let session: Promise<unknown> | null;

  beforeEach(async () => {
    directory = new TemporaryDirectory();
    target = new Dom0StandIn(directory.file('two.sock'));
    gate = new GateInside({}, new Slices({ now: () => 0 }), [{ name: 'two', socket: target.socket }]);
    source = gate.dom0;
    terminal = new FakeTerminal();
    session = null;
    await target.start();
    await gate.start();
  });
  afterEach(async () => {
    terminal.hangUp();
    await session;
    await gate.stop();
    await target.stop();
    directory.dispose();
  });

  const exec = async (command: string): Promise<{ status: number; said: string }> => {
    const shown = new FakeTerminal({ hasPty: false });
    const status = await gate.exec(gate.alice, command, shown);
    return { status, said: shown.output + shown.errors };
  };
  const moves = (): Promise<unknown> =>
    eventually('the migration', () => gate.core.hosts.moveOf(HORATIO) !== null);

  it('reads that it moves, is told busy for every change, and nothing is sent', async () => {
    target.setNames({ others: ['horatio--incoming'] });
    await moves();
    assert.match((await exec('list')).said, /horatio +moving to another host \(two\)/);
    assert.match((await exec('horatio status')).said, /moving to another host.*\n.*Try again in a minute/);
    assert.match((await exec('list --json')).said, /"state": ?"moving"/);
    for (const command of ['start', 'shutdown', 'poweroff', 'reboot', 'rescue', 'normal']) {
      const { status, said } = await exec(`horatio ${command} --yes`);
      assert.equal(status, 5, command);
      assert.match(said, /horatio is being moved to another host\. Try again in a minute\./, command);
    }
    const extended = await exec('horatio extend');
    assert.equal(extended.status, 5);
    assert.match(extended.said, /horatio is being moved to another host\. Try again in a minute\./);
    assert.deepEqual([...source.requests, ...target.requests], []);
    target.setNames({ others: [] });
    await eventually('its end', () => gate.core.hosts.moveOf(HORATIO) === null);
    assert.equal((await exec('horatio reboot --yes')).status, 0, 'it failed, and the server is where it was');
    assert.equal(source.requests.length, 1);
  });

  async function attach(mode: 'write' | 'watch'): Promise<StandInConsole> {
    session = new ConsoleSession(gate.core.console, gate.alice, terminal, 'horatio', mode).run();
    return attached(source, 'horatio of one', mode);
  }

  async function attached(host: Dom0StandIn, says: string, mode: 'write' | 'watch'): Promise<StandInConsole> {
    const console = await eventually('the console', () => host.consoles.at(-1));
    const size = { cols: 80, rows: 24 };
    console.note({ note: 'attached', attachment: 1, domain: HORATIO, mode, present: [], ...size });
    console.bytes(says);
    await shows(says);
    return console;
  }

  const shows = (text: string): Promise<unknown> =>
    eventually(`to show ${text}`, () => (terminal.output + terminal.errors).includes(text));

  /** As `xl migrate` goes, when the file is on the target already or comes later. */
  async function migrate({ fileFirst }: { readonly fileFirst: boolean }): Promise<void> {
    const off: DomainState = 'off';
    if (fileFirst) target.set(HORATIO, off);
    target.setNames({ others: ['horatio--incoming'] });
    await shows('horatio is being moved to another host');
    source.set(HORATIO, off);
    source.consoles.at(-1)?.note({ note: 'state', console: 'detached', state: 'off', profile: NORMAL });
    source.setNames({ others: ['horatio--migratedaway'] });
    if (fileFirst) {
      target.setNames({ others: [] });
      target.set(HORATIO, 'running');
    } else target.setNames({ others: ['horatio'] });
    source.setNames({ others: [] });
  }

  for (const mode of ['write', 'watch'] as const) {
    it(`keeps the console (${mode}), which says where it is now`, async () => {
      const before = await attach(mode);
      await migrate({ fileFirst: true });
      await shows('--- horatio runs on the host two now ---');
      const after = await attached(target, 'horatio of two', mode);
      assert.equal(after.query.get('mode'), mode);
      assert.equal(after.query.get('since'), before.query.get('since'));
      await eventually('the old console to be left', () => !before.open);
      if (mode === 'write') {
        terminal.type('x');
        await eventually('the key', () => after.typed === 'x');
      }
    });
  }

  it('keeps the console until the file comes to the target, though the source has dropped it', async () => {
    const before = await attach('write');
    await migrate({ fileFirst: false });
    await shows('on its way to another host, or is not set up for this menu there');
    before.note({ note: 'ended', reason: 'domain-gone' });
    before.drop();
    source.gone(HORATIO);
    target.setNames({ others: [] });
    target.set(HORATIO, 'running');
    await shows('--- horatio runs on the host two now ---');
    await attached(target, 'horatio of two', 'write');
  });

  it('keeps the console when the source dies as soon as the server has left it', async () => {
    await attach('write');
    target.set(HORATIO, 'off');
    target.setNames({ others: ['horatio--incoming'] });
    await moves();
    await source.stop();
    target.setNames({ others: [] });
    target.set(HORATIO, 'running');
    await shows('--- horatio runs on the host two now ---');
    await attached(target, 'horatio of two', 'write');
  });

  it('stays where it is when the migration fails', async () => {
    const console = await attach('write');
    target.setNames({ others: ['horatio--incoming'] });
    await shows('horatio is being moved to another host');
    target.setNames({ others: [] });
    await eventually('its end', () => gate.core.hosts.moveOf(HORATIO) === null);
    terminal.type('y');
    await eventually('the key', () => console.typed === 'y');
    assert.deepEqual(target.consoles, []);
  });

  describe('follows its log', () => {
    let following: Promise<number>;
    const shown = (): string => terminal.output + terminal.errors;

    beforeEach(async () => {
      source.logSaid = () => ['said on one\r\n'];
      target.logSaid = () => ['said on two\r\n'];
      terminal = new FakeTerminal({ hasPty: false });
      following = gate.exec(gate.alice, 'horatio log --follow', terminal);
      session = following;
      await shows('said on one');
    });

    it('and goes on with that of the host where it is now, from where it arrived there', async () => {
      target.setNames({ others: ['horatio--incoming'] });
      await moves();
      source.set(HORATIO, 'off');
      target.setNames({ others: [] });
      target.set(HORATIO, 'running');
      await shows('said on two');
      assert.match(shown(), /^said on one\nsaid on two\n--- horatio runs on the host two now ---\n$/);
      const query = target.logQueries.at(-1);
      assert.deepEqual([query?.get('boot'), query?.get('follow')], ['0', '1']);
      await eventually('the old log to be left', () => source.logFollowers.size === 0);
      for (const log of target.logFollowers) log.write('more\r\n');
      await shows('more');
      terminal.hangUp();
      await following;
    });

    it('and waits while it runs where it has no file yet, though the source has dropped it or died', async () => {
      target.setNames({ others: ['horatio'] });
      source.set(HORATIO, 'off');
      await eventually('the news', () => gate.core.hosts.strayOf(HORATIO) !== null);
      for (const log of source.logFollowers) log.end();
      await source.stop();
      await eventually('the loss', () => gate.core.hosts.links[0]?.reachable === false);
      target.setNames({ others: [] });
      target.set(HORATIO, 'running');
      await shows('said on two');
      terminal.hangUp();
      await following;
    });

    it('and is told that it ends when the server is gone from everywhere', async () => {
      source.gone(HORATIO);
      for (const log of source.logFollowers) log.end();
      assert.equal(await following, 1);
      assert.match(shown(), /The log ends here: horatio is not on its host any more/);
    });
  });

  it('follows its log in the menu, which says where it is now', async () => {
    for (const [host, said] of [
      [source, 'said on one\r\n'],
      [target, 'said on two\r\n'],
    ] as const) {
      const page = { from: 0, to: said.length, start: 0, end: said.length, boots: [] };
      host.logFacts = { keeping: true, switchedAt: null, place: 'disk', boot: null, page };
      host.logSaid = (_, query) => (query.get('follow') === '1' ? [] : [said]);
    }
    const told: string[] = [];
    const log = new MenuLog(gate.core.menu.consoleLog, gate.alice, terminal, (fact) => {
      if (fact.fact === 'log')
        told.push(...[...fact.piece.lines, ...fact.piece.open].map(({ text }) => text));
      else told.push('message' in fact ? fact.message : fact.fact);
    });
    await log.perform({ effect: 'log-follow', domain: HORATIO, follow: true });
    await eventually('the log to be followed', () => source.logFollowers.size === 1);
    source.set(HORATIO, 'off');
    target.set(HORATIO, 'running');
    await eventually('the other log to be followed', () => target.logFollowers.size === 1);
    assert.deepEqual(told, ['said on one', '--- horatio runs on the host two now ---', 'said on two']);
    await eventually('the old log to be left', () => source.logFollowers.size === 0);
    log.close();
  });

  it('reads which host has what its server said before the migration', async () => {
    const incarnation = '33333333-3333-4333-8333-333333333333';
    source.set(HORATIO, 'running', { incarnation });
    await eventually('it to be recorded', () =>
      gate.store.domains.identities().some(({ ran }) => ran === incarnation),
    );
    assert.doesNotMatch((await exec('horatio log')).said, /missing/);
    source.set(HORATIO, 'off');
    target.set(HORATIO, 'running', { incarnation });
    await eventually('it to have moved', () => gate.core.hosts.find(HORATIO)?.host.name === 'two');
    const told =
      /horatio ran on another host before\. What it said there is missing here: one cannot be asked\./;
    await eventually('the sentence', async () => told.test((await exec('horatio log')).said));
    target.set(HORATIO, 'running', { incarnation: '44444444-4444-4444-8444-444444444444' });
    await eventually('its next boot', async () => !told.test((await exec('horatio log')).said));
  });

  it('is not kept on a console of a server that is gone from everywhere', async () => {
    const console = await attach('write');
    source.gone(HORATIO);
    console.note({ note: 'ended', reason: 'domain-gone' });
    const ending = await session;
    assert.ok(!isRefusal(ending));
    await shows('horatio');
  });
});
