import assert from 'node:assert/strict';
import { eventually } from '../support/eventually.js';
import { TerminalClient } from '../support/terminal-client.js';
import { lab } from './lab/hooks.js';
import { statusOf } from './lab/states.js';

const MINUTES = 60_000;

/** An admin goes on using xl; Postern notices, and never fights. */
describe('an admin at work with xl on a real Xen', function () {
  this.timeout(10 * MINUTES);
  before(() => lab().renew());

  const seen = (name: string, state: string): Promise<unknown> =>
    eventually(`${name} to be ${state}`, async () => (await statusOf(lab(), 'alice', name)).state === state, {
      withinMs: MINUTES,
      everyMs: 300,
    });

  it('xl create, pause, unpause and destroy are noticed in an open menu', async () => {
    const alice = lab().terminal('alice', '', ['-l', 'horatio']);
    await alice.sees(/off/, MINUTES);
    await lab().dom0.must('xl create -q /etc/xen/horatio.cfg');
    await alice.sees('running', MINUTES);
    await lab().dom0.must('xl pause horatio');
    await alice.sees('paused', MINUTES);
    await lab().dom0.must('xl unpause horatio');
    await alice.sees('running', MINUTES);
    await lab().dom0.must('xl destroy horatio');
    await alice.sees(/off +since/, MINUTES);
    alice.type('q');
    assert.equal(await alice.ends(), 0);
  });

  it('an xl console that an admin holds is said, and taken up when they leave', async () => {
    await lab().dom0.must('systemctl stop postern-dom0 && xl create -q /etc/xen/horatio.cfg');
    const admin = new TerminalClient('ssh', [
      '-F',
      lab().dom0.sshConfig,
      '-tt',
      'dom0',
      '--',
      'xl console horatio',
    ]);
    try {
      await admin.receives('Linux version', 2 * MINUTES);
      await lab().dom0.must('systemctl start postern-dom0');
      await seen('horatio', 'running');
      const alice = lab().terminal('alice', 'horatio console');
      await alice.receives(/admin|held|locked|taken/i, 2 * MINUTES);
      await admin.sees('login:', 5 * MINUTES);
      admin.type('\x1d');
      await admin.ends(MINUTES);
      await eventually(
        'the console to answer',
        () => {
          alice.type('\r');
          return alice.screen.includes('login:');
        },
        { withinMs: 2 * MINUTES, everyMs: 1000 },
      );
      alice.type('\x1d.');
      assert.equal(await alice.ends(), 0);
    } finally {
      admin.kill();
    }
  });

  it('while Postern has the console, xl console of an admin says that it is locked, and the customer stays', async () => {
    const alice = lab().terminal('alice', 'horatio console');
    alice.type('\r');
    await alice.sees('login:', MINUTES);
    const admin = await lab().dom0.run('timeout 20 xl console horatio < /dev/null');
    assert.equal(admin.status, 11, admin.stderr);
    assert.match(admin.stderr, /Could not lock/);
    const received = alice.raw.length;
    alice.type('\r');
    await eventually('an echo', () => alice.raw.length > received, { withinMs: MINUTES });
    alice.type('\x1d.');
    assert.equal(await alice.ends(), 0);
  });

  it('postern console joins it on the host itself', async () => {
    const admin = new TerminalClient('ssh', [
      '-F',
      lab().dom0.sshConfig,
      '-tt',
      'dom0',
      '--',
      'postern console horatio',
    ]);
    try {
      admin.type('\r');
      await admin.sees('login:', 2 * MINUTES);
      admin.type('\x1d.');
      assert.equal(await admin.ends(MINUTES), 0);
    } finally {
      admin.kill();
    }
  });

  it('a server that an admin destroys in the middle of a customer’s shutdown is off, and the shutdown is done', async () => {
    const asked = lab().ssh('alice', 'horatio shutdown --yes --wait');
    await lab().dom0.must('xl destroy horatio');
    const { status, stderr } = await asked;
    assert.ok(status === 0 || status === 3, `${String(status)} ${stderr}`);
    await seen('horatio', 'off');
  });

  it('restarting xenconsoled loses no server: its console comes back', async () => {
    assert.equal((await lab().ssh('alice', 'horatio start --wait')).status, 0);
    const alice = lab().terminal('alice', 'horatio console');
    await alice.sees('login:', 5 * MINUTES);
    await lab().dom0.must('systemctl restart xen');
    await seen('horatio', 'running');
    await eventually(
      'the console to answer',
      () => {
        alice.type('root\r');
        return alice.screen.includes('/root #');
      },
      { withinMs: 2 * MINUTES, everyMs: 3000 },
    );
    alice.type('\x1d.');
    assert.equal(await alice.ends(), 0);
  });

  it('a broken configuration is refused with xl’s own reason, and mending it is enough', async () => {
    assert.equal((await lab().ssh('alice', 'horatio poweroff --yes --wait')).status, 0);
    await lab().dom0.must(
      'cp /etc/xen/horatio.cfg /root/ && sed -i "s/^kernel.*/kernel = \\"\\/nowhere\\"/" /etc/xen/horatio.cfg',
    );
    const broken = await lab().ssh('alice', 'horatio start --wait');
    assert.equal(broken.status, 1, broken.stderr);
    assert.notEqual(broken.stderr.trim(), '');
    assert.doesNotMatch(broken.stderr, /nowhere/, 'no paths of the host to customers');
    await lab().dom0.must('cp /root/horatio.cfg /etc/xen/');
    const mended = await lab().ssh('alice', 'horatio start --wait');
    assert.equal(mended.status, 0, mended.stderr);
  });
});
