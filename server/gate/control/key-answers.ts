import type { CustomerName, Fingerprint } from '../../../policy/names.js';
import type { Key } from '../../store/records.js';

/** A key as admins see it. */
export interface KeyView {
  readonly customer: CustomerName;
  readonly fingerprint: Fingerprint;
  readonly type: string;
  readonly comment: string;
  readonly addedAt: string;
  readonly lastUsedAt: string | null;
  readonly expiresAt: string | null;
  /** Whether the customer added it. */
  readonly own: boolean;
  /** The file that declares it; null: it was made by hand. */
  readonly declared: string | null;
  /** The line of a .pub file, without the comment. */
  readonly publicKey: string;
}

export function keyView({ blob, ...key }: Key): KeyView {
  return { ...key, publicKey: `${key.type} ${blob.toString('base64')}` };
}

/** `POST /keys/expire`. */
export interface KeysExpiring {
  readonly keys: readonly KeyView[];
  /** Customers whose old keys were left as they are, because they have no others. */
  readonly left: readonly CustomerName[];
}
