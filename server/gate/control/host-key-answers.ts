import type { CustomerName, Fingerprint } from '../../../policy/names.js';

/** A host key on the gate's disk. */
export interface HostKeyView {
  /** `offered` in key exchanges, `next`: only announced, `retired`: neither. */
  readonly use: 'offered' | 'next' | 'retired';
  readonly type: string;
  /** Of RSA; null for other types. */
  readonly bits: number | null;
  readonly fingerprint: Fingerprint;
  readonly file: string;
  readonly madeAt: string;
}

/** How many customers have logged in since the next host key was made. Those who never came do not count. */
export interface HostKeyLearned {
  readonly since: string;
  readonly customers: number;
  /** Those who have not. */
  readonly behind: readonly CustomerName[];
}

/** `GET /host-keys`. */
export interface HostKeyList {
  readonly keys: readonly HostKeyView[];
  /** Sentences about next and former keys that cannot be used. */
  readonly problems: readonly string[];
  /** One for each rotation that has begun. */
  readonly rotations: readonly (HostKeyLearned & { readonly fingerprint: Fingerprint })[];
}

/** A step of a rotation that was made. */
export interface HostKeyStep {
  readonly step: 'began' | 'finished' | 'cancelled';
  readonly type: string;
  /** The next key; null for a dropped one that could not be read. */
  readonly fingerprint: Fingerprint | null;
  readonly former: Fingerprint;
  /** The file of the key that is offered. */
  readonly file: string;
}
