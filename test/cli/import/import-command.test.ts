import assert from 'node:assert/strict';
import { writeGateSettings } from '../../support/gate-settings-file.js';
import { OldDom0 } from '../../support/old-dom0.js';
import { postern } from '../../support/postern-command.js';
import type { Ended } from '../../support/postern-command.js';
import { TemporaryDirectory } from '../../support/temporary-directory.js';

describe('cli: import', () => {
  it('shows first, does it when told, holds back what is open, and does nothing twice', async function () {
    const directory = new TemporaryDirectory();
    try {
      const host = new OldDom0(directory.file('r'), directory.file('keys'));
      const settings = ['--settings', writeGateSettings(directory.path)];
      const run = (...args: string[]): Promise<Ended> =>
        postern(['import', '--root', host.root, '--sudoers', '/etc/sudoers', ...settings, ...args]);
      for (const name of ['alice', 'bob']) {
        host.domain(`${name}-1`);
        const account = host.account(name);
        host.append('etc/sudoers', `${name} ALL=NOPASSWD:/usr/sbin/xm console ${name}-1\n`);
        host.authorizedKeys(account, `command="sudo xm console ${name}-1" ${account.publicKey}\n`);
      }
      const shown = await run();
      assert.deepEqual([shown.status, shown.stderr], [0, '']);
      assert.match(shown.stdout, /^alice +alice-1 +1 +\/etc\/sudoers:2 +new$/m);
      assert.match(
        shown.stdout,
        /to add: 2 customers, 2 keys, 2 roles; nothing was changed yet: --apply does it/,
      );
      const list = async (): Promise<string> => (await postern(['customer', 'list', ...settings])).stdout;
      assert.equal(await list(), 'there are no customers\n');

      host.append('etc/sudoers', 'carol ALL=/usr/sbin/xm console alice-1\n');
      host.account('carol');
      const held = await run('--apply');
      assert.equal(held.status, 3);
      assert.match(
        held.stdout,
        /For you to decide:\n {2}\/etc\/sudoers:4: carol may work on alice-1, and has no key/,
      );
      assert.match(held.stderr, /nothing was done: 1 for you to decide/);
      assert.equal(await list(), 'there are no customers\n');

      const done = await run('--apply', '--leave-out');
      assert.equal(done.status, 0, done.stderr);
      assert.match(done.stdout, /added: 2 customers, 2 keys, 2 roles/);
      assert.match(await list(), /^alice .*\nbob /m);
      const audit = (await postern(['audit', '--json', ...settings])).stdout;
      assert.equal(audit.match(/"kind":"role.added"/g)?.length, 2);
      assert.equal(audit.match(/"admin":"ada"/g)?.length, 6, 'each by the admin who did it');

      const again = await run('--apply', '--leave-out');
      assert.deepEqual([again.status, again.stderr], [0, '']);
      assert.match(again.stdout, /all of it is there already: nothing was changed/);
      assert.equal((await postern(['audit', '--json', ...settings])).stdout, audit);

      await postern(['customer', 'remove', 'bob', ...settings]);
      const gone = await run('--apply');
      assert.equal(gone.status, 3);
      const without = await run('--apply', '--leave-out');
      assert.equal(without.status, 0, without.stderr);
      assert.match(without.stdout, /Refused:\n {2}bob: this customer was removed/);
    } finally {
      directory.dispose();
    }
  });
});
