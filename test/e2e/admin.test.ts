import assert from 'node:assert/strict';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { demoKey } from '../../server/cli/demo/demo-keys.js';
import { Store } from '../../server/store/store.js';
import { eventually } from '../support/eventually.js';
import { House, run } from '../support/house.js';

/** For waits whose every look is a process, at what stays once it is there. */
const EACH_A_PROCESS = { everyMs: 200 };

describe('admin commands on a running gate', () => {
  let house: House;
  before(async () => {
    house = await House.start({
      customers: { alice: { horatio: 'owner' }, bob: { yorick: 'owner' }, carol: {} },
    });
  });
  after(() => house.stop());

  it('a new customer with a key and a role can log in at once', async () => {
    assert.equal((await house.postern('customer', 'add', 'dave')).status, 0);
    demoKey(house.layout.clientKeys, 'dave');
    assert.equal(
      (await house.postern('key', 'add', 'dave', join(house.layout.clientKeys, 'dave.pub'))).status,
      0,
    );
    assert.equal((await house.postern('role', 'add', 'dave', 'ophelia', 'operator')).status, 0);
    const { stdout, status } = await house.ssh('alice', 'list', {
      options: ['-l', 'dave', '-o', 'IdentityFile=none', '-i', join(house.layout.clientKeys, 'dave')],
    });
    assert.equal(status, 0);
    assert.match(stdout, /ophelia/);
    const twice = await house.postern('customer', 'add', 'dave');
    assert.notEqual(twice.status, 0);
    assert.match(twice.stderr, /^postern: .*dave.*\n$/, 'one sentence');
  });

  it('suspending ends the customer’s sessions at once and keeps them out', async () => {
    const bob = house.terminal('bob');
    await bob.sees('yorick');
    assert.equal((await house.postern('customer', 'suspend', 'bob')).status, 0);
    await bob.ends();
    assert.equal((await house.ssh('bob', 'list')).status, 255);
    assert.equal((await house.postern('customer', 'resume', 'bob')).status, 0);
    assert.equal((await house.ssh('bob', 'list')).status, 0);
  });

  it('removing a role or a key ends what hung on it', async () => {
    const bob = house.terminal('bob', 'yorick watch');
    await bob.receives(/yorick|off|watch/i);
    assert.equal((await house.postern('role', 'remove', 'bob', 'yorick')).status, 0);
    await bob.ends();
    assert.doesNotMatch((await house.ssh('bob', 'list')).stdout, /yorick/);
    assert.equal((await house.postern('role', 'add', 'bob', 'yorick', 'owner')).status, 0);
  });

  it('sessions are listed and ended', async () => {
    const alice = house.terminal('alice');
    await alice.sees('horatio');
    const { stdout } = await house.postern('session', 'list', '--json');
    const [session] = (JSON.parse(stdout) as { id: string; customer: string }[]).filter(
      ({ customer }) => customer === 'alice',
    );
    assert.ok(session);
    assert.equal((await house.postern('session', 'end', session.id)).status, 0);
    await alice.ends();
    assert.notEqual((await house.postern('session', 'end', session.id)).status, 0);
  });

  it('the audit log is read, filtered and verified, and a change in it is found', async () => {
    assert.equal((await house.ssh('alice', 'horatio start --wait')).status, 0);
    const { stdout } = await house.postern('audit', '--customer', 'alice');
    assert.match(stdout, /domain\.start\.requested/);
    assert.doesNotMatch(stdout, /yorick/);
    assert.equal((await house.postern('audit', 'verify')).status, 0);
  });

  it('hostkey prints what an admin publishes', async () => {
    const { stdout, status } = await house.postern('hostkey');
    assert.equal(status, 0);
    assert.match(stdout, /SHA256:[A-Za-z0-9+/]{43}/);
    assert.match(stdout, /SSHFP 4 2 [0-9a-f]{64}/i);
    const keygen = await run('ssh-keygen', ['-r', 'gate', '-f', `${house.layout.hostKey}.pub`], '');
    const digest = /SSHFP 4 2 ([0-9a-f]{64})/i.exec(keygen.stdout)?.[1] ?? assert.fail(keygen.stderr);
    assert.ok(stdout.toLowerCase().includes(digest.toLowerCase()), 'the same as ssh-keygen -r');
  });

  it('a rotated host key is learned by ssh; SIGHUP takes over keys that an admin has put there', async () => {
    const { hostKey, gateState } = house.layout;
    const alice = house.terminal('alice');
    await alice.sees('horatio');
    assert.equal((await house.postern('hostkey', 'rotate')).status, 0);
    const known = (): string => readFileSync(join(house.layout.directory, 'known_hosts'), 'utf8');
    const learn = { options: ['-o', 'UpdateHostKeys=yes', '-o', 'StrictHostKeyChecking=yes'] };
    const blobOf = (file: string): string => readFileSync(`${file}.pub`, 'utf8').split(' ')[1] ?? '';
    const next = blobOf(`${hostKey}.next`);
    assert.equal((await house.ssh('alice', 'list', learn)).status, 0);
    assert.ok(known().includes(next));
    assert.equal((await house.postern('hostkey', 'rotate', '--finish', '--now')).status, 0);
    assert.equal((await house.ssh('alice', 'list', learn)).status, 0);
    assert.equal(known().match(/ssh-ed25519/g)?.length, 1, 'the retired one is dropped');

    const made = await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', `${hostKey}.next`], '');
    assert.equal(made.status, 0, made.stderr);
    house.signalGate('SIGHUP');
    await eventually('the row', async () =>
      (await house.postern('audit')).stdout.includes('hostkeys.changed announced='),
    );
    assert.equal((await house.ssh('alice', 'list', learn)).status, 0);
    assert.ok(known().includes(blobOf(`${hostKey}.next`)));
    writeFileSync(`${hostKey}.next`, 'nonsense');
    assert.equal((await house.postern('hostkey', 'rotate', '--cancel')).status, 0);
    assert.ok(statSync(gateState).isDirectory());
    assert.ok(!house.log('gate').includes('PRIVATE'));
    alice.type('q');
    await alice.ends();
  });

  it('explain-login tells why ssh was refused, and what would become of a login', async () => {
    const key = join(house.layout.clientKeys, 'stranger');
    await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', '', '-f', key], '');
    const none = { options: ['-l', 'carol', '-o', 'IdentityFile=none', '-i', key] };
    assert.equal((await house.ssh('alice', 'list', none)).status, 255);
    const told = await eventually('the refusal', async () => {
      const { stdout } = await house.postern('explain-login', 'carol', '--last', '1');
      return stdout.includes('no customer has this key') ? stdout : null;
    });
    assert.match(
      told,
      /127\.0\.0\.1, OpenSSH_\S+ .*connection [0-9a-f]{8}\n[^]* {2}carol with ssh-ed25519 SHA256:\S+: there is a customer carol, but no customer has this key\.\n {4}-> if it is theirs: postern key add carol FILE\n/,
    );
    const asked = ['--login', 'carol', '--key', `${key}.pub`];
    const before = await house.postern('explain-login', ...asked);
    assert.match(
      before.stdout,
      /^carol with ssh-ed25519 SHA256:\S+ would be refused: there is a customer carol/,
    );
    await house.postern('key', 'add', 'carol', `${key}.pub`);
    const after = await house.postern('explain-login', ...asked, '--json');
    assert.equal((JSON.parse(after.stdout) as { accepted: boolean }).accepted, true);
    assert.equal((await house.ssh('alice', 'list', none)).status, 0);
    for (const wrong of [
      ['--login', 'carol'],
      ['--from', '192.0.2.1'],
      ['x', ...asked],
      ['--last', 'many'],
    ])
      assert.equal((await house.postern('explain-login', ...wrong)).status, 2, wrong.join(' '));
  });

  it('backup is a whole database, made while running', async () => {
    const file = join(house.layout.directory, 'gate', 'copy.db');
    assert.equal((await house.postern('backup', file)).status, 0);
    assert.equal(statSync(file).mode & 0o777, 0o600);
    const store = Store.open(file);
    assert.ok(store.customers.list().some(({ name }) => name === 'alice'));
    store.close();
    assert.notEqual((await house.postern('backup', file)).status, 0, 'never overwritten');
  });

  it('doctor is content, and says what to mend when something is wrong', async () => {
    const well = await house.postern('doctor');
    assert.equal(well.status, 0, well.stdout + well.stderr);
    const settings = readFileSync(house.layout.gateSettings, 'utf8');
    writeFileSync(house.layout.gateSettings, settings.replace('dom0.sock', 'nothing-there.sock'));
    const ill = await house.postern('doctor');
    writeFileSync(house.layout.gateSettings, settings);
    assert.equal(ill.status, 1);
    assert.match(ill.stdout, /nothing-there\.sock/);
  });

  it('console NAME goes straight to the dom0 half, also without the gate', async () => {
    await house.endGate();
    const admin = house.adminConsole('horatio');
    admin.type('\r');
    await admin.sees('login:');
    admin.type('\x1d.');
    assert.equal(await admin.ends(), 0);
    await house.startGate();
  });

  it('without the gate, commands open the database themselves', async () => {
    await house.endGate();
    assert.equal((await house.postern('customer', 'suspend', 'carol')).status, 0);
    const { stdout } = await house.postern('customer', 'list');
    assert.match(stdout, /carol.*suspended/);
    await house.startGate();
    assert.equal((await house.ssh('carol', 'list')).status, 255);
  });
});

