import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { isRefusal } from '../../policy/refusal.js';
import { Database, Sql } from '../../server/store/database.js';
import { ownershipProblem } from '../../server/store/state-directory.js';
import { AuditUnavailableError, StoreError } from '../../server/store/store-error.js';
import { Store } from '../../server/store/store.js';
import {
  ADMIN,
  TemporaryStore,
  customerActor,
  customerName,
  domainName,
  fingerprint,
} from '../support/temporary-store.js';

const ALICE = customerName('alice');
const KEY = fingerprint('a');
const HORATIO = domainName('horatio');

function mode(file: string): string {
  return (statSync(file).mode & 0o777).toString(8);
}

describe('store: the database file', () => {
  let directory: string;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'postern-database-'));
  });

  afterEach(() => {
    rmSync(directory, { recursive: true, force: true });
  });

  it('is made with its directory, for its owner alone, -wal and -shm too', () => {
    const file = join(directory, 'state', 'postern.db');
    const store = Store.open(file);
    store.customers.add(ALICE, ADMIN);
    assert.equal(mode(join(directory, 'state')), '700');
    for (const suffix of ['', '-wal', '-shm']) assert.equal(mode(file + suffix), '600', suffix);
    store.close();
    store.close();
    const again = Store.open(file);
    assert.equal(again.customers.list().length, 1, 'and is found again');
    again.close();
  });

  it('is not used when others may read or write it, or its directory', () => {
    const file = join(directory, 'postern.db');
    Store.open(file).close();
    chmodSync(file, 0o640);
    assert.throws(() => Store.open(file), /postern\.db is open to others \(mode 0640\): run `chmod 600/);
    chmodSync(file, 0o600);
    chmodSync(directory, 0o770);
    assert.throws(() => Store.open(file), /is open to others \(mode 0770\): run `chmod 700/);
    chmodSync(directory, 0o700);
    Store.open(file).close();
  });

  it('is not used by another user than its owner, root included: new files would become root’s', () => {
    const problem = ownershipProblem('/var/lib/postern', { uid: 998, mode: 0o40700 }, 0, 0o700);
    assert.match(problem ?? '', /belongs to the user with id 998, and this runs as 0: .*sudo -u '#998'/);
    assert.equal(ownershipProblem('/var/lib/postern', { uid: 998, mode: 0o40700 }, 998, 0o700), null);
  });

  it('is not reached through a symbolic link', () => {
    writeFileSync(join(directory, 'target'), '');
    symlinkSync('target', join(directory, 'postern.db'));
    assert.throws(() => Store.open(join(directory, 'postern.db')), StoreError);
  });

  it('is refused clearly when a newer Postern wrote it', () => {
    const file = join(directory, 'postern.db');
    Store.open(file).close();
    const newer = new Sqlite(file);
    newer.pragma('user_version = 99');
    newer.close();
    assert.throws(
      () => Store.open(file),
      /written by a newer Postern \(schema 99.*install the newer Postern/,
    );
  });

  it('is refused when it is another program’s, or no database, and stays as it was', () => {
    const file = join(directory, 'postern.db');
    const other = new Sqlite(file);
    other.exec('CREATE TABLE theirs (x)');
    other.close();
    chmodSync(file, 0o600);
    assert.throws(() => Store.open(file), /database of another program/);
    writeFileSync(file, 'this is no database, but a text of some length that somebody wrote');
    assert.throws(() => Store.open(file), StoreError);
    assert.match(readFileSync(file, 'latin1'), /^this is no database/);
  });

  it('says which directory cannot be made', () => {
    writeFileSync(join(directory, 'file'), '');
    assert.throws(() => Store.open(join(directory, 'file', 'postern.db')), /cannot use .*file\/postern\.db/);
  });

  it('is copied while it is written, and the copy is whole', async () => {
    const temporary = new TemporaryStore();
    const target = join(directory, 'copy.db');
    try {
      for (let n = 0; n < 2000; n += 1) {
        temporary.store.audit.append({ kind: 'gate.stopped', reason: `filler ${n} ${'x'.repeat(400)}` });
      }
      const copying = temporary.store.backup(target);
      temporary.store.customers.add(ALICE, ADMIN);
      await copying;
      assert.equal(mode(target), '600');
      const copy = Store.open(target);
      assert.deepEqual(copy.audit.verify().findings, []);
      assert.ok(copy.audit.verify().rows >= 2000);
      copy.close();
      await assert.rejects(temporary.store.backup(target), /cannot write the backup .*copy\.db/);
    } finally {
      temporary.remove();
    }
  });

  it('does not plan a query that joins tables anew for each value', () => {
    const database = Database.open(join(directory, 'postern.db'));
    const join3 = `SELECT customer.name FROM role JOIN customer ON customer.id = role.customer
       LEFT JOIN domain ON domain.name = role.domain WHERE customer.name = ? AND role.domain = ?`;
    const query = new Sql<{ name: string }>(join3);
    const raw = new Sqlite(join(directory, 'postern.db'));
    let value = 0;
    const cost = (work: () => unknown): number => {
      const rounds = Array.from({ length: 5 }, () => {
        const before = process.cpuUsage();
        for (let time = 0; time < 500; time += 1) work();
        const { user, system } = process.cpuUsage(before);
        return user + system;
      });
      return Math.min(...rounds);
    };
    const asking = cost(() => database.all(query, `customer${(value += 1)}`, 'horatio'));
    const planning = cost(() => raw.prepare(join3));
    raw.close();
    database.close();
    assert.ok(asking < planning / 2, `500 questions: ${asking} us of CPU; 500 plans: ${planning} us`);
  });
});

