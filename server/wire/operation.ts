import type { ParameterValues } from '../../policy/boot-parameter.js';
import type {
  BootProfileName,
  CustomerName,
  DomainName,
  Fingerprint,
  ImageName,
} from '../../policy/names.js';
import type { RefusalCode } from '../../policy/refusal.js';
import type { Verb } from './contract.js';

/** The person who asked, as the gate claims; dom0 records it in its own journal as *claimed*. */
export interface Actor {
  readonly customer: CustomerName;
  readonly fingerprint: Fingerprint;
  /** The source address. */
  readonly source: string;
  /** The gate's audit row of the intent, and its hash: so dom0's journal is a witness of the gate's chain. */
  readonly auditSeq: number;
  readonly auditHash: string;
}

/** `POST /operations`. Durable once answered; the same id twice is the same operation. */
export interface OperationRequest {
  /** A UUID given by the gate. */
  readonly id: string;
  readonly domain: DomainName;
  readonly verb: Verb;
  /** The boot profile: given with `rescue`, null otherwise. */
  readonly profile: BootProfileName | null;
  /**
   * The values of the profile's parameters: only those that the contract lists. Missing when there are none.
   */
  readonly parameters?: ParameterValues;
  /**
   * With `rescue`: after how many seconds from its boot it ends. Missing: it has no end. Only for a dom0 whose
   * contract has `rescueEnds`.
   */
  readonly forSeconds?: number;
  /** The system image: given with `reinstall`, missing otherwise. */
  readonly image?: ImageName;
  /** The key of `sysrq`, null otherwise. */
  readonly key: string | null;
  /**
   * The public keys for the seed disk, each as `parseSeedKey` reads it. Only for a profile that the contract lists
   * with `seed`; missing when there are none.
   */
  readonly keys?: readonly string[];
  readonly actor: Actor;
}

/**
 * `PUT /operations/ID`: the right to it has gone, so it must not begin. Only for a dom0 whose contract has
 * `withdrawals`.
 */
export interface Withdrawal {
  readonly withdrawn: true;
}

/**
 * `queued` and `running` are under way; the rest are final. `done`: the domain is as requested.
 * `failed`: the toolstack refused or the deadline passed, and half-done work is undone.
 * `superseded`: a power-off overtook it.
 */
export const OPERATION_PHASES = ['queued', 'running', 'done', 'failed', 'superseded'] as const;

export type OperationPhase = (typeof OPERATION_PHASES)[number];

/** What a running operation is doing, for progress. */
export const OPERATION_STEPS = [
  'waiting',
  'shutting-down',
  'powering-off',
  'rebooting',
  'checking-image',
  'writing',
  'creating',
  'attaching-console',
  'unpausing',
  'sending-sysrq',
  'undoing',
] as const;

export type OperationStep = (typeof OPERATION_STEPS)[number];

/** How far an image is checked, or a disk is written. */
export interface WritingProgress {
  /** Bytes. */
  readonly done: number;
  /** Bytes. */
  readonly total: number;
  /** As the rate so far tells; null while it tells nothing yet. */
  readonly secondsLeft: number | null;
}

/** `GET /operations/ID`, and inside `DomainView`. Times are ISO 8601, UTC. */
export interface OperationView {
  readonly id: string;
  readonly domain: DomainName;
  readonly verb: Verb;
  readonly profile: BootProfileName | null;
  readonly phase: OperationPhase;
  readonly step: OperationStep;
  /**
   * Creates run one at a time, and so do reinstallations until they create: how many are ahead; 0 when it
   * runs.
   */
  readonly place: number;
  readonly startedAt: string;
  /** When dom0 gives up on the present step; null when it has no deadline. */
  readonly deadlineAt: string | null;
  readonly endedAt: string | null;
  /** Set when phase is `failed` or `superseded`. */
  readonly failure: WireRefusal | null;
  /** The system image of a `reinstall`; missing otherwise. */
  readonly image?: ImageName;
  /** At the steps `checking-image` and `writing`, about once a second; missing otherwise. */
  readonly progress?: WritingProgress;
  /**
   * True while the end is only in memory because the journal cannot be written; missing otherwise. After a
   * restart dom0 looks at the domain again.
   */
  readonly unrecorded?: boolean;
  /** The name of the person who asked, so that "busy" can tell it to those who share the domain. */
  readonly by: CustomerName;
  /**
   * Set when nobody asked for it: dom0 ends a rescue whose time is over. `by` is then the customer who asked
   * for the rescue.
   */
  readonly cause?: 'rescue-end';
}

/** The body of every answer that is not 2xx. */
export interface WireRefusal {
  readonly code: RefusalCode;
  /** Printable, at most 300 characters: `xl`'s own first reason, or dom0's sentence. */
  readonly message: string;
  readonly detail: string;
  /** With `busy`: the operation under way. */
  readonly operation: OperationView | null;
}
