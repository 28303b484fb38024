import type { BootProfileName } from '../../policy/names.js';

/**
 * The version of what crosses the socket. dom0 halves are upgraded first; a gate speaks this one and the one
 * before, and uses only what the contract lists.
 */
export const WIRE_VERSION = 1;

/** What can be done to a domain. The closed list: dom0 accepts nothing else. */
export const VERBS = ['start', 'shutdown', 'poweroff', 'reboot', 'rescue', 'normal', 'sysrq'] as const;

export type Verb = (typeof VERBS)[number];

/** The verbs that take a boot profile: `rescue` needs one. */
export const PROFILE_VERBS = ['rescue'] as const satisfies readonly Verb[];

/** A boot profile as dom0 offers it: a name and words, never a path. */
export interface ProfileOffer {
  readonly name: BootProfileName;
  /** A few words for a menu row: `Debian rescue system`. */
  readonly title: string;
  /** What happens to the domain's disks, a sentence for the customer before they confirm. */
  readonly disks: string;
  /** How to go back to the domain's own system, a sentence for the customer. */
  readonly hint: string;
}

/** `GET /contract`. */
export interface Contract {
  readonly version: typeof WIRE_VERSION;
  /** This Xen host's name, for people. */
  readonly host: string;
  readonly verbs: readonly Verb[];
  readonly profiles: readonly ProfileOffer[];
  readonly console: {
    /** Whether Ctrl-] can be sent to the guest: only where the toolstack's console takes another escape. */
    readonly passesEscape: boolean;
    /** SysRq keys that dom0 lets through, single letters or digits. */
    readonly sysrqKeys: readonly string[];
  };
}
