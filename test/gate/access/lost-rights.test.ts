import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { MenuLog } from '../../../server/gate/console-log/menu-log.js';
import { recordingFile } from '../../../server/gate/recording/recording-name.js';
import { operationView } from '../../support/dom0-stand-in.js';
import { eventually } from '../../support/eventually.js';
import { FakeTerminal } from '../../support/fake-terminal.js';
import { GateInside } from '../../support/gate-inside.js';
import { ADMIN, domainName } from '../../support/temporary-store.js';

/**
 * alice's key has expired, and no timer has noticed it. Everything that is still running has to find out by
 * itself.
 */
describe('what outlives its opening: no right is kept because it was there at the beginning', () => {
  let gate: GateInside;
  let now: number;
  let end: number;

  beforeEach(async () => {
    gate = new GateInside();
    await gate.start();
    now = Date.now();
    end = now + 3_600_000;
    gate.clock = () => new Date(now);
    const { customer, fingerprint } = gate.alice;
    gate.store.keys.setExpiry(customer, fingerprint, new Date(end).toISOString(), ADMIN);
  });
  afterEach(() => gate.stop());

  const OVER = /key of this connection has expired/;

  it('a log that is followed shows nothing that is said after it', async () => {
    gate.dom0.logSaid = () => ['said before\n'];
    const terminal = new FakeTerminal({ hasPty: false });
    const running = gate.exec(gate.alice, 'horatio log --follow', terminal);
    await eventually('what was said', () => terminal.output.includes('said before'));
    const [follower] = gate.dom0.logFollowers;
    now = end;
    follower?.write('said after\n');
    assert.equal(await running, 1);
    assert.ok(!terminal.output.includes('said after'));
    assert.match(terminal.errors, OVER);
  });

  for (const way of ['key', 'role'] as const)
    it(`a log that is followed in the menu asks a host that was lost no more without the ${way}`, async () => {
      const said = 'said before\r\n';
      const page = { from: 0, to: said.length, start: 0, end: said.length, boots: [] };
      gate.dom0.logFacts = { keeping: true, switchedAt: null, place: 'disk', boot: null, page };
      gate.dom0.logSaid = (_, query) => (query.get('follow') === '1' ? [] : [said]);
      const told: string[] = [];
      const log = new MenuLog(gate.core.menu.consoleLog, gate.alice, new FakeTerminal(), (fact) => {
        if (fact.fact === 'log') told.push(...fact.piece.lines.map(({ text }) => text));
        else told.push('message' in fact ? fact.message : fact.fact);
      });
      const domain = domainName('horatio');
      await log.perform({ effect: 'log-follow', domain, follow: true });
      await eventually('it to be followed', () => gate.dom0.logFollowers.size === 1);
      await gate.dom0.stop();
      await eventually('the sentence', () => told.at(-1)?.includes('the log goes on when it does'));
      const asked = gate.dom0.logQueries.length;
      if (way === 'key') now = end;
      else gate.store.roles.remove(gate.alice.customer, domain, ADMIN);
      await gate.dom0.start();
      await eventually('the host', () => gate.core.hosts.areAllReachable);
      await eventually('its end', () => gate.events('operation.ended').length === 1);
      assert.equal(gate.dom0.logQueries.length, asked);
      assert.deepEqual(told.slice(0, 1), ['said before']);
      assert.match(told.at(-1) ?? '', way === 'key' ? OVER : /no longer yours/);
      log.close();
    });

  it('a recording that is fetched stops, and says why', async () => {
    const { directory } = gate.recordingSettings;
    mkdirSync(directory, { mode: 0o700 });
    const { customer } = gate.alice;
    const begunAt = new Date(Date.now() + 60_000).toISOString();
    const name = {
      id: '0123456789ab',
      begunAt,
      customer,
      domain: domainName('horatio'),
      record: 'output',
    } as const;
    const line = `[0.1, "o", "${'x'.repeat(1000)}"]\n`;
    writeFileSync(join(directory, recordingFile(name)), `{"version": 2}\n${line.repeat(1000)}`);
    const terminal = new FakeTerminal({ hasPty: false });
    terminal.stuck = true;
    const running = gate.exec(gate.alice, 'recording 0123456789ab', terminal);
    await eventually('the beginning', () => terminal.pendingBytes > 0);
    await turn();
    const before = terminal.output.length;
    now = end;
    terminal.drain();
    assert.equal(await running, 1);
    assert.ok(terminal.output.length - before < 2 * 64 * 1024, 'at most what was on its way');
    assert.ok(terminal.output.length < 900_000);
    assert.match(terminal.errors, OVER);
  });

  it('a recording is not fetched to its end by one who lost the role', async () => {
    const { directory } = gate.recordingSettings;
    mkdirSync(directory, { mode: 0o700 });
    const { customer } = gate.alice;
    const begunAt = new Date(Date.now() + 60_000).toISOString();
    const domain = domainName('horatio');
    const name = { id: '0123456789ab', begunAt, customer, domain, record: 'output' } as const;
    writeFileSync(
      join(directory, recordingFile(name)),
      `{"version": 2}\n${'[0.1, "o", "xxxx"]\n'.repeat(50_000)}`,
    );
    const terminal = new FakeTerminal({ hasPty: false });
    terminal.stuck = true;
    const running = gate.exec(gate.alice, 'recording 0123456789ab', terminal);
    await eventually('the client to take no more', () => terminal.pendingBytes > 64 * 1024);
    gate.store.roles.remove(customer, domain, ADMIN);
    assert.equal(await running, 1, 'also when the client never takes anything again');
    assert.match(terminal.errors, /horatio is no longer yours to use/);
  });

  const pages: readonly (readonly [what: string, keys: string, shows: RegExp])[] = [
    ['the page of keys', 's\n', /SHA256:A/],
    ['the page of activity', 'a\n', /you|administrator/],
  ];
  for (const [what, keys, shows] of pages) {
    it(`${what} is shown no more, and the menu ends with a sentence`, async () => {
      const terminal = new FakeTerminal({ hasPty: false });
      const session = gate.menu(gate.alice, terminal);
      const ended = session.run({ plain: true });
      await eventually('the menu', () => terminal.output.includes('horatio'));
      const before = terminal.output.length;
      now = end;
      terminal.type(keys);
      assert.equal(await ended, 1);
      const after = terminal.output.slice(before) + terminal.errors;
      assert.match(after, OVER);
      assert.doesNotMatch(after.replace(OVER, ''), shows);
    });
  }

  it('a request is not made again for one whose key is over by then', async () => {
    let tries = 0;
    gate.dom0.reply = () => {
      tries += 1;
      // The answer is lost; the first wait is 100 ms.
      now = end;
      return 'drop';
    };
    const terminal = new FakeTerminal({ hasPty: false });
    gate.core.authorizer.recheck(gate.alice, { action: 'reboot', domain: 'horatio', profile: null });
    const status = await gate.exec(gate.alice, 'horatio reboot', terminal);
    assert.notEqual(status, 0);
    assert.equal(tries, 1);
    assert.match(terminal.errors, /your request may or may not have arrived/);
  });

  it('the outcome of a reboot is not told to one who lost the server while waiting for it', async () => {
    const terminal = new FakeTerminal({ hasPty: false });
    gate.dom0.reply = (request) => operationView(request, { phase: 'running' });
    const running = gate.exec(gate.alice, 'horatio reboot --wait', terminal);
    await eventually('its beginning', () => terminal.errors.includes('asked to reboot'));
    gate.store.roles.remove(gate.alice.customer, domainName('horatio'), ADMIN);
    assert.equal(await running, 1);
    assert.match(terminal.errors, /horatio is no longer yours to use\.\n$/);
    assert.equal(terminal.output, '');
  });
});
