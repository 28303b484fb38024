import { createHash } from 'node:crypto';
import type { BootProfileName, DomainName } from '../../../policy/names.js';
import type { OperationRequest, OperationStep, WireRefusal } from '../../wire/operation.js';
import type { AdminAct } from '../consoles/admin-act.js';
import type { BootShape } from '../toolstack/toolstack.js';

/** What the domain was when an operation was accepted: it acts on this incarnation and no other. The record's `term` says of which boot. */
export interface Subject {
  readonly uuid: string;
  readonly domid: number;
}

/** How long an operation may act: only in this boot of the host, and only up to an uptime of it. */
export interface Term {
  /** /proc/sys/kernel/random/boot_id. */
  readonly boot: string;
  /** The host's uptime at the request, milliseconds. */
  readonly from: number;
  /** The uptime after which nothing acts for it any more, milliseconds. */
  readonly until: number;
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
      /** Not in records from before there were terms. */
      readonly term?: Term;
    }
  | {
      readonly kind: 'step';
      readonly operation: string;
      readonly step: OperationStep;
      readonly deadlineAt: string | null;
      /** With `creating`: the UUID that the new incarnation is given, null where its file has one. */
      readonly uuid?: string | null;
      /** With `powering-off`: the incarnation that a rebooting domain has become. */
      readonly subject?: Subject;
    }
  | {
      readonly kind: 'booted';
      readonly operation: string;
      readonly domain: DomainName;
      readonly uuid: string;
      readonly domid: number;
      /** The boot of the host. Not in older records. */
      readonly host?: string;
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
  /** Only within a checkpoint: when what counts for the host's limits was accepted, as milliseconds since the epoch. */
  | {
      readonly kind: 'counted';
      readonly creates: Readonly<Record<string, readonly number[]>>;
      readonly powerOffs: readonly number[];
    }
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

/**
 * Follows the lines of a journal: keeps the place of the first contradiction, and how much of it is whole records. A last line that
 * is none was torn, and does not count.
 */
export class JournalLines {
  #number = 0;
  #bad: number | null = null;
  #badBytes = 0;
  #last: JournalRecord | null = null;
  #whole = 0;
  #problem: string | null = null;

  /** Bytes up to the end of the last whole record. */
  get whole(): number {
    return this.#whole;
  }

  /** The first place where the chain of hashes breaks. */
  get problem(): string | null {
    return this.#problem;
  }

  /** @param line without its newline. @returns null when it is no record */
  take(line: string): JournalRecord | null {
    this.#number += 1;
    const bytes = Buffer.byteLength(line) + 1;
    if (this.#bad !== null) {
      this.#problem ??= `line ${this.#bad} is no record`;
      this.#whole += this.#badBytes;
      this.#bad = null;
      this.#badBytes = 0;
    }
    const record = parseRecord(line);
    if (record === undefined) {
      this.#bad = this.#number;
      this.#badBytes = bytes;
      return null;
    }
    const before = this.#last;
    if (before !== null && (record.prev !== before.hash || record.seq !== before.seq + 1)) {
      this.#problem ??= `line ${this.#number} does not follow the line before`;
    }
    if (recordHash(record) !== record.hash) this.#problem ??= `line ${this.#number} was changed`;
    this.#last = record;
    this.#whole += bytes;
    return record;
  }
}

function parseRecord(line: string): JournalRecord | undefined {
  try {
    const value = JSON.parse(line) as Partial<JournalRecord> | null;
    const good =
      typeof value?.seq === 'number' &&
      typeof value.hash === 'string' &&
      typeof value.event?.kind === 'string';
    return good ? (value as JournalRecord) : undefined;
  } catch {
    return undefined;
  }
}
