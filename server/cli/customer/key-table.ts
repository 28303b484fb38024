import type { KeyView } from '../../gate/control/key-answers.js';
import { shortTime, table } from '../command/table.js';
import { declaredBy } from '../command/declared-by.js';

export function keyTable(keys: readonly KeyView[], none = 'there are no keys'): string {
  const rows = keys.map((key) => [
    key.customer,
    key.fingerprint,
    key.type,
    shortTime(key.addedAt),
    shortTime(key.lastUsedAt),
    shortTime(key.expiresAt),
    keyOrigin(key),
    key.comment,
  ]);
  return table(
    ['CUSTOMER', 'KEY', 'TYPE', 'ADDED (UTC)', 'LAST USED', 'EXPIRES', 'DECLARED BY', 'COMMENT'],
    rows,
    none,
  );
}

/** `customer`: they added it themselves. An older gate, not upgraded yet, says nothing of it. */
function keyOrigin({ own, declared }: Partial<Pick<KeyView, 'own' | 'declared'>>): string {
  return declared === null && own === true ? 'customer' : declaredBy(declared);
}
