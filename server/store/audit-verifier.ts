import { ASKER, AUDIT_COLUMNS, auditKeys, chainHash, GENESIS } from './audit-record.js';
import type { AuditRecord, StoredAuditRow } from './audit-record.js';
import { canonicalJson } from './canonical-json.js';
import { guardProblem } from './audit-guards.js';
import { Sql } from './database.js';
import type { Database } from './database.js';

/** Rows a step, which takes some milliseconds. */
const CHUNK = 100;

const NEXT = new Sql<StoredAuditRow>(
  `SELECT ${AUDIT_COLUMNS} FROM audit WHERE seq > ? ORDER BY seq LIMIT ${CHUNK}`,
);
const HIGHEST = new Sql<{ seq: number }>(`SELECT seq FROM sqlite_sequence WHERE name = 'audit'`);

/**
 * A row's number and hash that were noted outside of the database: by the running
 * gate, or in its log on stderr.
 */
export interface Mark {
  readonly seq: number;
  readonly hash: string;
}

/** What dom0's journal says that the gate told it with an operation. */
export interface Witness {
  readonly auditSeq: number;
  readonly auditHash: string;
  readonly operation: string;
}

/**
 * `changed`: the row is not what was hashed, or not the row that the next one was chained to. `missing`:
 * numbers without a row. `reordered`: the row was written under another number. `truncated`: rows were cut
 * off the end. `contradicted`: dom0's journal heard another row there. `unguarded`: the triggers that forbid
 * changes are missing, changed, or not alone.
 */
type FindingKind = 'changed' | 'missing' | 'reordered' | 'truncated' | 'contradicted' | 'unguarded';

export interface Finding {
  readonly kind: FindingKind;
  /** The row in question; the first one for missing rows. Null when the finding is about the whole log. */
  readonly seq: number | null;
  /** A sentence for the admin. */
  readonly detail: string;
}

export interface VerifyReport {
  readonly ok: boolean;
  /** The number of rows read. */
  readonly rows: number;
  readonly head: { readonly seq: number; readonly hash: string };
  /** The number of compared entries of dom0's journal. */
  readonly witnessed: number;
  /** At most 1,000, in the order of the log; contradictions come last. */
  readonly findings: readonly Finding[];
}

const FINDINGS_LIMIT = 1000;

/** Checks the whole audit log, a chunk of rows a step, so that the process can serve others in between. */
export class AuditVerifier {
  readonly #database: Database;
  readonly #witness = new Map<number, Witness[]>();
  readonly #marks = new Map<number, Set<string>>();
  readonly #findings: Finding[] = [];
  readonly #contradictions: Finding[] = [];
  #previous = { seq: 0, hash: GENESIS };
  #rows = 0;
  #witnessed = 0;
  #done = false;
  #sourced = false;

  constructor(database: Database, witness: Iterable<Witness>, marks: Iterable<Mark> = []) {
    this.#database = database;
    for (const { seq, hash } of marks) {
      if (seq > 0) this.#marks.set(seq, new Set([...(this.#marks.get(seq) ?? []), hash]));
    }
    for (const entry of witness) {
      this.#witnessed += 1;
      const others = this.#witness.get(entry.auditSeq);
      if (others === undefined) this.#witness.set(entry.auditSeq, [entry]);
      else others.push(entry);
    }
  }

