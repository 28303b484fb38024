import type { CustomerName, Fingerprint } from '../../../policy/names.js';
import type { AuditEvent } from '../../store/audit-event.js';
import type { ConsoleUse } from '../console/console-meter.js';
import type { ClosedConnection } from '../ssh/front.js';
import type { LoginRefused } from '../ssh/authenticate.js';
import type { Source } from '../ssh/source.js';

/** A policy on its way to a worker, as the texts of its files. */
export interface SentPolicy {
  readonly revision: number;
  readonly digest: string;
  readonly texts: readonly { readonly file: string; readonly text: string }[];
}

/** The first message to a worker. */
export interface Begin {
  readonly kind: 'begin';
  /** From 1 on. */
  readonly worker: number;
  readonly version: string;
  /** The settings as the coordinator has them: the file may be another by now. */
  readonly settings: unknown;
  readonly policy: SentPolicy;
  /** The path of the file of `LiveState`. */
  readonly live: string;
}

/** What the coordinator tells a worker. The process that handles one does so before it reads the next. */
export type ToWorker =
  | Begin
  /** The client's socket comes with it. */
  | { readonly kind: 'arrival'; readonly arrival: number; readonly address: string }
  | { readonly kind: 'drop'; readonly arrival: number }
  /** Another process has written to the audit log. */
  | { readonly kind: 'rows' }
  | { readonly kind: 'policy'; readonly policy: SentPolicy }
  /** Other host keys are in the files. */
  | { readonly kind: 'host-keys' }
  | { readonly kind: 'end'; readonly ids: readonly string[]; readonly sentence: string }
  /** These connections have lost their places to others of their customers. */
  | { readonly kind: 'make-room'; readonly connections: readonly string[] }
  | { readonly kind: 'announce'; readonly ask: number; readonly text: string }
  /** Answered when all before it is handled. */
  | { readonly kind: 'ask'; readonly ask: number }
  /** A batch is written; for each event the fault, or null. */
  | { readonly kind: 'appended'; readonly batch: number; readonly faults: readonly (string | null)[] }
  /** The recording takes no more. */
  | { readonly kind: 'fill'; readonly recording: string }
  | { readonly kind: 'stop'; readonly sentence: string };

/** What a worker tells the coordinator. */
export type FromWorker =
  | { readonly kind: 'ready' }
  | { readonly kind: 'logged-in'; readonly arrival: number }
  | { readonly kind: 'left'; readonly arrival: number }
  | {
      readonly kind: 'refused';
      readonly source: Source;
      readonly connection: string;
      readonly login: string;
      readonly refused: LoginRefused;
    }
  | { readonly kind: 'wasted'; readonly source: Source }
  | { readonly kind: 'closed'; readonly closed: ClosedConnection }
  | { readonly kind: 'append'; readonly batch: number; readonly events: readonly AuditEvent[] }
  | { readonly kind: 'key-used'; readonly customer: CustomerName; readonly fingerprint: Fingerprint }
  | { readonly kind: 'rows' }
  | { readonly kind: 'answer'; readonly ask: number; readonly told: number }
  | { readonly kind: 'make-room'; readonly connections: readonly { id: string; worker: number }[] }
  | { readonly kind: 'recording'; readonly recording: string; readonly runs: boolean }
  | { readonly kind: 'recorded'; readonly sizes: readonly (readonly [recording: string, bytes: number])[] }
  | { readonly kind: 'console-use'; readonly use: ConsoleUse };

/** What really crosses: the messages of one turn of the event loop together. */
export type Batch<Message> = readonly Message[];
