import { hash } from 'node:crypto';
import { sourceBucket } from '../../policy/network.js';
import type { AuditEvent, AuditRow } from './audit-event.js';
import { canonicalJson } from './canonical-json.js';
import { Sql } from './database.js';

/** The `prev` of the first row. */
export const GENESIS = '0'.repeat(64);

/**
 * The customer who asked for an operation, in the rows before a number: its end is
 * filed under the same customer.
 */
export const ASKER = new Sql<{ customer: string | null }>(
  `SELECT customer FROM audit WHERE operation = ? AND seq < ? AND kind GLOB 'domain.*.requested' ORDER BY seq LIMIT 1`,
);

/** A stored row. `record` is hashed; the other columns are for searching. */
export interface StoredAuditRow {
  readonly seq: number;
  readonly at: string;
  readonly kind: string;
  readonly customer: string | null;
  readonly domain: string | null;
  readonly operation: string | null;
  /**
   * For a customer's act: its source, reduced by `sourceBucket`. Null also in rows from before it was kept.
   */
  readonly source: string | null;
  readonly record: string;
  readonly prev: string;
  readonly hash: string;
}

/** The columns of a stored row, in a statement. */
export const AUDIT_COLUMNS = 'seq, at, kind, customer, domain, operation, source, record, prev, hash';

/** The last row's number and hash. */
export const AUDIT_HEAD = new Sql<{ seq: number; hash: string }>(
  'SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1',
);

/** The contents of `record`. */
export interface AuditRecord {
  readonly seq: number;
  readonly at: string;
  readonly event: AuditEvent;
}

/** @returns SHA-256, hex, over the hash before and the record */
export function chainHash(prev: string, record: string): string {
  return hash('sha256', `${prev}${record}`);
}

/** @param customer the one who asked for the operation, when the event is its end and has no customer */
export function storedRow(record: AuditRecord, prev: string, customer: string | null): StoredAuditRow {
  const text = canonicalJson(record);
  return {
    seq: record.seq,
    at: record.at,
    ...auditKeys(record.event, customer),
    record: text,
    prev,
    hash: chainHash(prev, text),
  };
}

/** The columns for searching an event. */
export function auditKeys(
  event: AuditEvent,
  asker: string | null,
): Pick<StoredAuditRow, 'kind' | 'customer' | 'domain' | 'operation' | 'source'> {
  return {
    kind: event.kind,
    customer: customerOf(event) ?? (event.kind === 'operation.ended' ? asker : null),
    domain: 'domain' in event ? event.domain : null,
    operation: 'operation' in event ? event.operation : null,
    source: sourceOf(event),
  };
}

/** The customer that the event is about, or else the one who acted. */
function customerOf(event: AuditEvent): string | null {
  if ('customer' in event) return event.customer;
  if ('actor' in event && event.actor !== null && 'customer' in event.actor) return event.actor.customer;
  return null;
}

function sourceOf(event: AuditEvent): string | null {
  const actor = 'actor' in event ? event.actor : null;
  return actor !== null && 'source' in actor ? sourceBucket(actor.source) : null;
}

export function auditRow(stored: StoredAuditRow): AuditRow {
  const { seq, at, event } = JSON.parse(stored.record) as AuditRecord;
  return { seq, at, event, prev: stored.prev, hash: stored.hash };
}
