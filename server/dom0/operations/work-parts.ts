import type { Refusal } from '../../../policy/refusal.js';
import type { OperationStep } from '../../wire/operation.js';
import type { BootCheck } from '../boot/boot-check.js';
import type { BootProfiles } from '../boot/boot-profiles.js';
import type { ConsoleHost } from '../observation/console-host.js';
import type { DiskHolders } from '../observation/disk-holders.js';
import type { HostClock } from '../scheduling/host-clock.js';
import type { Logger } from '../../wire/logger.js';
import type { ObservedDomain } from '../observation/observer.js';
import type { Timings } from '../scheduling/timings.js';
import type { Call, ListedDomain, Toolstack } from '../toolstack/toolstack.js';
import type { DomainName } from '../../../policy/names.js';
import type { CreateQueue } from './create-queue.js';
import type { Operation } from './operation.js';
import type { Transcripts } from '../toolstack/transcripts.js';
import type { OperationEvent, Subject } from './journal-record.js';

export interface Deadlines {
  readonly shutdownSeconds: number;
  readonly createSeconds: number;
  readonly rebootSeconds: number;
  readonly destroySeconds: number;
}

/** The facts in a step's record besides the step. */
export interface StepFacts {
  readonly uuid?: string | null;
  readonly subject?: Subject;
}

/** What the work on an operation needs. */
export interface WorkParts {
  readonly toolstack: Toolstack;
  readonly observer: {
    look(): Promise<Refusal | null>;
    reread(): Promise<void>;
    find(name: DomainName): ObservedDomain | undefined;
    listed(name: DomainName): ListedDomain | null;
    onTheWay(name: DomainName): string | null;
  };
  readonly profiles: Pick<BootProfiles, 'plan'>;
  readonly consoles: Pick<ConsoleHost, 'attach'>;
  readonly disks: Pick<DiskHolders, 'conflict' | 'conflictByFiles'>;
  readonly check: Pick<BootCheck, 'creation' | 'text'>;
  readonly queue: CreateQueue;
  readonly transcripts: Transcripts;
  readonly deadlines: Deadlines;
  readonly timings: Timings;
  readonly logger: Logger;
  /** The time of day, milliseconds since the epoch. */
  readonly clock: () => number;
  readonly host: HostClock;
  /**
   * Writes the next step to the journal, then publishes it.
   *
   * @returns the step's deadline, by the host's uptime in milliseconds; never after the operation's term
   * @throws JournalUnwritableError
   */
  step(operation: Operation, step: OperationStep, seconds: number, more?: StepFacts): Promise<number>;
  /** The same for steps that finish what was begun: they are done even if they cannot be written. */
  lastSteps(operation: Operation, step: OperationStep, seconds: number): Promise<number>;
  /** Writes a past event to the journal, now or as soon as possible. @returns whether it is written now */
  noteLate(event: OperationEvent): Promise<boolean>;
  moved(operation: Operation, place: number): void;
  call(operation: Operation, what: string, timeoutMs: number): Call;
}
