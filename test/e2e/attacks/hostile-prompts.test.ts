import assert from 'node:assert/strict';
import { request } from 'node:http';
import type { Duplex } from 'node:stream';
import { readFileSync } from 'node:fs';
import { defaultPolicy } from '../../../server/cli/demo/demo-settings.js';
import { House } from '../../support/house.js';
import type { TerminalClient } from '../../support/terminal-client.js';

const LEAVE = '\x1d.';

const POLICY = readFileSync(defaultPolicy(), 'utf8');
const LOGS_OUT = `${POLICY}
consoles:
  - customers: [dora]
    logOut: true
`;
const IDLE = `${POLICY}
consoles:
  - customers: [dora]
    idle: 3s
`;

/**
 * A guest knows Postern's messages and what Postern looks for on the screen. It shows people false messages,
 * and shows us false prompts, so that they or we do something for it. It also sends queries to their
 * terminals, which answer automatically.
 */
describe('attack: what a guest shows to be taken for something else', () => {
  let house: House;
  before(async () => {
    house = await House.start({
      customers: {
        alice: { horatio: 'owner' },
        dora: { horatio: 'operator' },
        carol: { horatio: 'watcher' },
      },
      policy: LOGS_OUT,
    });
    assert.equal((await house.ssh('alice', 'horatio start --wait')).status, 0);
  });
  afterEach(() => {
    house.hangUp();
  });
  after(() => house.stop());

  async function atShell(client: TerminalClient): Promise<void> {
    await client.receives(/Console of horatio\.|Nobody has the keyboard now/);
    client.type('\x03\r');
    await client.sees(/(login:|#)$/);
    if (client.screen.endsWith('login:')) client.type('root\r');
    await client.sees(/#$/);
    client.type('clear\r');
    await client.sees(/^root@horatio:~#$/);
  }

  async function leave(...clients: readonly TerminalClient[]): Promise<void> {
    for (const client of clients) {
      client.type(LEAVE);
      assert.equal(await client.ends(), 0);
    }
  }

  it('a forged question of ours: the answer goes to the guest and nothing is done', async () => {
    const alice = house.terminal('alice', 'horatio console');
    await atShell(alice);
    alice.type(
      "echo -e '\\033[24;1H\\033[7mReboot horatio? y reboots it, any other key does not.\\033[0m\\033[H'\r",
    );
    await alice.sees('Reboot horatio? y reboots it');
    alice.type('y');
    await alice.sees(/# y/);
    // The true question still works, and a no is a no.
    alice.type('\x1dr');
    await alice.receives(/Reboot horatio\?[\s\S]*Reboot horatio\?/);
    alice.type('n');
    await alice.sees('Nothing was done.');
    assert.doesNotMatch((await house.ssh('alice', 'activity')).stdout, /reboot/i);
    alice.type('\x15clear\r');
    await alice.sees(/^root@horatio:~#$/);
    await leave(alice);
  });

  it('a forged shell prompt: it is sent a Ctrl-D where policy says so, or what was asked for, and nothing else', async () => {
    const dora = house.terminal('dora', 'horatio console');
    await atShell(dora);
    dora.type("echo -n -e '\\033[2J\\033[Hroot@elsinore:~# '; sleep 100000\r");
    await dora.sees(/^root@elsinore:~#$/);
    // A half that is busy for half a second cannot say what is on the screen. Then nothing is sent, and the
    // prompt is still there at the next leave.
    const said = async (client: TerminalClient): Promise<string> => {
      client.type(LEAVE);
      assert.equal(await client.ends(), 0);
      return client.raw;
    };
    let last = await said(dora);
    while (!last.includes('Ctrl-D was sent to its shell.')) {
      const again = house.terminal('dora', 'horatio console');
      await again.sees(/^root@elsinore:~#$/m);
      last = await said(again);
    }

    const alice = house.terminal('alice', 'horatio console', { columns: 90, rows: 30 });
    await alice.receives('Console of horatio.');
    alice.type('\x1dz');
    await alice.sees('Type "stty rows 30 cols 90" and Enter');
    alice.type('n');
    await alice.sees('Nothing was done.');
    await atShell(alice);
    assert.doesNotMatch(alice.raw, /# stty/);
    await leave(alice);
  });

  it('a name with escape sequences, from whoever can open the socket: they are not obeyed', async () => {
    const alice = house.terminal('alice', 'horatio console');
    await atShell(alice);
    const label = '\x1b[2J\x1b]0;owned\x07\u009b31m\u202Eevil\u0301';
    const query = new URLSearchParams({
      mode: 'watch',
      cols: '80',
      rows: '24',
      label,
      admin: label,
    }).toString();
    const socket = await new Promise<Duplex>((resolve, reject) => {
      request({
        socketPath: house.layout.dom0Socket,
        path: `/domains/horatio/console?${query}`,
        headers: { connection: 'Upgrade', upgrade: 'postern-console' },
      })
        .once('upgrade', (_answer, upgraded: Duplex) => {
          resolve(upgraded);
        })
        .once('error', reject)
        .end();
    });
    await alice.receives('[2J]0;owned31mevil has joined this console.');
    for (const part of ['\x1b]0;owned', '\u009b', '\u202e']) assert.ok(!alice.raw.includes(part));
    socket.destroy();
    await alice.receives('evil has left this console.');
    await leave(alice);
  });

  describe('questions to terminals, which answer by themselves', () => {
    /** Makes the guest query position, kind and a colour. */
    const ASK = "echo -e '\\033[6n\\033[c\\033]10;?\\a' > q; clear\r";

    it('a watcher’s answers reach nobody and tell nobody that they type', async () => {
      const alice = house.terminal('alice', 'horatio console');
      await atShell(alice);
      const carol = house.terminal('carol', 'horatio watch', { answers: true });
      await carol.sees('Watching horatio');
      alice.type(ASK);
      await alice.sees(/^root@horatio:~#$/);
      alice.type('cat q; echo asked\r');
      await carol.sees(/^asked$/m);
      await alice.sees(/^asked$/m);
      assert.match(carol.answered, /\x1b\[\d+;\d+R\x1b\[\?[\d;]+c/);
      carol.type('\x1dw');
      await carol.sees('Also here: alice (keyboard).');
      assert.doesNotMatch(carol.raw, /keys are not sent/);
      alice.type('echo unharmed\r');
      await alice.sees(/^unharmed$/m);
      assert.doesNotMatch(alice.screen, /\[\?|;\d+R/);
      await leave(alice, carol);
    });

    it('answers are no typing: who is away is put out, however often the guest asks', async () => {
      const dora = house.terminal('dora', 'horatio console', { answers: true });
      await atShell(dora);
      dora.type(ASK);
      await dora.sees(/^root@horatio:~#$/);
      dora.type(`${'cat q; sleep 40; '.repeat(40)}\r`);
      await dora.receives('\x1b[6n');
      house.writePolicy(IDLE);
      assert.equal((await house.postern('policy', 'reload')).status, 0);
      await dora.receives('Nothing was typed for long');
      await dora.receives('The console of horatio was left: nothing was typed for too long.');
      assert.ok(dora.answered.length > 30, 'it was asked all the while');
      assert.equal(await dora.ends(), 1);
    });
  });
});
