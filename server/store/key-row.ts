import type { CustomerName, Fingerprint } from '../../policy/names.js';
import type { Key } from './records.js';

/** A row of `key`, joined with its customer's name. */
export interface KeyRow {
  readonly customer: CustomerName;
  readonly fingerprint: Fingerprint;
  readonly type: string;
  readonly blob: Buffer;
  readonly comment: string;
  readonly added_at: string;
  readonly last_used_at: string | null;
  readonly expires_at: string | null;
  readonly own: 0 | 1;
  readonly declared: string | null;
}

/** The columns of a KeyRow, for the tables `customer` and `key` joined. */
export const KEY_COLUMNS =
  'customer.name AS customer, key.fingerprint, key.type, key.blob, key.comment, key.added_at, key.last_used_at, key.expires_at, key.own, key.declared';

export function keyOf(row: KeyRow): Key {
  const { customer, fingerprint, type, blob, comment, added_at: addedAt } = row;
  const { last_used_at: lastUsedAt, expires_at: expiresAt, declared } = row;
  const own = row.own === 1;
  return { customer, fingerprint, type, blob, comment, addedAt, lastUsedAt, expiresAt, own, declared };
}
