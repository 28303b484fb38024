import type { Action } from '../policy/actions.js';
import type { DomainState } from '../policy/domain-state.js';
import type { GuestType } from '../policy/guest-type.js';
import type { BootProfileName, CustomerName, DomainName, Fingerprint, ImageName } from '../policy/names.js';
import type { Recorded } from '../policy/recorded.js';
import type { RefusalCode } from '../policy/refusal.js';
import type { Role } from '../policy/roles.js';

/** Whether policy allows an action now. The gate asks policy again when it is chosen. */
export type Offer =
  | { readonly offered: true }
  | { readonly offered: false; readonly code: RefusalCode; readonly reason: string };

/** A running or just ended operation, as the menu shows it. Times are milliseconds since the epoch. */
export interface MenuOperation {
  readonly id: string;
  readonly action: Action;
  /** Of a reinstallation the image. */
  readonly profile: BootProfileName | ImageName | null;
  readonly phase: 'queued' | 'running' | 'done' | 'failed' | 'superseded';
  readonly step: string;
  readonly place: number;
  readonly startedAt: number;
  readonly deadlineAt: number | null;
  readonly by: CustomerName;
  /** Whether nobody asked: its rescue was over. */
  readonly endsRescue?: boolean;
  /** The reason, when it failed. */
  readonly message: string | null;
  /** How far a disk is written; missing when none is. */
  readonly progress?: WritingProgress;
}

export interface WritingProgress {
  /** Bytes. */
  readonly done: number;
  readonly total: number;
  readonly secondsLeft: number | null;
}

/** The disk that a reinstallation writes to. */
export interface FirstDisk {
  readonly vdev: string;
  /** Null: not known yet. */
  readonly bytes: number | null;
}

/** A system image for a reinstallation. */
export interface MenuImage {
  readonly name: ImageName;
  readonly title: string;
  /** The least size of the disk; null: the image's own. */
  readonly minimumMiB: number | null;
  /** Whose keys may log in to the new system, a sentence; empty: nobody's. */
  readonly keys: string;
  /** Why it cannot be chosen; null when it can. */
  readonly refused: string | null;
}

export interface MenuProfile {
  readonly name: BootProfileName;
  readonly title: string;
  readonly disks: string;
  readonly hint: string;
  /** The profile's parameters, with their values for this domain. */
  readonly parameters: readonly MenuParameter[];
  /** Why it cannot be chosen; null when it can. */
  readonly refused: string | null;
  /** How long a rescue with it lasts, in seconds; missing where it cannot have an end. */
  readonly times?: RescueTimes;
}

/** Seconds. */
export interface RescueTimes {
  /** Without a choice; null: no end. */
  readonly usual: number | null;
  /** At most; null: as long as one likes. */
  readonly most: number | null;
}

export interface MenuParameter {
  readonly name: string;
  readonly title: string;
  /** The choices that the customer has; null when it is set. */
  readonly choices: readonly string[] | null;
  /** Null until somebody sets it. */
  readonly value: string | null;
}

/** The end of the rescue that a domain runs. Times are milliseconds since the epoch. */
export interface MenuRescueEnd {
  readonly at: number;
  /** The host does this at that time. */
  readonly then: 'normal' | 'reset' | 'poweroff';
  /** When it is tried again, after a try that did not end it; null before. */
  readonly retryAt: number | null;
  /** Why it still runs when its time is over. Missing: nothing hindered the end, or its host does not say. */
  readonly why?: 'ignored' | 'paused' | 'failed';
}

/**
 * No host that answers has the domain. `nowhere`: and all hosts answer; `unheard`: it may be on one that does not.
 */
export type Lack = 'nowhere' | 'unheard';

/** One domain of this customer, as last heard. `state` is null until dom0 answers for the first time. */
export interface MenuDomain {
  readonly name: DomainName;
  readonly role: Role;
  readonly state: DomainState | null;
  readonly profile: BootProfileName | null;
  readonly since: number | null;
  /** When the toolstack was last asked. After 5 s the menu shows the age. */
  readonly seenAt: number | null;
  /** False when the Xen host does not answer, or there is none. */
  readonly reachable: boolean;
  /** Missing where a host has shown it, or none answers. */
  readonly lack?: Lack;
  /** Null when the host does not say. */
  readonly type: GuestType | null;
  /** Whether it has a console to attach to. */
  readonly textConsole: boolean;
  readonly memoryMiB: number | null;
  readonly vcpus: number | null;
  readonly cpuPercent: number | null;
  readonly profiles: readonly MenuProfile[];
  /** Missing when there are none. */
  readonly images?: readonly MenuImage[];
  /** Missing where no image can be written to it. */
  readonly firstDisk?: FirstDisk;
  /** A reinstallation of this image was not finished, so the domain does not start; missing otherwise. */
  readonly incomplete?: ImageName;
  readonly operation: MenuOperation | null;
  /** Null when it runs no rescue, or one without an end. */
  readonly rescueEnd: MenuRescueEnd | null;
  /** The fingerprint of the SSH host key that its rescue system says it has; missing when it says none. */
  readonly rescueHostKey?: Fingerprint;
  /** Whether an administrator of the host holds its console alone. */
  readonly consoleLocked: boolean;
  /**
   * The host on which it runs without being managed there, which also gave its state, or the one by which it
   * is seen to move. No change is possible then.
   */
  readonly elsewhere: { readonly host: string; readonly moving: boolean } | null;
  /** The part of an attachment to its console that is recorded. */
  readonly recorded: Recorded;
  readonly offers: Readonly<Record<Action, Offer>>;
}
