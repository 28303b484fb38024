import type { KeyView } from '../../gate/control/control-answers.js';
import { shortTime, table } from '../command/table.js';

export function keyTable(keys: readonly KeyView[], none = 'there are no keys'): string {
  const rows = keys.map((key) => [
    key.customer,
    key.fingerprint,
    key.type,
    shortTime(key.addedAt),
    shortTime(key.lastUsedAt),
    shortTime(key.expiresAt),
    key.comment,
  ]);
  return table(['CUSTOMER', 'KEY', 'TYPE', 'ADDED (UTC)', 'LAST USED', 'EXPIRES', 'COMMENT'], rows, none);
}
