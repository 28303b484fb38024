import type { Refusal } from '../../../policy/refusal.js';
import type { BootCheck } from '../boot/boot-check.js';
import type { ConsoleHost } from '../observation/console-host.js';
import type { DiskHolders } from '../observation/disk-holders.js';
import type { HostClock } from '../scheduling/host-clock.js';
import type { Logger } from '../../wire/logger.js';
import type { ObservedDomain } from '../observation/observed-domain.js';
import type { Timings } from '../scheduling/timings.js';
import type { Incarnation } from '../toolstack/incarnation.js';
import type { GuestName } from '../../wire/guest-name.js';
import type { ListedDomain, Toolstack } from '../toolstack/toolstack.js';
import type { DomainName } from '../../../policy/names.js';
import type { BootSeeds } from './boot-seeds.js';
import type { IncompleteDisk } from '../../wire/domain.js';
import type { ImageWriter } from '../images/image-writer.js';
import type { CreateQueue } from './create-queue.js';
import type { OperationRecords } from './operation-records.js';
import type { ReinstallTarget } from './reinstall-target.js';
import type { Transcripts } from '../toolstack/transcripts.js';

export interface Deadlines {
  readonly shutdownSeconds: number;
  readonly createSeconds: number;
  readonly rebootSeconds: number;
  readonly destroySeconds: number;
}

export interface ReinstallParts {
  readonly target: ReinstallTarget;
  readonly writer: ImageWriter;
  /** One disk is written at a time. */
  readonly queue: CreateQueue;
  readonly mibPerSecond: number;
}

/** What the work on an operation needs. */
export interface WorkParts {
  readonly toolstack: Toolstack;
  readonly observer: {
    look(): Promise<Refusal | null>;
    reread(): Promise<void>;
    find(name: DomainName): ObservedDomain | undefined;
    listed(name: DomainName): ListedDomain | null;
    guest(name: GuestName): ListedDomain | null;
    onTheWay(name: DomainName): string | null;
    goesOn(name: DomainName, incarnation: Incarnation): boolean;
  };
  readonly seeds: Pick<BootSeeds, 'plan' | 'make'>;
  readonly consoles: Pick<ConsoleHost, 'attach'>;
  readonly disks: Pick<DiskHolders, 'conflict' | 'conflictByFiles'>;
  readonly reinstall: ReinstallParts;
  /** What the journal says of the domain's disk; null when it is whole. */
  readonly incompleteDisk: (name: DomainName) => IncompleteDisk | null;
  readonly check: Pick<BootCheck, 'creation' | 'text'>;
  readonly queue: CreateQueue;
  readonly transcripts: Transcripts;
  readonly deadlines: Deadlines;
  /** Whether an HVM guest without Xen drivers is asked by its ACPI button. */
  readonly acpiButton: boolean;
  readonly timings: Timings;
  readonly logger: Logger;
  /** The time of day, milliseconds since the epoch. */
  readonly clock: () => number;
  readonly host: HostClock;
  readonly records: Pick<
    OperationRecords,
    'step' | 'lastSteps' | 'note' | 'noteLate' | 'moved' | 'progressed'
  >;
}
