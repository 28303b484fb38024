import type { EventActor } from './audit-actor.js';
import type { Append } from './audit-log.js';
import { Sql } from './database.js';
import type { Database } from './database.js';
import { BY_HAND, byFile, declarer } from './editor.js';
import type { Editor } from './editor.js';
import type { Key } from './records.js';

const EXPIRE = new Sql(
  'UPDATE key SET expires_at = ?, declared = ? WHERE fingerprint = ? AND customer = (SELECT id FROM customer WHERE name = ?)',
);

/** A key, and when it is to end. ISO 8601; null: never. */
interface KeyAndEnd {
  readonly key: Key;
  readonly expiresAt: string | null;
}

/** Options for removing or expiring keys. */
export interface LastKeyOptions {
  /** Also allow it when it leaves a customer without another key. */
  readonly allowLast: boolean;
  /** When a key stops being usable; by default its own expiry. ISO 8601; null: never. */
  readonly endOf?: (key: Key) => string | null;
}

/** Sets when a key ends, and records it, inside the present transaction. @returns the key as it is then */
export function endKey(
  database: Database,
  append: Append,
  { key, expiresAt }: KeyAndEnd,
  actor: EventActor,
  editor: Editor = BY_HAND,
): Key {
  const { customer, fingerprint } = key;
  append({ kind: 'key.expiry.set', actor, customer, fingerprint, expiresAt, ...byFile(editor) });
  const declared = declarer(editor);
  database.run(EXPIRE, expiresAt, declared, fingerprint, customer);
  return { ...key, expiresAt, declared };
}

/** When the key ends by itself. ISO 8601; null: never. */
export function ownEnd({ expiresAt }: Key): string | null {
  return expiresAt;
}

/** Whether an end has come. @param end ISO 8601, as is `now`; null: never */
export function isOver(end: string | null, now: string): boolean {
  return end !== null && end <= now;
}

/** @param now ISO 8601 */
export function isExpired({ expiresAt }: Pick<Key, 'expiresAt'>, now: string): boolean {
  return isOver(expiresAt, now);
}
