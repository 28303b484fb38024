import assert from 'node:assert/strict';
import { chmodSync } from 'node:fs';
import { makeEd25519KeyPair } from '../../server/gate/ssh/ed25519-key-pair.js';
import { installSimulator } from '../../server/simulator/install.js';
import { commandsOf, DayOne } from '../support/day-one.js';
import type { Ended } from '../support/house.js';

const COUNT = 50;
const OPTIONS = 'no-agent-forwarding,no-X11-forwarding,no-port-forwarding';

/** docs/day-one.md, on a host with fifty customers set up in the ways of the Book of Xen. */
describe('e2e: day one on a dom0 that has customers', () => {
  let day: DayOne | undefined;
  const names = ['alice', ...Array.from({ length: COUNT - 1 }, (_, n) => `user${n + 2}`)];

  before(async function () {
    const started = await DayOne.start();
    if (typeof started === 'string') {
      process.stdout.write(`\n  skipped: ${started}\n`);
      this.skip();
    }
    day = started;
    const { host, root } = day;
    const { xl } = await installSimulator({
      directory: root,
      timeScale: 0.02,
      domains: names.map((name) => ({
        name: `${name}-1`,
        settings: name === 'user3' ? [`xen_shell = 'User3, alice'`] : [],
      })),
    });
    day.tools(xl);
    for (const [index, name] of names.entries()) {
      const account = host.account(name, name === 'user3' ? '/usr/bin/xen-login-shell' : '/bin/sh');
      const command = index % 2 === 0 ? `sudo xm console ${name}-1` : `xencontrol ${name}-1`;
      if (name === 'user3') host.authorizedKeys(account, `${account.publicKey} user3@home\n`);
      else if (name === 'alice') host.authorizedKeys(account, `${account.publicKey} alice@home\n`);
      else
        host.authorizedKeys(account, `${OPTIONS},command="${command}" ${account.publicKey} ${name}@home\n`);
      host.append('etc/sudoers', `${name} ALL=NOPASSWD:/usr/sbin/xm console ${name}-1\n`);
    }
    const mallory = host.account('mallory');
    host.authorizedKeys(mallory, `command="sudo xm console alice-1" ${mallory.publicKey}\n`);
    const same = host.account('yorick');
    host.domain('yorick');
    host.append('etc/sudoers', 'yorick ALL=NOPASSWD:/usr/sbin/xm console yorick\n');
    host.authorizedKeys(same, `command="sudo xm console yorick" ${same.publicKey}\n`);
    const weak = host.account('weak');
    host.append('etc/sudoers', 'weak ALL=NOPASSWD:/usr/sbin/xm console user2-1\n');
    host.authorizedKeys(weak, 'ssh-dss AAAAB3NzaC1kc3MAAACBAP weak@home\n');
    const pair = makeEd25519KeyPair('root@verona');
    chmodSync(host.write('etc/ssh/ssh_host_ed25519_key', pair.privateFile), 0o600);
    await day.give();
    day.knows(`console.example.net ${pair.publicFile}`);
  });

  after(() => day?.stop());

  const run = (command: string): Promise<Ended> => (day ?? assert.fail('no host')).run(command);

  it('customers log in after ten commands, run as they stand on the page', async () => {
    const commands = commandsOf('day-one.md');
    assert.ok(commands.length + 3 <= 10, 'with the three that bring the program');
    for (const command of commands) {
      const { status, stdout, stderr } = await run(command);
      assert.equal(status, 0, `${command}\n${stdout}${stderr}`);
      if (command.startsWith('postern import')) {
        assert.match(stdout, /mallory\/.*:1: only this file gives alice-1 to the key/);
        assert.match(stdout, /weak\/.*:1: DSA keys are too weak/);
        const done = command.endsWith('--apply');
        assert.match(
          stdout,
          done ? /added: 50 customers, 50 keys, 51 roles/ : /to add: 50 customers, 50 keys, 51 roles/,
        );
      }
      if (command.startsWith('ssh')) {
        assert.match(stdout, /alice-1 .*\n.*user3-1 /s, 'by sudoers, and by xen_shell of another');
        assert.doesNotMatch(stdout, /user2-1/);
        assert.doesNotMatch(stderr, /WARNING|authenticity/);
      }
    }
  });

  it('each of them, to their own, with the key they had and without a warning', async () => {
    for (const name of ['user3', 'user50']) {
      const { status, stdout, stderr } = await run(`ssh -p 2222 ${name}@console.example.net list`);
      assert.equal(status, 0, stderr);
      assert.match(stdout, new RegExp(`${name}-1 `));
      assert.doesNotMatch(stdout, /alice-1/);
    }
    const started = await run('ssh -p 2222 user2@console.example.net user2-1 start --wait');
    assert.equal(started.status, 0, started.stderr);
    const others = await run('ssh -p 2222 user2@console.example.net alice-1 status');
    assert.equal(others.status, 4);
    assert.equal((await run('ssh -p 2222 mallory@console.example.net list')).status, 255);
  });

  it('who was called like their server, too, by the same word', async () => {
    const command = commandsOf('day-one.md').find((one) => one.endsWith('--leave-out --apply'));
    const { stdout } = await run(`${command ?? ''} --suffix -c`);
    assert.match(stdout, /^yorick-c \(yorick\) +yorick .* new$/m);
    const { status, stderr } = await run('ssh -p 2222 yorick@console.example.net yorick status');
    assert.equal(status, 0, stderr);
  });

  it('and a second time each command changes nothing', async () => {
    const commands = commandsOf('day-one.md').filter((command) => command.endsWith('--apply'));
    const [setup, imported] = await Promise.all(commands.map((command) => run(command)));
    assert.match(setup?.stdout ?? '', /^nothing to do$/m);
    assert.match(imported?.stdout ?? '', /everything is there already: nothing was changed/);
    const audit = await run('postern audit --json --limit 1000');
    assert.equal(audit.stdout.match(/"kind":"customer.added"/g)?.length, COUNT + 1);
  });
});
