import type { DomainState } from '../../policy/domain-state.js';
import type { GuestType } from '../../policy/guest-type.js';
import type { BootProfileName, DomainName, Fingerprint, ImageName } from '../../policy/names.js';
import type { Contract } from './contract.js';
import type { GuestName } from './guest-name.js';
import type { OperationView } from './operation.js';
import type { RescueEnd } from './rescue-end.js';

/** An observation of one incarnation of a domain. Times are ISO 8601, UTC. */
export interface Observation {
  readonly state: DomainState;
  readonly profile: BootProfileName;
  /** The beginning of this state, as far as dom0 knows. */
  readonly since: string;
  /** When the toolstack was last asked. */
  readonly seenAt: string;
}

/**
 * The state of a console: `detached` has nothing to attach to, `locked` means that an
 * admin's own `xl console` has it.
 */
export const CONSOLE_STATES = ['attached', 'detached', 'locked'] as const;

export type ConsoleState = (typeof CONSOLE_STATES)[number];

/** A managed domain as dom0 shows it: `GET /domains`, `GET /domains/NAME`. */
export interface DomainView {
  readonly name: DomainName;
  readonly observation: Observation;
  /**
   * Xen's UUID while the domain exists. It identifies this incarnation, never the domain; with xm it stays
   * the same until the next create.
   */
  readonly incarnation: string | null;
  /** MiB; the configured value when the domain is off, null when neither is known. */
  readonly memoryMiB: number | null;
  readonly vcpus: number | null;
  /** Seconds of CPU used by this incarnation. */
  readonly cpuSeconds: number | null;
  /** Percent of one CPU between two observations. */
  readonly cpuPercent: number | null;
  /** What it runs as, or what its configuration says when it is off. Null or missing: not known. */
  readonly type?: GuestType | null;
  /** False: it has no console to attach to. An older dom0 does not send it. */
  readonly textConsole?: boolean;
  /** The profiles of the contract that this domain can be booted with. */
  readonly profiles: readonly BootProfileName[];
  /** The operation under way on the domain, or waiting for its turn. */
  readonly operation: OperationView | null;
  readonly console: ConsoleState;
  /** What distinguishes this domain from another one of the same name. An older dom0 does not send it. */
  readonly configured?: Configured | null;
  /** The end of the rescue that it runs; null when there is none. An older dom0 does not send it. */
  readonly rescueEnd?: RescueEnd | null;
  /**
   * The fingerprint of the SSH host key that its rescue system says it has. It is a claim of the guest. Missing where
   * it says none, and from an older dom0.
   */
  readonly rescueHostKey?: Fingerprint;
  /** The last operation by which dom0 ended a rescue of it. An older dom0 does not send it. */
  readonly lastEnding?: OperationView | null;
  /** The images of the contract that can be written to the first disk. An older dom0 does not send it. */
  readonly images?: readonly ImageName[];
  /** Missing where no image can be written to it, and from an older dom0. */
  readonly firstDisk?: FirstDisk;
  /** Missing where all disks are whole, and from an older dom0. */
  readonly incompleteDisk?: IncompleteDisk;
}

/** The disk that a reinstallation writes to. */
export interface FirstDisk {
  /** The guest's name for it: `xvda`. */
  readonly vdev: string;
  /** Its size; null: not known yet. */
  readonly bytes: number | null;
}

/** A disk that a reinstallation began to write and did not finish. The domain is not started from it. */
export interface IncompleteDisk {
  readonly vdev: string;
  readonly image: ImageName;
  /** ISO 8601. */
  readonly since: string;
}

/** Identifies the domain that a name means on one host. */
export interface Configured {
  /** The UUID that its configuration sets (`uuid=`), lower case; null without one. */
  readonly uuid: string | null;
  /**
   * When the host first saw the name, after it had seen that there was none. It stays the same while the
   * name is present or only missing, over restarts and rewritten files. ISO 8601. Null: the name was there
   * when the host's memory began.
   */
  readonly since: string | null;
}

/**
 * Why a name has no readable configuration, but is not gone.
 * `unreadable`: the file cannot be read. `directory`: its directory cannot be read. `empty`: no usable
 * configuration is left in its directory. `device`: another file system is in its place. `unmatched`: the
 * file is there, but no glob of the settings finds it. `unusable`: the file is there, but is no valid
 * configuration. `unread`: the toolstack has not read the file yet. `twice`: several files have the name.
 * `many`: too many names went at once.
 */
export const MISSING_REASONS = [
  'unreadable',
  'directory',
  'empty',
  'device',
  'unmatched',
  'unusable',
  'unread',
  'twice',
  'many',
] as const;

export type MissingReason = (typeof MISSING_REASONS)[number];

/** A managed name whose configuration cannot be found or read, and that is not gone. */
export interface MissingDomain {
  readonly name: DomainName;
  readonly since: string;
  readonly why: MissingReason;
  /**
   * More about the reason: the files by their names, or the toolstack's words against the
   * file. One printable line.
   */
  readonly note?: string;
}

/** A name that is gone. */
export interface GoneDomain {
  readonly name: DomainName;
  readonly at: string;
}

/** The names that a host knows besides its managed domains: names and times, nothing else. */
export interface HostNames {
  /** Guests that exist and are not managed, never Domain-0. Null: not known now, or too many. */
  readonly others: readonly GuestName[] | null;
  readonly missing: readonly MissingDomain[];
  /** The most recent ones, unless the name has come back. */
  readonly gone: readonly GoneDomain[];
}

/** What a domain has used by a look: its name, `cpuSeconds` and `cpuPercent` of its view. */
export type DomainLoad = readonly [name: DomainName, cpuSeconds: number | null, cpuPercent: number | null];

/** The most loads in one line of `GET /changes`. A look at more of them takes several lines. */
export const MOST_LOADS = 1_000;

/** The most names of each kind that are sent. */
export const MOST_NAMES = 10_000;
export const MOST_GONE = 1_000;

/** The most bytes of a line of `GET /changes`: `MOST_NAMES` names of each kind, with a sentence each, fit in it. */
export const LARGEST_CHANGE = 4 * 1024 * 1024;

/**
 * One line of `GET /changes` (JSON lines; the first lines are the whole list, then `ready`). `gone`: both its
 * configuration file and the domain are gone. `beat` comes every 5 s, so that silence means loss.
 *
 * `looked` comes to those who ask for `?looks=1`: the toolstack has listed all domains. Those that were not told since
 * are as they were told, but for the loads. All others hear of each domain every few seconds instead.
 */
export type Change =
  | { readonly change: 'domain'; readonly domain: DomainView }
  | { readonly change: 'gone'; readonly name: DomainName }
  | { readonly change: 'operation'; readonly operation: OperationView }
  /** Sent before `ready`, and after each change. An older dom0 does not send it. */
  | ({ readonly change: 'names' } & HostNames)
  /** After a reload of the settings, before the domains that it changed. An older gate ignores it. */
  | { readonly change: 'contract'; readonly contract: Contract }
  | { readonly change: 'looked'; readonly at: string; readonly loads: readonly DomainLoad[] }
  | { readonly change: 'ready'; readonly at: string }
  | { readonly change: 'beat'; readonly at: string };