describe('a name that is given to another customer', () => {
  let house: House;
  before(async () => {
    house = await House.start({
      dom0Settings: '  goneAfterSeconds: 1\n',
      gateSettings: 'domains:\n  graceSeconds: 1\n',
    });
  });
  after(() => house.stop());

  it('shows them nothing of the earlier one’s screen and activity, and the earlier one nothing more at all', async () => {
    assert.equal((await house.ssh('bob', 'yorick start --wait')).status, 0);
    const bob = house.terminal('bob', 'yorick console');
    bob.type('\r');
    await bob.sees('login:');
    bob.type('root\r');
    await bob.sees('#');
    bob.type('echo bobs-secret\r');
    await bob.sees('bobs-secret');
    bob.type('\x1d.');
    await bob.ends();

    // The admin gives the running yorick to alice.
    assert.equal((await house.postern('role', 'remove', 'bob', 'yorick')).status, 0);
    assert.equal((await house.postern('role', 'add', 'alice', 'yorick', 'owner')).status, 0);
    const alice = house.terminal('alice', 'yorick console');
    alice.type('echo alice-is-here\r');
    await alice.sees('alice-is-here');
    assert.doesNotMatch(alice.raw, /bobs-secret/);
    assert.doesNotMatch(alice.raw, /login:/);
    alice.type('\x1d.');
    await alice.ends();
    assert.doesNotMatch((await house.ssh('alice', 'activity')).stdout, /bob/);
    assert.doesNotMatch((await house.ssh('alice', 'yorick log')).stdout, /bobs-secret/);
    assert.equal((await house.ssh('bob', 'yorick status')).status, 4);
  });

  it('a deleted machine is retired: if the name returns, old roles count only when adopted', async () => {
    const config = join(house.layout.xen, 'etc', 'xen', 'horatio.cfg');
    const text = readFileSync(config, 'utf8');
    const { rmSync } = await import('node:fs');
    rmSync(config);
    await eventually(
      'horatio to be gone',
      async () => !(await house.ssh('alice', 'list')).stdout.includes('horatio'),
      EACH_A_PROCESS,
    );
    // It is not shown from the moment it is gone, and retired a second later. What is not retired needs no adopting.
    await eventually(
      'horatio to be retired',
      async () => /^horatio .*\bretired 2/m.test((await house.postern('domain', 'list')).stdout),
      EACH_A_PROCESS,
    );
    writeFileSync(config, text);
    await eventually(
      'horatio to be seen again',
      async () => (await house.postern('domain', 'list')).stdout.includes('postern domain adopt horatio'),
      EACH_A_PROCESS,
    );
    assert.equal((await house.ssh('alice', 'horatio status')).status, 4);
    const adopted = await house.postern('domain', 'adopt', 'horatio');
    assert.equal(adopted.status, 0, adopted.stderr);
    assert.equal((await house.ssh('alice', 'horatio status')).status, 0);
    // It stays so, whatever the host says of the name after that.
    assert.equal((await house.ssh('alice', 'horatio start --wait')).status, 0);
    const { stdout } = await house.postern('domain', 'list');
    assert.doesNotMatch(stdout, /horatio .*(retired|came back)/);
  });
});