describe('store: a full disk', () => {
  it('refuses every change as a whole, and lets reading and logging in go on', () => {
    const temporary = new TemporaryStore({ maximumPages: 60 });
    const { store } = temporary;
    try {
      store.customers.add(ALICE, ADMIN);
      store.keys.add(
        { customer: ALICE, fingerprint: KEY, type: 't', blob: Buffer.from('k'), comment: '' },
        ADMIN,
        9,
      );
      store.roles.add(ALICE, HORATIO, 'owner', ADMIN);
      assert.throws(() => {
        for (;;) store.audit.append({ kind: 'gate.stopped', reason: 'x'.repeat(300) });
      }, AuditUnavailableError);
      // Smaller rows may still fit into the last page.
      assert.throws(() => {
        for (;;) store.audit.append({ kind: 'gate.stopped', reason: '' });
      }, AuditUnavailableError);
      const { seq } = store.audit.head();

      let answered = false;
      const actor = customerActor(ALICE, KEY);
      const event = {
        kind: 'domain.start.requested',
        actor,
        domain: HORATIO,
        operation: 'op',
        profile: null,
        rule: 'r',
        revision: 1,
      } as const;
      assert.throws(
        () =>
          store.authorizations.settle(
            { customer: ALICE, fingerprint: KEY, domain: HORATIO, source: null },
            () => ({
              events: [event],
              value: () => (answered = true),
            }),
          ),
        AuditUnavailableError,
      );
      assert.equal(answered, false, 'no permit without its record');
      assert.throws(() => store.customers.suspend(ALICE, null, ADMIN), AuditUnavailableError);
      assert.throws(() => store.roles.remove(ALICE, HORATIO, ADMIN), AuditUnavailableError);

      assert.equal(store.audit.head().seq, seq);
      assert.equal(store.customers.find(ALICE)?.suspendedAt, null, 'the change went with its record');
      assert.equal(store.roles.of(ALICE).length, 1);
      assert.equal(store.logins.find('alice', KEY)?.customer, 'alice');
      void store.keyUse.touch(ALICE, KEY);
      store.domains.seen([HORATIO]);
      store.preferences.set(ALICE, { charset: 'ascii', colour: null });
      assert.equal(
        store.authorizations.settle(
          { customer: ALICE, fingerprint: KEY, domain: HORATIO, source: null },
          () => ({
            events: [],
            value: () => 'seen',
          }),
        ),
        'seen',
      );
      assert.deepEqual(store.audit.verify().findings, []);
    } finally {
      temporary.remove();
    }
  });

  it('is the same when it is the file system that says no', function () {
    const temporary = new TemporaryStore();
    try {
      const child = new URL('../support/fill-store.js', import.meta.url).pathname;
      // RLIMIT_FSIZE: a write beyond it fails with EFBIG, as a full disk's write fails with ENOSPC.
      const { stdout, stderr } = spawnSync(
        '/bin/sh',
        ['-c', 'ulimit -f 600 && exec "$0" "$1" "$2"', process.execPath, child, temporary.file],
        {
          encoding: 'utf8',
        },
      );
      assert.equal(stdout, 'AuditUnavailableError, then still reading alice\n', stderr);
      assert.deepEqual(temporary.store.audit.verify().findings, [], 'and nothing is half-written');
      assert.ok(
        !isRefusal(temporary.store.customers.suspend(ALICE, null, ADMIN)),
        'and with room again it is writable',
      );
    } finally {
      temporary.remove();
    }
  });
});