  /** @returns true when the whole log has been read */
  step(): boolean {
    if (this.#done) return true;
    const rows = this.#database.all(NEXT, this.#previous.seq);
    for (const row of rows) this.#check(row);
    if (rows.length < CHUNK) this.#finish();
    return this.#done;
  }

  /** Call it only after the last step. */
  report(): VerifyReport {
    const findings = [...this.#findings, ...this.#contradictions].slice(0, FINDINGS_LIMIT);
    return {
      ok: findings.length === 0,
      rows: this.#rows,
      head: this.#previous,
      witnessed: this.#witnessed,
      findings,
    };
  }

  #check(row: StoredAuditRow): void {
    this.#rows += 1;
    const before = this.#previous;
    if (row.seq > before.seq + 1) {
      const last = row.seq - 1;
      const numbers = last === before.seq + 1 ? `row ${last} is` : `rows ${before.seq + 1} to ${last} are`;
      this.#find('missing', before.seq + 1, `${numbers} missing`);
    } else if (row.prev !== before.hash) {
      this.#find(
        'changed',
        before.seq,
        `row ${row.seq} was chained to another row ${before.seq} than the one that is there`,
      );
    }
    const record = parse(row.record);
    if (chainHash(row.prev, row.record) !== row.hash || record === undefined) {
      this.#find('changed', row.seq, `row ${row.seq} is not what was hashed when it was written`);
    } else if (record.seq !== row.seq) {
      this.#find('reordered', row.seq, `row ${row.seq} was written as row ${record.seq}`);
    } else if (!this.#keysAgree(row, record)) {
      this.#find('changed', row.seq, `row ${row.seq} is filed under other words than it holds`);
    }
    this.#compare(row, record);
    this.#compareMark(row);
    this.#previous = { seq: row.seq, hash: row.hash };
  }

  #keysAgree(row: StoredAuditRow, record: AuditRecord): boolean {
    const { event } = record;
    const asker =
      event.kind === 'operation.ended' ? this.#database.get(ASKER, event.operation, row.seq) : undefined;
    const keys = auditKeys(event, asker?.customer ?? null);
    return (
      row.at === record.at &&
      row.kind === keys.kind &&
      row.customer === keys.customer &&
      row.domain === keys.domain &&
      row.operation === keys.operation &&
      this.#sourceAgrees(row.source, keys.source)
    );
  }

  /** From the first row with a source on, every row must have its own. */
  #sourceAgrees(filed: string | null, held: string | null): boolean {
    if (filed !== null) this.#sourced = true;
    return filed === held || (filed === null && !this.#sourced);
  }

  #compare(row: StoredAuditRow, record: AuditRecord | undefined): void {
    const claims = this.#witness.get(row.seq);
    if (claims === undefined) return;
    this.#witness.delete(row.seq);
    for (const claim of claims) {
      if (claim.auditHash !== row.hash) {
        this.#contradict(row.seq, `dom0 heard another row ${row.seq} with the operation ${claim.operation}`);
      } else if (
        record === undefined ||
        !('operation' in record.event) ||
        record.event.operation !== claim.operation
      ) {
        this.#contradict(row.seq, `row ${row.seq} does not speak of dom0's operation ${claim.operation}`);
      }
    }
  }

  #compareMark(row: StoredAuditRow): void {
    const marks = this.#marks.get(row.seq);
    if (marks === undefined) return;
    this.#marks.delete(row.seq);
    if ([...marks].some((hash) => hash !== row.hash))
      this.#find(
        'changed',
        row.seq,
        `row ${row.seq} has another hash than was noted outside of the database`,
      );
  }

  #finish(): void {
    this.#done = true;
    const highest = Math.max(this.#database.get(HIGHEST)?.seq ?? 0, ...this.#marks.keys());
    if (highest > this.#previous.seq) {
      this.#find(
        'truncated',
        this.#previous.seq + 1,
        `rows ${this.#previous.seq + 1} to ${highest} were cut off the end`,
      );
    }
    const unguarded = guardProblem(this.#database);
    if (unguarded !== null) this.#find('unguarded', null, unguarded);
    for (const [seq, claims] of this.#witness) {
      for (const claim of claims) {
        this.#contradict(
          seq,
          `dom0 heard row ${seq} with the operation ${claim.operation}, and the log has no such row`,
        );
      }
    }
  }

  #find(kind: FindingKind, seq: number | null, detail: string): void {
    if (this.#findings.length < FINDINGS_LIMIT) this.#findings.push({ kind, seq, detail });
  }

  #contradict(seq: number, detail: string): void {
    if (this.#contradictions.length < FINDINGS_LIMIT)
      this.#contradictions.push({ kind: 'contradicted', seq, detail });
  }
}

function parse(text: string): AuditRecord | undefined {
  try {
    const record = JSON.parse(text) as AuditRecord;
    return typeof record.event.kind === 'string' && canonicalJson(record) === text ? record : undefined;
  } catch {
    return undefined;
  }
}
