import type { DomainState } from '../../policy/domain-state.js';
import type { BootProfileName, DomainName } from '../../policy/names.js';
import type { GuestName } from './guest-name.js';
import type { OperationView } from './operation.js';

/** What was seen of one incarnation of a domain. Times are ISO 8601, UTC. */
export interface Observation {
  readonly state: DomainState;
  readonly profile: BootProfileName;
  /** When this state was first seen. */
  readonly since: string;
  /** When the toolstack was last asked. */
  readonly seenAt: string;
}

/** How a console is: `detached` has nothing to attach to, `locked` is had by an admin's own `xl console`. */
export const CONSOLE_STATES = ['attached', 'detached', 'locked'] as const;

export type ConsoleState = (typeof CONSOLE_STATES)[number];

/** A managed domain as dom0 shows it: `GET /domains`, `GET /domains/NAME`. */
export interface DomainView {
  readonly name: DomainName;
  readonly observation: Observation;
  /** Xen's UUID while the domain exists: it identifies this incarnation, never the domain; with xm, all until the next create. */
  readonly incarnation: string | null;
  /** MiB; what is configured when the domain is off, null when neither is known. */
  readonly memoryMiB: number | null;
  readonly vcpus: number | null;
  /** Seconds of CPU used by this incarnation. */
  readonly cpuSeconds: number | null;
  /** Percent of one CPU between the last two observations. */
  readonly cpuPercent: number | null;
  /** The profiles of the contract that this domain can be booted with. */
  readonly profiles: readonly BootProfileName[];
  /** The operation under way on it, or waiting for its turn. */
  readonly operation: OperationView | null;
  readonly console: ConsoleState;
  /** What tells this domain from another one of its name. A dom0 half from before does not say it. */
  readonly configured?: Configured | null;
}

/** Which domain a name means on one host. */
export interface Configured {
  /** Where its configuration fixes one (`uuid=`); lower case. */
  readonly uuid: string | null;
  /**
   * When the host first saw the name, after it had seen that there was none. It stays what it is while the name is there or only
   * missing, over restarts and rewritten files. ISO 8601. Null: it was there when the host's memory began.
   */
  readonly since: string | null;
}

/**
 * Why a name has no configuration that can be read, and still is not gone. `unreadable`: the file cannot be read; `directory`: its directory
 * cannot; `empty`: there is no file at all any more where it was; `device`: another file system is where it was; `unmatched`: the file is
 * there, and no glob of the settings finds it; `unusable`: the file is there, and is no sound configuration; `unread`: the toolstack has not said yet what
 * it makes of the file; `twice`: several files have
 * the name; `many`: more than a few went at once.
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
  /** Where there is more to tell: both files by their names, or what the toolstack says against the file. One printable line. */
  readonly note?: string;
}

/** A name that is gone. */
export interface GoneDomain {
  readonly name: DomainName;
  readonly at: string;
}

/** What a host knows of names besides those that it manages: names and times, and nothing else. */
export interface HostNames {
  /** Guests that exist and are not managed, never Domain-0. Null: not known now, or too many. */
  readonly others: readonly GuestName[] | null;
  readonly missing: readonly MissingDomain[];
  /** The last ones, and not there again. */
  readonly gone: readonly GoneDomain[];
}

/** The most names of each kind that are told. */
export const MOST_NAMES = 10_000;
export const MOST_GONE = 1_000;

/** `GET /domains`. */
export interface DomainList {
  readonly at: string;
  readonly domains: readonly DomainView[];
}

/**
 * One line of `GET /changes` (JSON lines; the first lines are the whole list, then `ready`). `gone`: its
 * configuration file has gone and so has the domain. `beat` comes every 5 s so that silence means loss.
 */
export type Change =
  | { readonly change: 'domain'; readonly domain: DomainView }
  | { readonly change: 'gone'; readonly name: DomainName }
  | { readonly change: 'operation'; readonly operation: OperationView }
  /** Before `ready`, and when any of it changes. A dom0 half from before does not tell it. */
  | ({ readonly change: 'names' } & HostNames)
  | { readonly change: 'ready'; readonly at: string }
  | { readonly change: 'beat'; readonly at: string };
