import { createHash } from 'node:crypto';
import type { NoticeKind } from '../../policy/notice-kinds.js';
import type { CustomerName } from '../../policy/names.js';

/** A notice to one receiver. */
export interface NewNotice {
  /** The channel's name. */
  readonly channel: string;
  /** The customer who is told; null: an admin's channel. */
  readonly customer: CustomerName | null;
  /** Where a customer is told; empty for an admin's channel. */
  readonly address: string;
  readonly kind: NoticeKind | NoticeToOwner;
  /** Of notices with the same subject that wait for the same receiver, the last one stands for all. */
  readonly subject: string;
  readonly body: NoticeBody;
}

/** What only the customer is told, of the notices themselves. */
export type NoticeToOwner = 'address' | 'code' | 'test' | 'more';

export interface NoticeBody {
  /** One printable sentence. */
  readonly text: string;
  /** Whom it is about. */
  readonly customer: string | null;
  readonly domain: string | null;
}

/** @returns an id of 32 hex digits; of the same text always the same */
export function noticeId(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}
