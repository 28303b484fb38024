import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { demoKey } from '../../server/cli/demo/demo-keys.js';
import { commandsOf } from '../support/day-one.js';
import { DayTwo } from '../support/day-two.js';
import { eventually } from '../support/eventually.js';
import { House } from '../support/house.js';
import type { Ended } from '../support/house.js';

const PAGES = join(import.meta.dirname, '../../../docs/day-two');

/**
 * The expected output of a command, found by its beginning, and a check after it. A command that only looks
 * runs until the output fits.
 */
type Expected = readonly (readonly [beginning: string, says: RegExp, then?: () => Promise<void>])[];

const LOOKS = ['postern status', 'postern domain list', 'postern role list'];

/** docs/day-two/, all pages on one house. */
describe('e2e: the pages of day two', () => {
  let house: House;
  let day: DayTwo | undefined;
  const tried = new Set<string>();

  before(async function () {
    house = await House.layOut({
      customers: { alice: { horatio: 'owner', ophelia: 'owner' }, bob: { yorick: 'owner' }, carol: {} },
      dom0Settings: '  goneAfterSeconds: 1\n',
      gateSettings:
        'domains:\n  graceSeconds: 1\nnotices:\n  channels: [{name: chat, command: [/usr/bin/true]}]\n',
      hosts: 2,
    });
    const started = await DayTwo.start(house);
    if (typeof started === 'string') {
      process.stdout.write(`\n  skipped: ${started}\n`);
      this.skip();
    }
    day = started;
  });
  after(async () => {
    await house.stop();
    await day?.stop();
  });

  const host = (): DayTwo => day ?? assert.fail('no host');
  const run = (command: string): Promise<Ended> => host().run(command);
  const root = (name: string): string => host().root(name);

  /** Runs every command of a page, unchanged. */
  async function follow(page: string, expected: Expected = []): Promise<void> {
    tried.add(page);
    const open = [...expected];
    for (const command of commandsOf(`day-two/${page}`)) {
      const at = open.findIndex(([beginning]) => command.startsWith(beginning));
      const [, says = /^/, then] = at === -1 ? [] : (open.splice(at, 1)[0] ?? []);
      const looks = LOOKS.some((beginning) => command.startsWith(beginning));
      const look = async (): Promise<Ended | undefined> => {
        const each = await run(command);
        return !looks || says.test(text(each)) ? each : undefined;
      };
      // Each look is a process. What a page waits for stays.
      const ended = await eventually(`${command} to say ${String(says)}`, look, { everyMs: 300 });
      assert.equal(ended.status, 0, `${command}\n${text(ended)}`);
      assert.match(text(ended), says, command);
      await then?.();
    }
    assert.deepEqual(open, [], 'commands that the page has no more');
  }

  function text({ stdout, stderr }: Ended): string {
    return stdout + stderr;
  }

  it('at a glance', async () => {
    const alice = house.terminal('alice');
    await alice.sees('horatio');
    await follow('status.md', [
      [
        'postern status',
        /^Gate +version .*\nSessions +1 menu, (.*\n)*\nHOST .*\nxen1 +\d.* up .*\nxen2 +\d.* up /,
      ],
    ]);
    alice.kill();
  });

  it('notices', async () => {
    await follow('notices.md', [
      ['postern notice list', /^CHANNEL +BY +WAITING .*\nchat +command +/],
      ['postern notice test chat', /^the channel chat has taken the test\n$/],
    ]);
  });

  it('telling everybody something', async () => {
    const alice = house.terminal('alice');
    await alice.sees('horatio');
    await follow('announcement.md', [['postern session announce', /^one session was told\n$/]]);
    await alice.sees('From the administrators: The host xen1 restarts at 22:00 UTC.');
    alice.kill();
  });

  it('maintenance', async () => {
    const console = house.terminal('alice', 'horatio console');
    await console.sees('horatio');
    await follow('maintenance.md', [
      ['postern maintenance on', /consoles are open/, () => console.receives('Maintenance (until ')],
      ['postern doctor', /maintenance.* on: New disks for xen1\./],
      [
        'postern maintenance status',
        /^maintenance is on since .*; consoles are open\nNew disks for xen1\.\n$/,
      ],
      [
        'postern maintenance on "New disks for xen1." --until 4h --close-consoles',
        /consoles are closed\n/,
        async () => {
          const [start, closed, list] = await Promise.all(
            ['horatio start', 'horatio console', 'list'].map((command) => house.ssh('alice', command)),
          );
          assert.equal(start?.status, 3);
          assert.match(start.stderr, /Maintenance \(until .* UTC\): New disks for xen1\./);
          assert.deepEqual([closed?.status, list?.status], [3, 0]);
          await console.ends();
        },
      ],
      ['postern maintenance off', /^maintenance is off\n$/],
    ]);
    assert.equal((await house.ssh('alice', 'horatio start --wait')).status, 0);
  });

  it('new keys for a whole group', async () => {
    const keys = root('new-keys');
    mkdirSync(keys);
    for (const customer of ['alice', 'bob']) {
      demoKey(root('made'), customer);
      copyFileSync(join(root('made'), `${customer}.pub`), join(keys, `${customer}.pub`));
    }
    await follow('keys.md', [
      ['postern key add-all', /alice +added SHA256:.*\nbob +added SHA256:/],
      ['postern key expire-old', /^no key is as old as that\n$/],
      ['postern key list --unused-since', /^CUSTOMER +KEY .* EXPIRES/],
      ['postern key prune', /^no key has expired\n$/],
    ]);
    const anew = await house.ssh('bob', 'list', { options: ['-i', join(root('made'), 'bob'), '-v'] });
    assert.equal(anew.status, 0, anew.stderr);
    const { stdout } = await house.postern('key', 'list', 'bob', '--json');
    const [old] = JSON.parse(stdout) as { fingerprint: string }[];
    assert.equal(
      (await house.postern('key', 'expire', 'bob', old?.fingerprint ?? '', '2020-01-01')).status,
      0,
    );
    assert.equal((await house.ssh('bob', 'list')).status, 255, 'the old one opens nothing');
    assert.equal((await house.postern('key', 'expire', 'bob', old?.fingerprint ?? '', 'never')).status, 0);
  });

  it('a new host key', async () => {
    const learn = { options: ['-o', 'UpdateHostKeys=yes', '-o', 'StrictHostKeyChecking=yes'] };
    const everybody = async (): Promise<void> => {
      for (const customer of ['alice', 'bob'])
        assert.equal((await house.ssh(customer, 'list', learn)).status, 0, customer);
    };
    await everybody();
    await follow('host-key.md', [
      ['postern hostkey list', /^next +ssh-ed25519 [^]* customers have logged in since/m, everybody],
      ['postern hostkey rotate --finish', /is in use from now on/],
      ['postern hostkey rotate', /is announced from now on/],
      ['postern hostkey', /^SHA256:.*\n\S+ ssh-ed25519 /, everybody],
    ]);
  });

  it('a customer cannot log in', async () => {
    demoKey(root('elsewhere'), 'alice');
    copyFileSync(join(root('elsewhere'), 'alice.pub'), root('alice.pub'));
    const signs = [
      '-q',
      '-s',
      join(root('elsewhere'), 'alice'),
      '-I',
      'laptop',
      '-n',
      'alice',
      root('alice.pub'),
    ];
    execFileSync('ssh-keygen', signs, { stdio: 'pipe' });
    const other = { options: ['-l', 'alice', '-i', join(root('elsewhere'), 'alice')] };
    assert.equal((await house.ssh('carol', 'list', other)).status, 255);
    await follow('refused-login.md', [
      [
        'postern explain-login --login alice --key /root/alice-cert.pub',
        /refused: its CA SHA256:\S+ is not added/,
      ],
      ['postern explain-login --login', /would be refused: there is a customer alice, but no customer has/],
      ['postern explain-login alice', /alice with ssh-ed25519 SHA256:\S+: there is a customer alice, but /],
      ['postern explain-login', /connection [0-9a-f]{8}/],
    ]);
  });

  it('a server moves to another host', async () => {
    assert.equal((await house.ssh('bob', 'yorick start --wait')).status, 0);
    await follow('two-hosts.md', [
      ['postern domain list', /^yorick +xen2 \(off\) +bob owner +PV$/m],
      ['ssh bob@', /yorick is running/],
    ]);
    assert.match((await house.postern('domain', 'list')).stdout, /^yorick +xen2 \(running\)/m);
    // The gate starts while the second host is silent. That host may be running yorick, but not horatio.
    assert.equal((await house.ssh('alice', 'horatio poweroff --yes --wait')).status, 0);
    await house.endGate();
    await house.endSecondDom0();
    await house.startGate();
    const started = await house.ssh('alice', 'horatio start --wait');
    assert.equal(started.status, 0, started.stderr);
    assert.equal((await house.ssh('bob', 'yorick start --wait')).status, 6);
    await house.startSecondDom0();
  });

  it('a server is deleted, and its name comes back', async () => {
    copyFileSync(join(house.layout.xen, 'etc', 'xen', 'ophelia.cfg'), root('ophelia.cfg'));
    await follow('domain.md', [
      ['postern domain list', /^ophelia +- .* retired /m],
      ['postern role list', /^alice +ophelia +owner .* does not count/m],
      ['postern domain list', /^ophelia +xen1 .* the name is back/m],
      ['postern role add', /^carol is owner of ophelia\n/],
      ['postern domain adopt', /^ophelia is adopted; roles on it: carol owner\n$/],
    ]);
    await eventually('carol to see it', async () =>
      (await house.ssh('carol', 'list')).stdout.includes('ophelia'),
    );
    assert.doesNotMatch((await house.ssh('alice', 'list')).stdout, /ophelia/);
  });

  it('an upgrade, which drops no server and no console of one', async () => {
    await house.ssh('alice', 'horatio start --wait');
    const console = house.terminal('alice', 'horatio console');
    console.type('\r');
    await console.sees('login:');
    console.type('root\r');
    await console.sees('root@horatio');
    console.type('echo half-way\r');
    await console.sees(/^half-way/m);
    const domid = (): string =>
      /^horatio +(\d+) /m.exec(house.xlByHand('list').stdout)?.[1] ?? assert.fail('horatio does not run');
    const attached = async (): Promise<void> => {
      await console.receives('The host answers again.');
      console.type('echo still-attached\r');
      await console.sees(/^still-attached/m);
    };
    const before = domid();
    await follow('upgrade.md', [
      ['postern backup', /is written/],
      ['postern session announce', /told/],
      ['systemctl restart postern-dom0', /^/, attached],
      ['postern session list', /./],
    ]);
    await console.receives('This console service is being restarted');
    await console.ends();
    const again = house.terminal('alice', 'horatio console');
    await again.sees(/^still-attached/m);
    again.type('echo and-here\r');
    await again.sees(/^and-here/m);
    again.kill();
    assert.equal(domid(), before, 'the guest was not touched');
  });

  it('the disk is full', async () => {
    mkdirSync(join(house.layout.gateState, 'recordings'), { recursive: true, mode: 0o700 });
    await follow('disk-full.md', [['postern recording prune --older-than 7d --dry-run', /./]]);
  });

  it('completion', async () => {
    await follow('completion.md', [['postern man', /^\d+ manual pages are in /]]);
  });

  it('logs', async () => {
    await follow('logs.md', [['postern audit --limit', /login\.accepted/]]);
  });

  it('restoring a backup, of which the hosts know what came after it', async () => {
    await follow('restore.md', [['postern audit verify', /./]]);
    assert.equal((await house.ssh('alice', 'horatio reboot')).status, 0);
    const verified = await house.postern('audit', 'verify');
    assert.equal(verified.status, 0, text(verified));
    const again = commandsOf('day-two/restore.md').filter((command) => !/^postern|^mkdir/.test(command));
    for (const command of again) await run(command);
    const missed = await house.postern('audit', 'verify');
    assert.notEqual(missed.status, 0);
    assert.match(text(missed), /dom0 heard row \d+ with the operation/);
    assert.equal((await house.ssh('alice', 'list')).status, 0);
  });

  it('a customer is renamed, and leaves', async () => {
    const alice = house.terminal('alice');
    await alice.sees('horatio');
    await follow('customer.md', [
      ['postern customer rename', /^customer alice is alice\.example now; 1 session was ended\n/],
      [
        'postern customer remove',
        /^gone: 2 keys, the roles on horatio.*nobody has a role on horatio now\nkept: /m,
      ],
    ]);
    await alice.receives('Your login name is alice.example from now on.');
    await alice.ends();
    assert.equal((await house.ssh('alice', 'list')).status, 255);
  });

  it('customers in files, a thousand of them', async () => {
    await follow('files.md', [
      ['postern export', /^\d+ files written to \/root\/customers\.d\n$/],
      ['postern apply /root/customers.d', /^nobody gains or loses anything: \d+ rows as before/],
      ['postern apply /root/customers.d', /^bob\n {2}~ on yorick: owner -> operator\n1 change made\n$/],
      ['postern apply /root/customers.d --diff', /^nothing to change\n$/],
      ['postern role add bob', /^bob is watcher of yorick\n$/],
      ['postern role list', /^bob +yorick +watcher .* - *$/m],
      ['postern apply - --as billing --only-customers', /\n2000 changes made\n$/],
      ['postern apply - --as billing --only-customers', /"applied": false/],
      ['postern apply - --as billing --prune', /\n1000 changes made\n$/],
    ]);
    assert.doesNotMatch((await house.postern('customer', 'list')).stdout, /shop-/);
  });

  it('and what is stood in for, or has another system below it, refuses what cannot be', async () => {
    for (const [command, status, says] of [
      ['systemctl restart postern-gat', 5, /Unit postern-gat\.service not found/],
      ['systemctl reload postern-gate', 1, /"reload postern-gate" is not stood in for/],
      ['journalctl -u postern-gate -f', 1, /-f {2}is not stood in for/],
      ['ssh root@xen3 true', 255, /Could not resolve hostname xen3/],
      ['ssh mallory@console.example.net list', 255, /Permission denied/],
      ['ssh root@xen2 cat /etc/xen/horatio.cfg', 1, /No such file/],
      ['chown mallory: /root', 1, /invalid (user|spec)/],
      ['postern domain list --settings /etc/postern/gat.yaml', 2, /gat\.yaml/],
    ] as const) {
      const ended = await run(command);
      assert.equal(ended.status, status, `${command}\n${text(ended)}`);
      assert.match(text(ended), says, command);
    }
  });

  it('is every page that there is, each named in the index', () => {
    const pages = readdirSync(PAGES).filter((page) => page !== 'README.md');
    assert.deepEqual([...tried].sort(), pages.sort());
    const index = readFileSync(join(PAGES, 'README.md'), 'utf8');
    for (const page of pages) assert.ok(index.includes(`(${page})`), page);
  });
});
