import type { BootProfileName, ParameterName } from '../../policy/names.js';

/**
 * The version of what crosses the socket. dom0 halves are upgraded first; a gate speaks this one and the one
 * before, and uses only what the contract lists. What is added without changing what was there needs no new
 * version: it is listed, and sent only to who lists it.
 */
export const WIRE_VERSION = 1;

/** What can be done to a domain. The closed list: dom0 accepts nothing else. */
export const VERBS = ['start', 'shutdown', 'poweroff', 'reboot', 'rescue', 'normal', 'sysrq'] as const;

export type Verb = (typeof VERBS)[number];

/** What an admin sets for each domain before a profile can be booted. */
export interface ParameterOffer {
  readonly name: ParameterName;
  /** A few words: `suite`. */
  readonly title: string;
  /** The closed list of its values; null when there is none, and dom0 judges by a rule of its own. */
  readonly values: readonly string[] | null;
  /** What it is when nothing is set; null when it must be set. */
  readonly default: string | null;
}

/** A boot profile as dom0 offers it: a name and words, never a path. */
export interface ProfileOffer {
  readonly name: BootProfileName;
  /** A few words for a menu row: `Debian rescue system`. */
  readonly title: string;
  /** What happens to the domain's disks, a sentence for the customer before they confirm. */
  readonly disks: string;
  /** How to go back to the domain's own system, a sentence for the customer. */
  readonly hint: string;
  /** Those that its command line has. A dom0 half from before there were any does not say so: there are none then. */
  readonly parameters: readonly ParameterOffer[];
}

/** `GET /contract`. */
export interface Contract {
  readonly version: typeof WIRE_VERSION;
  /** This Xen host's name, for people. */
  readonly host: string;
  readonly verbs: readonly Verb[];
  readonly profiles: readonly ProfileOffer[];
  /** Whether it tells the names of what runs here and is not managed. A dom0 half from before does not say so: it does not then. */
  readonly names?: boolean;
  readonly console: {
    /** Whether Ctrl-] can be sent to the guest: only where the toolstack's console takes another escape. */
    readonly passesEscape: boolean;
    /** SysRq keys that dom0 lets through, single letters or digits. */
    readonly sysrqKeys: readonly string[];
    /** Whether what they say is kept on the disk: only then can a boot be asked for, or a log followed or switched. A dom0 half from before does not say so. */
    readonly log: boolean;
    /** Whether a console answers `screen`. A dom0 half from before it did does not say so: it does not then. */
    readonly screenText: boolean;
  };
  /** What an admin of the host must see to, a sentence each. Left out when there is nothing. */
  readonly troubles?: readonly string[];
  /** The files that the settings' globs find and that are not managed, at most {@link MOST_UNMANAGED}. A half from before does not tell them. */
  readonly unmanaged?: readonly UnmanagedFile[];
}

/** A configuration file that is not managed. */
export interface UnmanagedFile {
  /** Its name, without the directory. */
  readonly file: string;
  /** The end of a sentence, of one printable line: `it is a pipe`, or what the toolstack says against it. */
  readonly why: string;
}

export const MOST_UNMANAGED = 200;
