import assert from 'node:assert/strict';
import { attachedNote } from '../../support/attached-note.js';
import { Dom0StandIn, wireRefusal } from '../../support/dom0-stand-in.js';
import type { StandInConsole } from '../../support/dom0-stand-in.js';
import { eventually } from '../../support/eventually.js';
import { POSTERN, postern } from '../../support/postern-command.js';
import { TemporaryDirectory } from '../../support/temporary-directory.js';
import { domainName } from '../../support/temporary-store.js';
import { TerminalClient } from '../../support/terminal-client.js';

const HORATIO = domainName('horatio');

describe('cli: console', () => {
  let directory: TemporaryDirectory;
  let dom0: Dom0StandIn;
  let clients: TerminalClient[];

  beforeEach(async () => {
    directory = new TemporaryDirectory();
    dom0 = new Dom0StandIn(directory.file('dom0.sock'));
    clients = [];
    await dom0.start();
  });

  afterEach(async () => {
    for (const client of clients) client.kill();
    await dom0.stop();
    directory.dispose();
  });

  async function sit(...args: string[]): Promise<[TerminalClient, StandInConsole]> {
    const terminal = new TerminalClient(
      process.execPath,
      [POSTERN, 'console', 'horatio', '--socket', dom0.socket, ...args],
      {
        env: { SUDO_USER: 'ada' },
      },
    );
    clients.push(terminal);
    return [terminal, await eventually('the console to be asked for', () => dom0.consoles[0])];
  }

  function attach(console: StandInConsole, mode: 'write' | 'watch' = 'write'): void {
    const me = { attachment: 7, label: 'admin ada', mode };
    const other = { attachment: 3, label: 'alice', mode: 'watch' as const };
    console.note({
      note: 'attached',
      attachment: 7,
      domain: HORATIO,
      mode,
      present: [other, me],
      cols: 80,
      rows: 24,
    });
    console.note({ note: 'painted' });
  }

  it('types and reads, never lets a lone Ctrl-] through, and puts the terminal right on leaving', async () => {
    const [terminal, console] = await sit();
    assert.deepEqual(
      ['mode', 'cols', 'rows', 'label', 'admin', 'takeover'].map((name) => console.query.get(name)),
      ['write', '80', '24', 'admin ada', 'ada', null],
    );
    attach(console);
    await terminal.sees('console of horatio; leave with Ctrl-] .');
    await terminal.sees('here already: alice (watch)');
    console.note({
      note: 'joined',
      who: { attachment: 8, label: 'mallory\u001b]0;owned\u0007', mode: 'watch' },
    });
    console.bytes('\u001b[?1049h\u001b[1;31mhoratio login: ');
    await terminal.sees('horatio login:');
    terminal.type('ro');
    terminal.type('\u001d');
    terminal.type('x');
    await terminal.sees('Ctrl-] ? for help');
    terminal.type('\u001d\u001d');
    await terminal.sees('Ctrl-] cannot be sent');
    terminal.type('ot\r\u0003');
    await eventually('all to be typed', () => console.typed === 'root\r\u0003');
    await eventually('credit to be given back', () => console.count('credit') > 0);
    terminal.type('\u001d.');
    assert.equal(await terminal.ends(), 0);
    assert.ok(terminal.raw.includes('\u001b[?1049l'));
    assert.equal(terminal.alternate, false);
    assert.ok(terminal.raw.includes('[mallory^[]0;owned^G has come (watch)]'), 'a label is shown');
    assert.ok(!/\x1b\]|\x07/.test(terminal.raw), 'and never obeyed');
  });

  it('draws a line between two boots, also for who comes between them', async () => {
    const [terminal, console] = await sit();
    const boot = { note: 'boot', began: '2026-11-21T17:04:10.000Z', silent: true } as const;
    console.note(attachedNote());
    console.note(boot);
    console.bytes('\u001b[H\u001b[2Jhoratio login: ');
    console.note({ note: 'painted' });
    await terminal.sees(
      /horatio login: [\s\S]*\[the domain started 17:04:10 UTC; what is above is from before\]/,
    );
    console.note({ ...boot, silent: false });
    console.note({ ...boot, began: '2026-11-21T18:00:00.000Z' });
    await terminal.sees('[the domain started 18:00:00 UTC;');
    assert.equal(terminal.raw.split('the domain started').length, 3, 'each once');
  });

  it('sends Ctrl-] through where the host can', async () => {
    dom0.contract = { ...dom0.contract, console: { ...dom0.contract.console, passesEscape: true } };
    const [terminal, console] = await sit();
    attach(console);
    await terminal.sees('leave with');
    terminal.type('\u001d\u001d');
    await eventually('Ctrl-] to arrive', () => console.typed === '\u001d');
  });

  it('types nothing while watching, until it has the keyboard', async () => {
    const [terminal, console] = await sit('--watch');
    assert.equal(console.query.get('mode'), 'watch');
    attach(console, 'watch');
    await terminal.sees('watching');
    terminal.type('rm -rf /\r');
    await terminal.sees('Ctrl-] t takes the keyboard');
    terminal.type('\u001dt');
    await eventually('the keyboard to be asked for', () => console.count('takeover') === 1);
    console.note({ note: 'writer', attachment: 7, label: 'admin ada' });
    await terminal.sees('you have the keyboard');
    terminal.type('w\r');
    await eventually('it to arrive', () => console.typed === 'w\r');
  });

  it('tells the size when it changes, and answers pings', async () => {
    const [terminal, console] = await sit('--take');
    assert.equal(console.query.get('takeover'), '1');
    attach(console);
    await terminal.sees('leave with');
    terminal.resize(100, 30);
    await eventually('the size', () =>
      console.requests.some((one) => one.note === 'resize' && one.cols === 100 && one.rows === 30),
    );
    console.note({ note: 'ping' });
    await eventually('the pong', () => console.count('pong') === 1);
  });

  it('ends with its own status when dom0 ends it or is lost', async () => {
    const [terminal, console] = await sit();
    attach(console);
    await terminal.sees('leave with');
    console.note({ note: 'ended', reason: 'evicted' });
    assert.equal(await terminal.ends(), 3);
    dom0.consoles.length = 0;
    const [second, other] = await sit();
    attach(other);
    await second.sees('leave with');
    other.drop();
    assert.equal(await second.ends(), 6);
    await second.sees('the connection to dom0 is lost');
  });

  it('works in a pipe', async () => {
    const ended = postern(['console', 'horatio', '--socket', dom0.socket]);
    const console = await eventually('the console to be asked for', () => dom0.consoles[0]);
    attach(console);
    assert.equal((await ended).status, 0, 'the end of the input is the end of the visit');
  });

  it('has the console released for a time, and taken back', async () => {
    const release = (time: string, ...more: string[]): ReturnType<typeof postern> =>
      postern(['console', 'horatio', '--release', time, '--socket', dom0.socket, ...more]);
    const { status, stdout } = await release('10m');
    assert.equal(status, 0);
    assert.match(stdout, /^The console of horatio is yours until \S+Z: xl console horatio\n.*--release 0 /);
    assert.match((await release('0')).stdout, /^The console of horatio is taken back/);
    assert.deepEqual(dom0.releases, [
      { domain: 'horatio', seconds: 600, admin: 'ada' },
      { domain: 'horatio', seconds: 0, admin: 'ada' },
    ]);
    for (const wrong of ['', '10', '-5m', '1.5h', '10 m', '25h', '0x10s', '999999h', 'm'])
      assert.equal((await release(wrong)).status, 2, wrong);
    assert.equal((await release('10m', '--watch')).status, 2);
    assert.equal(dom0.releases.length, 2);
  });

  it('says what is refused, and when nobody answers', async () => {
    dom0.refuseConsole = wireRefusal('no-such-domain', 'There is no domain horatio here.');
    const refused = await postern(['console', 'horatio', '--socket', dom0.socket]);
    assert.deepEqual([refused.status, refused.stderr], [4, 'postern: There is no domain horatio here.\n']);
    const [silent, odd, both] = await Promise.all([
      postern(['console', 'horatio', '--socket', directory.file('nothing.sock')]),
      postern(['console', 'Domain-0', '--socket', dom0.socket]),
      postern(['console', 'horatio', '--watch', '--take', '--socket', dom0.socket]),
    ]);
    assert.equal(silent.status, 6);
    assert.match(silent.stderr, /does not answer on .*nothing\.sock: .*; is the dom0 half running/);
    assert.deepEqual([odd.status, odd.stderr], [2, 'postern: "Domain-0" is not the name of a guest\n']);
    assert.equal(both.status, 2);
  });
});
