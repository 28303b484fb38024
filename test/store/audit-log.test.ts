import assert from 'node:assert/strict';
import Sqlite from 'better-sqlite3';
import type { AuditEvent, AuditRow } from '../../server/store/audit-event.js';
import { chainHash } from '../../server/store/audit-record.js';
import { canonicalJson } from '../../server/store/canonical-json.js';
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
const HORATIO = domainName('horatio');
const ACTOR = customerActor(ALICE, fingerprint('a'));

function requested(operation: string): AuditEvent {
  return {
    kind: 'domain.reboot.requested',
    actor: ACTOR,
    domain: HORATIO,
    operation,
    profile: null,
    rule: 'r',
    revision: 1,
  };
}

function ended(operation: string, outcome: 'done' | 'refused' = 'done'): AuditEvent {
  return { kind: 'operation.ended', operation, domain: HORATIO, outcome, code: null, detail: null };
}

describe('store: the audit log', () => {
  it('says why it cannot be written, and that it can be again, and leaves no row', () => {
    const head = store.audit.head();
    assert.equal(store.audit.trouble(), null);
    const other = new Sqlite(temporary.file);
    other.exec('BEGIN IMMEDIATE');
    assert.match(store.audit.trouble() ?? '', /cannot be written.*locked/);
    other.exec('ROLLBACK');
    other.close();
    assert.equal(store.audit.trouble(), null);
    assert.deepEqual(store.audit.head(), head);
  });

  let temporary: TemporaryStore;
  let store: Store;

  beforeEach(() => {
    temporary = new TemporaryStore();
    store = temporary.store;
  });

  afterEach(() => {
    temporary.remove();
  });

  /** Runs SQL as an attacker who has the file. By default the triggers are dropped, and restored afterwards. */
  function tamper(sql: string, { dropGuards = true } = {}): void {
    const attacker = new Sqlite(temporary.file);
    try {
      const guards = attacker.prepare(`SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'`).all() as {
        name: string;
        sql: string;
      }[];
      if (dropGuards) for (const { name } of guards) attacker.exec(`DROP TRIGGER ${name}`);
      attacker.exec(sql);
      if (dropGuards) for (const guard of guards) attacker.exec(guard.sql);
    } finally {
      attacker.close();
    }
  }

  function fill(count: number): void {
    for (let n = 1; n <= count; n += 1) store.audit.append(requested(`op${n}`));
  }

  function findings(witness: Parameters<Store['audit']['verify']>[0] = []): [string, number | null][] {
    return store.audit.verify(witness).findings.map(({ kind, seq }) => [kind, seq]);
  }

  it('chains each row to the one before, over canonical JSON', () => {
    fill(2);
    const [first, second] = store.audit.tail() as [AuditRow, AuditRow];
    assert.equal(first.prev, '0'.repeat(64));
    assert.equal(second.prev, first.hash);
    const { seq, at, event } = second;
    assert.equal(second.hash, chainHash(first.hash, canonicalJson({ seq, at, event })));
    assert.deepEqual(store.audit.head(), { seq: 2, hash: second.hash });
    assert.deepEqual(store.audit.at(1), first);
  });

  it('writes the same JSON whatever the order of the members', () => {
    assert.equal(
      canonicalJson({ b: [1, { d: null, c: 'é\n' }], a: undefined, A: true }),
      '{"A":true,"b":[1,{"c":"é\\n","d":null}]}',
    );
  });

  it('finds rows by customer, domain, time and place, oldest first', () => {
    store.customers.add(ALICE, ADMIN);
    fill(3);
    store.audit.append(ended('op2'));
    const kinds = (query: Parameters<Store['audit']['tail']>[0]): number[] =>
      store.audit.tail(query).map(({ seq }) => seq);
    assert.deepEqual(kinds({}), [1, 2, 3, 4, 5]);
    assert.deepEqual(kinds({ limit: 2 }), [4, 5], 'the last ones');
    assert.deepEqual(kinds({ after: 1, limit: 2 }), [2, 3], 'the next ones');
    assert.deepEqual(
      kinds({ customer: ALICE }),
      [1, 2, 3, 4, 5],
      'the end of an operation belongs to who asked for it',
    );
    assert.deepEqual(kinds({ domain: HORATIO }), [2, 3, 4, 5]);
    assert.deepEqual(kinds({ customer: customerName('bob') }), []);
    assert.deepEqual(kinds({ since: '9999-01-01T00:00:00.000Z' }), []);
  });

  it('knows the intents that have no outcome', () => {
    fill(3);
    store.audit.append(ended('op2'));
    assert.deepEqual(
      store.audit.openIntents().map(({ seq }) => seq),
      [1, 3],
    );
  });

  it('tells listeners each row after its commit, until they stop', async () => {
    const heard: number[] = [];
    const stop = store.audit.onAppend(({ seq }) => {
      assert.equal(store.audit.head().seq, seq, 'it is written by then');
      heard.push(seq);
    });
    fill(1);
    await Promise.resolve();
    fill(1);
    await Promise.resolve();
    stop();
    stop();
    fill(1);
    await Promise.resolve();
    assert.deepEqual(heard, [1, 2]);
  });

  it('is whole when nobody touched it, also over several chunks', () => {
    fill(1203);
    store.audit.append(ended('op7'));
    store.audit.append(ended('op7'));
    assert.deepEqual(findings(), []);
    assert.equal(store.audit.verify().rows, 1205);
  });

  describe('attacks', () => {
    beforeEach(() => {
      fill(6);
    });

    for (const sql of [
      `UPDATE audit SET record = replace(record, 'reboot', 'start') WHERE seq = 3`,
      'DELETE FROM audit WHERE seq = 6',
      `INSERT OR REPLACE INTO audit SELECT seq, at, kind, customer, domain, operation, 'x', prev, hash, source FROM audit WHERE seq = 6`,
      'INSERT INTO audit SELECT 0, at, kind, customer, domain, operation, record, prev, hash, source FROM audit WHERE seq = 6',
    ]) {
      it(`the database itself refuses: ${sql.slice(0, 24)}…`, () => {
        assert.throws(() => {
          tamper(sql, { dropGuards: false });
        }, /append-only/);
        assert.deepEqual(findings(), []);
      });
    }

    it('finds a row that was changed', () => {
      tamper(`UPDATE audit SET record = replace(record, 'alice', 'mallory') WHERE seq = 3`);
      assert.deepEqual(findings(), [['changed', 3]]);
    });

    it('finds a row that was changed and hashed again', () => {
      const row = store.audit.at(3)!;
      const record = canonicalJson({ seq: 3, at: row.at, event: requested('other') });
      tamper(
        `UPDATE audit SET record = '${record}', operation = 'other', hash = '${chainHash(row.prev, record)}' WHERE seq = 3`,
      );
      assert.deepEqual(findings(), [['changed', 3]]);
    });

    it('finds a row that was filed under another source or under none, but not one from before there were any', () => {
      tamper(`UPDATE audit SET source = NULL WHERE seq <= 2`);
      assert.deepEqual(findings(), []);
      tamper(
        `UPDATE audit SET source = '198.51.100.1' WHERE seq = 3; UPDATE audit SET source = NULL WHERE seq = 5`,
      );
      assert.deepEqual(findings(), [
        ['changed', 3],
        ['changed', 5],
      ]);
    });

    it('finds a row that was filed under another customer', () => {
      tamper(`UPDATE audit SET customer = 'mallory' WHERE seq = 3`);
      assert.deepEqual(findings(), [['changed', 3]]);
    });

    it('finds missing rows: the first, the middle', () => {
      tamper('DELETE FROM audit WHERE seq IN (1, 4)');
      assert.deepEqual(findings(), [
        ['missing', 1],
        ['missing', 4],
      ]);
    });

    it('finds rows that changed places', () => {
      tamper(
        'UPDATE audit SET seq = 99 WHERE seq = 3; UPDATE audit SET seq = 3 WHERE seq = 4; UPDATE audit SET seq = 4 WHERE seq = 99',
      );
      const found = findings();
      assert.ok(found.some(([kind, seq]) => kind === 'reordered' && seq === 3));
      assert.ok(found.some(([kind, seq]) => kind === 'reordered' && seq === 4));
    });

    it('finds rows cut off the end, also after new ones were written', () => {
      tamper('DELETE FROM audit WHERE seq > 4');
      assert.deepEqual(findings(), [['truncated', 5]]);
      assert.equal(store.audit.append(requested('op7')).seq, 7, 'numbers are not given twice');
      assert.deepEqual(findings(), [['missing', 5]]);
    });

    it('finds that the guards were taken away', () => {
      const attacker = new Sqlite(temporary.file);
      attacker.exec('DROP TRIGGER audit_no_delete');
      attacker.close();
      assert.deepEqual(findings(), [['unguarded', null]]);
    });

    for (const [what, sql] of Object.entries({
      'lets everything through': `DROP TRIGGER audit_no_delete;
        CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit WHEN 0
        BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END`,
      'does nothing': `DROP TRIGGER audit_no_update;
        CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit BEGIN SELECT 1; END`,
      'guards another table': `DROP TRIGGER audit_in_order;
        CREATE TRIGGER audit_in_order BEFORE INSERT ON key BEGIN SELECT 1; END`,
      'guards one column': `DROP TRIGGER audit_no_update;
        CREATE TRIGGER audit_no_update BEFORE UPDATE OF at ON audit
        BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END`,
      'is one more, that swallows rows': `CREATE TRIGGER audit_extra BEFORE INSERT ON audit
        WHEN NEW.kind = 'login.refused' BEGIN SELECT RAISE(IGNORE); END`,
    })) {
      it(`finds a guard of the same name that ${what}`, () => {
        const attacker = new Sqlite(temporary.file);
        attacker.exec(sql);
        attacker.close();
        assert.deepEqual(findings(), [['unguarded', null]]);
      });
    }

    const CUT = `DELETE FROM audit WHERE seq > 4; UPDATE sqlite_sequence SET seq = 4 WHERE name = 'audit'`;

    it('finds that the last rows and the memory of them are gone, while the process that wrote them runs', () => {
      tamper(CUT);
      assert.deepEqual(findings(), [['truncated', 5]]);
      assert.equal(store.audit.append(requested('op7')).seq, 7, 'numbers are not given twice');
      assert.deepEqual(findings(), [['missing', 5]]);
    });

    it('finds it also when as many others were put there', () => {
      const { hash: prev } = store.audit.at(4)!;
      tamper(CUT);
      const other = Store.open(temporary.file);
      for (const operation of ['forged5', 'forged6', 'forged7']) other.audit.append(requested(operation));
      assert.equal(other.audit.at(5)?.prev, prev);
      assert.deepEqual(
        other.audit.verify().findings.map(({ kind }) => kind),
        [],
        'the chain alone cannot tell',
      );
      other.close();
      assert.deepEqual(findings(), [['changed', 6]]);
    });

    it('finds both with a mark that was noted elsewhere, in another process', () => {
      const mark = store.audit.head();
      const early = store.audit.at(2)!;
      tamper(CUT);
      const later = Store.open(temporary.file);
      const found = (marks: readonly { seq: number; hash: string }[]): string[] =>
        later.audit.verify([], marks).findings.map(({ kind, seq }) => `${kind} ${seq ?? ''}`);
      assert.deepEqual(found([]), [], 'the chain alone cannot tell');
      assert.deepEqual(found([mark, early]), ['truncated 5']);
      for (const operation of ['forged5', 'forged6']) later.audit.append(requested(operation));
      assert.deepEqual(found([mark, early]), ['changed 6']);
      later.close();
    });

    describe('with dom0 as the witness', () => {
      const heard = (seq: number, operation = `op${seq}`) => ({
        auditSeq: seq,
        auditHash: store.audit.at(seq)?.hash ?? '',
        operation,
      });

      it('agrees with an honest journal', () => {
        const report = store.audit.verify([heard(2), heard(5)]);
        assert.equal(report.ok, true);
        assert.equal(report.witnessed, 2);
      });

      it('finds a chain that was made anew from one row on', () => {
        const journal = [heard(2), heard(5)];
        let prev = store.audit.at(3)!.prev;
        const forged: string[] = [];
        for (let seq = 3; seq <= 6; seq += 1) {
          const record = canonicalJson({
            seq,
            at: '2026-01-01T00:00:00.000Z',
            event: requested(`forged${seq}`),
          });
          const hash = chainHash(prev, record);
          forged.push(
            `UPDATE audit SET record = '${record}', at = '2026-01-01T00:00:00.000Z', operation = 'forged${seq}', prev = '${prev}', hash = '${hash}' WHERE seq = ${seq}`,
          );
          prev = hash;
        }
        tamper(forged.join(';'));
        const later = Store.open(temporary.file);
        assert.deepEqual(later.audit.verify().findings, [], 'the chain alone cannot tell');
        assert.deepEqual(
          later.audit.verify(journal).findings.map(({ kind, seq }) => [kind, seq]),
          [['contradicted', 5]],
        );
        later.close();
      });

      it('finds a log that ends before what dom0 heard', () => {
        const journal = [heard(5)];
        tamper(`DELETE FROM audit WHERE seq > 4; UPDATE sqlite_sequence SET seq = 4 WHERE name = 'audit'`);
        const later = Store.open(temporary.file);
        try {
          const found = (witness: typeof journal): string[] =>
            later.audit.verify(witness).findings.map(({ kind }) => kind);
          assert.deepEqual(found([]), [], 'the chain alone cannot tell');
          assert.deepEqual(found(journal), ['contradicted']);
        } finally {
          later.close();
        }
      });

      it('finds an operation that was claimed with a row about another one', () => {
        assert.deepEqual(findings([heard(2, 'op9')]), [['contradicted', 2]]);
      });
    });
  });
});
