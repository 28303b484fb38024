import assert from 'node:assert/strict';
import { Store } from '../../../server/store/store.js';
import { writeGateSettings } from '../../support/gate-settings-file.js';
import { OldDom0 } from '../../support/old-dom0.js';
import { postern } from '../../support/postern-command.js';
import type { Ended } from '../../support/postern-command.js';
import { TemporaryDirectory } from '../../support/temporary-directory.js';
import { customerName } from '../../support/temporary-store.js';

function inStore<T>(directory: TemporaryDirectory, work: (store: Store) => T): T {
  const store = Store.open(directory.file('postern.db'));
  try {
    return work(store);
  } finally {
    store.close();
  }
}

/** Each audited act, and the admin who did it. */
function rows(directory: TemporaryDirectory): string[] {
  return inStore(directory, (store) =>
    store.audit.tail().map(({ event }) => {
      const by = 'actor' in event && event.actor !== null && 'admin' in event.actor ? event.actor.admin : '';
      return `${event.kind} by ${by}`;
    }),
  );
}

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
      assert.deepEqual(rows(directory), []);

      host.append('etc/sudoers', 'carol ALL=/usr/sbin/xm console alice-1\n');
      host.account('carol');
      const held = await run('--apply');
      assert.equal(held.status, 3);
      assert.match(
        held.stdout,
        /For you to decide:\n {2}\/etc\/sudoers:4: carol may work on alice-1, but has no key/,
      );
      assert.match(held.stderr, /nothing was done: 1 for you to decide/);
      assert.deepEqual(rows(directory), []);

      const done = await run('--apply', '--leave-out');
      assert.equal(done.status, 0, done.stderr);
      assert.match(done.stdout, /added: 2 customers, 2 keys, 2 roles/);
      const added = rows(directory);
      const each = ['customer.added', 'key.added', 'role.added'].map((kind) => `${kind} by ada`);
      assert.deepEqual(added, [...each, ...each], 'each by the admin who did it');

      const again = await run('--apply', '--leave-out');
      assert.deepEqual([again.status, again.stderr], [0, '']);
      assert.match(again.stdout, /everything is there already: nothing was changed/);
      assert.deepEqual(rows(directory), added);

      inStore(directory, (store) => store.customers.remove(customerName('bob'), { admin: 'ada' }));
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
