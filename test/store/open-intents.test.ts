import assert from 'node:assert/strict';
import { chmodSync } from 'node:fs';
import Sqlite from 'better-sqlite3';
import type { AuditEvent } from '../../server/store/audit-event.js';
import { APPLICATION_ID, MIGRATIONS } from '../../server/store/migrations.js';
import { Store } from '../../server/store/store.js';
import { TemporaryDirectory } from '../support/temporary-directory.js';
import {
  customerActor,
  customerName,
  domainName,
  fingerprint,
  TemporaryStore,
} from '../support/temporary-store.js';

const ALICE = customerName('alice');
const HORATIO = domainName('horatio');

function intent(operation: string): AuditEvent {
  const actor = customerActor(ALICE, fingerprint('a'));
  return {
    kind: 'domain.start.requested',
    actor,
    domain: HORATIO,
    operation,
    profile: null,
    rule: 'r',
    revision: 1,
  };
}

function end(operation: string): AuditEvent {
  return { kind: 'operation.ended', domain: HORATIO, operation, outcome: 'done', code: null, detail: null };
}

function open(store: Store): readonly string[] {
  return store.audit.openIntents().flatMap(({ event }) => ('operation' in event ? [event.operation] : []));
}

describe('store: intents without an end', () => {
  let temporary: TemporaryStore;
  beforeEach(() => (temporary = new TemporaryStore()));
  afterEach(() => {
    temporary.remove();
  });

  it('are those whose end is not in the log, oldest first, also after a restart', () => {
    const { audit } = temporary.store;
    for (const operation of ['one', 'two', 'three']) audit.append(intent(operation));
    audit.append(end('two'));
    assert.deepEqual(open(temporary.store), ['one', 'three']);
    temporary.store.close();
    const again = Store.open(temporary.file);
    assert.deepEqual(open(again), ['one', 'three']);
    again.close();
  });

  it('are not those whose end came first, and not those that were rolled back', () => {
    const { audit } = temporary.store;
    audit.append(end('one'));
    audit.append(intent('one'));
    audit.together(
      () => audit.append(intent('two')),
      () => false,
    );
    assert.deepEqual(open(temporary.store), []);
  });

  it('are not rows that somebody else wrote in the place of theirs', () => {
    const { audit } = temporary.store;
    const { seq } = audit.append(intent('one'));
    const sqlite = new Sqlite(temporary.file);
    sqlite.exec(`DROP TRIGGER audit_no_delete; DELETE FROM audit WHERE seq = ${seq};
      UPDATE sqlite_sequence SET seq = ${seq - 1} WHERE name = 'audit'`);
    sqlite.close();
    temporary.store.close();
    const again = Store.open(temporary.file);
    assert.deepEqual(open(again), []);
    again.audit.append(end('other'));
    assert.deepEqual(open(again), []);
    again.close();
  });

  it('of a database from before are the same ones', () => {
    const directory = new TemporaryDirectory();
    const file = directory.file('old.db');
    const old = new Sqlite(file);
    chmodSync(file, 0o600);
    const before = MIGRATIONS.findIndex((text) => text.includes('TABLE open_intent'));
    for (const migration of MIGRATIONS.slice(0, before)) old.exec(migration);
    old.pragma(`application_id = ${APPLICATION_ID}`);
    old.pragma(`user_version = ${before}`);
    const put = old.prepare(
      `INSERT INTO audit (seq, at, kind, operation, record, prev, hash) VALUES (?, '2026', ?, ?, ?, '', '')`,
    );
    for (const [at, event] of [intent('one'), intent('two'), end('one'), intent('three')].entries())
      put.run(at + 1, event.kind, 'operation' in event ? event.operation : null, JSON.stringify({ event }));
    old.close();
    const store = Store.open(file);
    assert.deepEqual(open(store), ['two', 'three']);
    store.close();
    directory.dispose();
  });
});
