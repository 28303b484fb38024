import { createHash } from 'node:crypto';
import type { BootProfileName, DomainName } from '../../../policy/names.js';
import type { OperationRequest, OperationStep, WireRefusal } from '../../wire/operation.js';
import type { AdminAct } from '../consoles/admin-act.js';
import type { BootShape } from '../toolstack/toolstack.js';

/** What the domain was when an operation was accepted: it acts on this incarnation and no other. */
export interface Subject {
  readonly uuid: string;
  readonly domid: number;
}

export type OperationEnd = 'done' | 'failed' | 'superseded';

/** What becomes of an operation. `request.actor` is as the gate claims it. */
export type OperationEvent =
  | {
      readonly kind: 'requested';
      readonly request: OperationRequest;
      readonly subject: Subject | null;
      /** False when it was already so: such operations count for no limit. */
      readonly counts: boolean;
    }
  | {
      readonly kind: 'step';
      readonly operation: string;
      readonly step: OperationStep;
      readonly deadlineAt: string | null;
    }
  | {
      readonly kind: 'booted';
      readonly operation: string;
      readonly domain: DomainName;
      readonly uuid: string;
      readonly domid: number;
      readonly profile: BootProfileName;
      readonly boot: BootShape;
    }
  | {
      readonly kind: 'ended';
      readonly operation: string;
      readonly phase: OperationEnd;
      readonly failure: WireRefusal | null;
    };

/** What the journal records. */
export type JournalEvent =
  | OperationEvent
  /** `admin` as claimed. No operation: nothing is to be finished after a restart. */
  | ({ readonly kind: 'admin'; readonly domain: DomainName; readonly admin: string } & AdminAct)
  /** The first record of a file that follows another: what of the earlier ones still matters. */
  | { readonly kind: 'checkpoint'; readonly records: readonly JournalRecord[] };

/** A line of the journal. */
export interface JournalRecord {
  readonly seq: number;
  /** ISO 8601, UTC, milliseconds. */
  readonly at: string;
  readonly event: JournalEvent;
  /** The hash of the line before, 64 zeros at the very first. */
  readonly prev: string;
  /** SHA-256 (hex) over `prev` and the JSON of `[seq, at, event]`. */
  readonly hash: string;
}

export const FIRST_PREV = '0'.repeat(64);

export function recordHash(record: Omit<JournalRecord, 'hash'>): string {
  const text = JSON.stringify([record.seq, record.at, record.event]);
  return createHash('sha256').update(record.prev).update('\n').update(text).digest('hex');
}
