import { hash } from 'node:crypto';
import type { BootProfileName, DomainName, ImageName } from '../../../policy/names.js';
import type { Actor, OperationRequest, OperationStep, WireRefusal } from '../../wire/operation.js';
import type { AdminAct } from '../consoles/admin-act.js';
import type { Incarnation } from '../toolstack/incarnation.js';
import type { BootShape, GuestFacts } from '../toolstack/toolstack.js';

/** How long an operation may act: only in this boot of the host, and only up to this uptime. */
export interface Term {
  /** /proc/sys/kernel/random/boot_id. */
  readonly boot: string;
  /** The host's uptime at the request, milliseconds. */
  readonly from: number;
  /** The uptime after which the operation must not act any more, milliseconds. */
  readonly until: number;
}

/** Why this half asked itself for an operation: the time of a rescue is over. */
export interface Ending {
  /** The operation that booted the rescue. */
  readonly rescue: string;
  /** Whether a guest that ignores the shutdown is powered off. */
  readonly force: boolean;
}

export type OperationEnd = 'done' | 'failed' | 'superseded';

/** The life of an operation. `request.actor` is as the gate claims it. */
export type OperationEvent =
  | {
      readonly kind: 'requested';
      readonly request: OperationRequest;
      /**
       * The incarnation when it was accepted; it acts on no other. `term` says in which boot of the host.
       */
      readonly subject: Incarnation | null;
      /** False when the domain was already as requested: such an operation counts for no limit. */
      readonly counts: boolean;
      /** Missing in records from before terms were introduced. */
      readonly term?: Term;
      /** Only for an operation of our own, by which a rescue ends. The actor is then the rescue's. */
      readonly ending?: Ending;
    }
  | {
      readonly kind: 'step';
      readonly operation: string;
      readonly step: OperationStep;
      readonly deadlineAt: string | null;
      /**
       * With `creating`: the UUID for the new incarnation; null where its file has one, or where none can be
       * given.
       */
      readonly uuid?: string | null;
      /** With `powering-off`: the incarnation that a rebooting domain has become. */
      readonly subject?: Incarnation;
    }
  | {
      readonly kind: 'booted';
      readonly operation: string;
      readonly domain: DomainName;
      readonly uuid: string;
      readonly domid: number;
      /** The boot of the host. Missing in older records. */
      readonly host?: string;
      readonly profile: BootProfileName;
      readonly boot: BootShape;
      /** Missing in older records. */
      readonly guest?: GuestFacts;
      /** Only for a rescue that ends. */
      readonly end?: {
        /** The host's uptime at the boot, milliseconds. */
        readonly from: number;
        readonly forSeconds: number;
        readonly actor: Actor;
      };
    }
  /** A rescue ends later. `operation` booted it; `forSeconds` is the whole time from its boot. */
  | {
      readonly kind: 'extended';
      readonly operation: string;
      readonly domain: DomainName;
      readonly forSeconds: number;
      /** The customer who asked, as the gate claims. */
      readonly actor: Actor;
    }
  /** The rescue that `operation` booted ends no more: its domain is gone, or runs something else. */
  | {
      readonly kind: 'end-void';
      readonly operation: string;
      readonly domain: DomainName;
      readonly why: string;
    }
  /** Written before the first byte of an image (`isWhole` false), and after the last one. */
  | {
      readonly kind: 'disk';
      readonly operation: string;
      readonly domain: DomainName;
      readonly vdev: string;
      readonly image: ImageName;
      readonly isWhole: boolean;
      /** The admin who says that it is whole, as claimed. */
      readonly admin?: string;
    }
  | {
      readonly kind: 'ended';
      readonly operation: string;
      readonly phase: OperationEnd;
      readonly failure: WireRefusal | null;
    };

/** Everything that the journal records. */
export type JournalEvent =
  | OperationEvent
  /** `admin` as claimed. It is no operation: a restart has nothing to finish. */
  | ({ readonly kind: 'admin'; readonly domain: DomainName; readonly admin: string } & AdminAct)
  /**
   * Only in a checkpoint: when each create and power-off that counts for a limit was accepted, milliseconds
   * since the epoch.
   */
  | {
      readonly kind: 'counted';
      readonly creates: Readonly<Record<string, readonly number[]>>;
      readonly powerOffs: readonly number[];
    }
  /** The first record of a file that follows another: the earlier records that still matter. */
  | { readonly kind: 'checkpoint'; readonly records: readonly JournalRecord[] };

/** A line of the journal. */
export interface JournalRecord {
  readonly seq: number;
  /** ISO 8601, UTC, milliseconds. */
  readonly at: string;
  readonly event: JournalEvent;
  /** The hash of the line before; 64 zeros for the very first. */
  readonly prev: string;
  /** SHA-256 (hex) over `prev` and the JSON of `[seq, at, event]`. */
  readonly hash: string;
}

export const FIRST_PREV = '0'.repeat(64);

export function recordHash(record: Omit<JournalRecord, 'hash'>): string {
  const text = JSON.stringify([record.seq, record.at, record.event]);
  return hash('sha256', `${record.prev}\n${text}`);
}

/**
 * Checks the lines of a journal one by one: remembers the first contradiction, and how many bytes are whole
 * records. A last line that is no record was torn, and does not count.
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

  /** The first place where the chain of hashes breaks, or a line is no record. */
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
