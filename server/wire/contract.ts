import type { GuestType } from '../../policy/guest-type.js';
import type { BootProfileName, ImageName, ParameterName } from '../../policy/names.js';
import type { AtEnd } from './rescue-end.js';
import type { SeedKeys } from './seed-key.js';

/**
 * The version of the messages on the socket. dom0 halves are upgraded first. A gate speaks this version and
 * the one before, and uses only what the contract lists. An addition that changes nothing else needs no new
 * version: the contract lists it, and it is sent only to a dom0 that lists it.
 */
export const WIRE_VERSION = 1;

/** The verbs for a domain. The list is closed: dom0 accepts nothing else. */
export const VERBS = [
  'start',
  'shutdown',
  'poweroff',
  'reboot',
  'rescue',
  'normal',
  'reinstall',
  'sysrq',
] as const;

export type Verb = (typeof VERBS)[number];

/** A value that an admin sets for each domain before a profile can be booted. */
export interface ParameterOffer {
  readonly name: ParameterName;
  /** A few words: `suite`. */
  readonly title: string;
  /** The closed list of its values; null when there is none, and dom0 checks by its own rule. */
  readonly values: readonly string[] | null;
  /** The value when nothing is set; null when it must be set. */
  readonly default: string | null;
  /** The customer chooses one of `values`. Missing, as from an older dom0: an admin sets it. */
  readonly chooser?: 'customer';
}

/** A boot profile as dom0 offers it: a name and words, never a path. */
export interface ProfileOffer {
  readonly name: BootProfileName;
  /** A few words for a menu row: `Debian rescue system`. */
  readonly title: string;
  /** What happens to the domain's disks: a sentence for the customer before the confirmation. */
  readonly disks: string;
  /** How to go back to the domain's own system, a sentence for the customer. */
  readonly hint: string;
  /** The types of guests that it can boot. An older dom0 does not send the field; then it may be any. */
  readonly types?: readonly GuestType[];
  /** The parameters of its command line. An older dom0 does not send the field; then there are none. */
  readonly parameters: readonly ParameterOffer[];
  /** Whether it may run without an end, and has none. An older dom0 does not send it. */
  readonly keep?: boolean;
  /** Its end, when its time is over. An older dom0 does not send it. */
  readonly atEnd?: AtEnd;
  /**
   * The profile boots with a seed disk, and the gate sends these keys for it. Missing: it has no seed disk, as at
   * an older dom0, and no keys may be sent.
   */
  readonly seed?: SeedKeys;
}

/** A system image as dom0 offers it: a name and words, never a path. */
export interface ImageOffer {
  readonly name: ImageName;
  /** A few words for a menu row: `Debian 12`. */
  readonly title: string;
  /** The least size of the disk that it is written to, in MiB; null: the image's own size. */
  readonly minimumMiB: number | null;
  /**
   * The bytes that the disk must have: of the image's file now, and of `minimumMiB`. Missing where the file cannot be
   * found, and from an older dom0.
   */
  readonly needsBytes?: number;
  /** Its first boot has a seed disk, and the gate sends these keys for it. Missing: it has none. */
  readonly seed?: SeedKeys;
}

/** `GET /contract`. */
export interface Contract {
  readonly version: typeof WIRE_VERSION;
  /** This Xen host's name, for people. */
  readonly host: string;
  readonly verbs: readonly Verb[];
  readonly profiles: readonly ProfileOffer[];
  /** The system images for `reinstall`. An older dom0 does not send the field; then there are none. */
  readonly images?: readonly ImageOffer[];
  /**
   * Whether dom0 sends the names of guests that it does not manage. An older dom0 does
   * not, and lacks the field.
   */
  readonly names?: boolean;
  /** Whether a rescue can have an end. An older dom0 lacks the field. */
  readonly rescueEnds?: boolean;
  /** Whether an operation that has not begun can be withdrawn. An older dom0 lacks the field. */
  readonly withdrawals?: boolean;
  /** Whether `GET /usage` answers. An older dom0 lacks the field. */
  readonly usage?: boolean;
  /** Whether `GET /changes?looks=1` tells looks. An older dom0 lacks the field. */
  readonly looks?: boolean;
  readonly console: {
    /** Whether Ctrl-] can be sent to the guest: only where the toolstack's console takes another escape. */
    readonly passesEscape: boolean;
    /** The SysRq keys that dom0 allows, single letters or digits. */
    readonly sysrqKeys: readonly string[];
    /**
     * Whether console output is logged on the disk. Only then can a boot be asked for, or a log be followed
     * or switched. An older dom0 lacks the field.
     */
    readonly log: boolean;
    /** Whether a console answers `screen`. An older dom0 does not, and lacks the field. */
    readonly screenText: boolean;
    /** Whether a log tells its boots (`spans=1`), and is found by a UUID. An older dom0 lacks the field. */
    readonly logSpans?: boolean;
    /** Whether `GET /domains/NAME/screen` answers. An older dom0 lacks the field. */
    readonly screen?: boolean;
    /** Whether a console takes `boot=1` in its query. An older dom0 lacks the field. */
    readonly fromBoot?: boolean;
  };
  /** Problems that an admin of the host must fix, a sentence each. Missing when there are none. */
  readonly troubles?: readonly string[];
  /**
   * The files that the settings' globs find and that are not managed, at most {@link MOST_UNMANAGED}. An
   * older dom0 does not send them.
   */
  readonly unmanaged?: readonly UnmanagedFile[];
}

/** A configuration file that is not managed. */
export interface UnmanagedFile {
  /** Its name, without the directory. */
  readonly file: string;
  /** The end of a sentence, one printable line: `it is a pipe`, or the toolstack's words against the file. */
  readonly why: string;
}

export const MOST_UNMANAGED = 200;
