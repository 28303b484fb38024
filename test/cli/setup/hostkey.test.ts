import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import type { HostKeyList, HostKeyStep } from '../../../server/gate/control/host-key-answers.js';
import { HostKey } from '../../../server/gate/ssh/host-key.js';
import { ControlFixture } from '../../support/control-fixture.js';
import { writeGateSettings } from '../../support/gate-settings-file.js';
import { postern } from '../../support/postern-command.js';
import { TemporaryDirectory } from '../../support/temporary-directory.js';
import { ADMIN, customerName } from '../../support/temporary-store.js';
import { signingKey } from '../../support/signing-key.js';
import { fingerprintOf } from '../../../server/gate/keys/public-key.js';

describe('cli: hostkey rotate', () => {
  let gate: ControlFixture;
  let settings: string[];
  let file = '';

  beforeEach(async () => {
    gate = new ControlFixture();
    await gate.server.listen();
    settings = ['--settings', writeGateSettings(gate.temporary.directory)];
    file = join(gate.temporary.directory, 'host_key');
  });

  afterEach(async () => {
    await gate.remove();
  });

  const hostkey = (...args: string[]): ReturnType<typeof postern> =>
    postern(['hostkey', ...args, ...settings]);
  const events = (): readonly object[] =>
    gate.store.audit
      .tail()
      .map(({ event }) => event)
      .filter(({ kind }) => kind.startsWith('hostkey'));

  /** A customer who logged in last at this time. */
  function customer(name: string, lastUsedAt: Date | null): void {
    const blob = signingKey('ed25519').getPublicSSH();
    const [by, fingerprint] = [customerName(name), fingerprintOf(blob)];
    gate.store.customers.add(by, ADMIN);
    gate.store.keys.add({ customer: by, fingerprint, type: 'ssh-ed25519', blob, comment: '' }, ADMIN, 9);
    if (lastUsedAt !== null) void gate.store.keyUse.touch(by, fingerprint);
  }

  it('begins and finishes in a running gate, which takes the keys over; each step is recorded first', async () => {
    const former = gate.hostKeys.offered[0]?.fingerprint;
    const began = await hostkey('rotate');
    assert.deepEqual([began.status, began.stderr], [0, '']);
    const next = HostKey.read(`${file}.next`).fingerprint;
    assert.equal(
      began.stdout,
      `The next host key ${next} (ssh-ed25519) is announced from now on, and ${former ?? ''} stays the one in use.\nOpenSSH clients learn it at their next login. Some weeks later: postern hostkey rotate --finish\n`,
    );
    assert.deepEqual(
      gate.hostKeys.announced.map(({ fingerprint }) => fingerprint),
      [former, next],
    );
    const printed = await hostkey('--host', 'console.example.net');
    assert.ok(
      printed.stdout.includes(`${former ?? ''}\n`) && printed.stdout.includes(`${next}\n`),
      'both are published',
    );
    assert.equal((await hostkey('rotate')).status, 5);

    const finished = JSON.parse((await hostkey('rotate', '--finish', '--json')).stdout) as HostKeyStep;
    assert.deepEqual(finished, { step: 'finished', type: 'ssh-ed25519', fingerprint: next, former, file });
    assert.deepEqual(
      gate.hostKeys.announced.map(({ fingerprint }) => fingerprint),
      [next],
    );
    const row = { actor: { admin: 'ada' }, type: 'ssh-ed25519', fingerprint: next, former };
    assert.deepEqual(events(), [
      { kind: 'hostkey.rotation.began', ...row },
      { kind: 'hostkey.rotation.finished', ...row },
    ]);
    const list = JSON.parse((await hostkey('list', '--json')).stdout) as HostKeyList;
    assert.deepEqual(
      list.keys.map(({ use, fingerprint }) => [use, fingerprint]),
      [
        ['offered', next],
        ['retired', former],
      ],
    );
  });

  it('does not finish while customers who have been here do not know the next key, unless with --now', async () => {
    customer('never', null);
    customer('alice', new Date());
    await hostkey('rotate');
    const listed = await hostkey('list');
    assert.match(listed.stdout, /: 0 of 1 customers have logged in since; missing: alice\n$/);
    const refused = await hostkey('rotate', '--finish');
    assert.equal(refused.status, 3);
    assert.match(
      refused.stderr,
      /^postern: nothing was changed: alice has not logged in since the next key was announced, so their ssh would warn of a changed key; wait, or add --now/,
    );
    assert.ok(existsSync(`${file}.next`));
    assert.equal((await hostkey('rotate', '--finish', '--now')).status, 0);
    assert.ok(!existsSync(`${file}.next`));
  });

  it('counts the logins since a key that an admin has put there was announced, however old its file is', async () => {
    HostKey.open(`${file}.next`);
    utimesSync(`${file}.next`, new Date(0), new Date(0));
    customer('alice', new Date());
    const refused = await hostkey('rotate', '--finish');
    assert.equal(refused.status, 3, 'it is announced from now on');
    assert.match(refused.stderr, /^postern: nothing was changed: alice has not logged in since/);
    const listed = async (): Promise<unknown> =>
      (JSON.parse((await hostkey('list', '--json')).stdout) as HostKeyList).rotations[0]?.behind;
    assert.deepEqual(await listed(), ['alice']);
    void gate.store.keyUse.touch(
      customerName('alice'),
      gate.store.keys.all()[0]?.fingerprint ?? assert.fail(),
    );
    chmodSync(`${file}.next`, 0o400);
    assert.deepEqual(await listed(), []);
    assert.equal((await hostkey('rotate', '--finish')).status, 0, 'it has been announced all the time');
  });

  it('says what is wrong, and records a step that failed', async () => {
    for (const [args, status, sentence] of [
      [['rotate', '--finish'], 2, /no rotation of the host key .*host_key has been begun/],
      [['rotate', '--cancel'], 2, /no rotation of the host key .*host_key has been begun/],
      [['rotate', 'rsa'], 2, /name one of the host keys by its type: ssh-ed25519/],
      [['rotate', '--now'], 2, /--now goes with --finish/],
      [['rotate', '--finish', '--cancel'], 2, /give --finish or --cancel, not both/],
    ] as const) {
      const ended = await hostkey(...args);
      assert.deepEqual([ended.status, ended.stdout], [status, ''], args.join(' '));
      assert.match(ended.stderr, sentence);
    }
    assert.deepEqual(events(), []);
    await hostkey('rotate');
    mkdirSync(`${file}.retired`);
    const before = gate.hostKeys.offered[0]?.fingerprint;
    const failed = await hostkey('rotate', '--finish');
    assert.equal(failed.status, 1);
    assert.match(failed.stderr, /Cannot replace the host key .*host_key: /);
    assert.deepEqual(
      events().map((event) => (event as { kind: string }).kind),
      ['hostkey.rotation.began', 'hostkey.rotation.finished', 'hostkey.rotation.failed'],
    );
    assert.equal(HostKey.read(file).fingerprint, before);
    assert.equal((await hostkey('rotate', '--cancel')).status, 0);
  });

  it('tells doctor when somebody has changed the files of a running gate, and records it at the next step', async () => {
    const doctor = async (): Promise<string> => (await postern(['doctor', ...settings])).stdout;
    assert.doesNotMatch(await doctor(), /hold other keys/);
    HostKey.open(`${file}.next`);
    assert.match(await doctor(), /^warn {2}host key: the files hold other keys than the running gate uses$/m);
    const listed = await hostkey('list', '--json');
    assert.equal((JSON.parse(listed.stdout) as HostKeyList).keys.length, 1, 'looking changes nothing');
    assert.equal((await hostkey('rotate', '--cancel')).status, 0);
    assert.deepEqual(
      events().map((event) => (event as { kind: string }).kind),
      ['hostkeys.changed', 'hostkey.rotation.cancelled'],
    );
    assert.doesNotMatch(await doctor(), /hold other keys/);
  });

  it('works while no gate runs; doctor tells of a rotation that is not finished, and of modes', async () => {
    const directory = new TemporaryDirectory();
    try {
      const own = ['--settings', writeGateSettings(directory.path)];
      const key = directory.file('host_key');
      const none = await postern(['hostkey', 'rotate', ...own]);
      assert.match(none.stderr, /Cannot read the host key .*host_key: there is no such file or directory/);
      HostKey.open(key);
      assert.equal((await postern(['hostkey', 'rotate', ...own])).status, 0);
      assert.equal(statSync(`${key}.next`).mode & 0o777, 0o600);
      const doctor = async (): Promise<string> => (await postern(['doctor', ...own])).stdout;
      assert.match(
        await doctor(),
        /^warn {2}host key: a rotation to SHA256:\S+ was begun on \S+ \S+ UTC and is not finished\n {6}-> look who .* postern hostkey rotate --finish, or --cancel$/m,
      );
      chmodSync(`${key}.next`, 0o640);
      chmodSync(`${key}.pub`, 0o666);
      const troubled = await doctor();
      assert.match(
        troubled,
        /^fail {2}host key: The host key .*host_key\.next is open to others \(mode 0640\)/m,
      );
      assert.match(
        troubled,
        /^fail {2}host key: .*host_key\.pub is open to others \(mode 0666\)\n {6}-> chmod 644 /m,
      );
      chmodSync(`${key}.next`, 0o600);
      assert.equal((await postern(['hostkey', 'rotate', '--finish', ...own])).status, 0);
      const audit = await postern(['audit', ...own]);
      assert.match(
        audit.stdout,
        /hostkey\.rotation\.began admin=ada .*\n.*hostkey\.rotation\.finished admin=ada/,
      );
    } finally {
      directory.dispose();
    }
  });
});
