import type { Action } from './actions.js';
import type { Circumstances, Conditions } from './conditions.js';
import type { KeyType } from './key-types.js';
import type { BootProfileName, CustomerName, DomainName } from './names.js';
import type { Recorded } from './recorded.js';
import type { Role } from './roles.js';

/** Where something stands in a policy file; lines and columns count from 1. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/**
 * Who a rule speaks of. The words in a list are alternatives; an empty list is "not asked for". `customers` and
 * `groups` add up to one question, who; `roles` is a second one, and both must hold.
 */
export interface Subjects {
  /** Logins or globs (`*`, `?`). */
  readonly customers: readonly string[];
  readonly groups: readonly string[];
  readonly roles: readonly Role[];
}

/** Which domains a rule speaks of: exact names, globs (`*`, `?`) or tags, added up. Both empty means every domain. */
export interface Domains {
  readonly names: readonly string[];
  readonly tags: readonly string[];
}

/** One row of the policy. The first row that matches decides. */
export interface Rule {
  /** Unique in the document; given by the admin or made from the place: `rules[3]`. */
  readonly id: string;
  readonly effect: 'allow' | 'deny';
  readonly subjects: Subjects;
  readonly domains: Domains;
  readonly actions: readonly Action[];
  /** For `rescue`: only these profiles match. Empty means every profile. */
  readonly profiles: readonly BootProfileName[];
  /** For `sysrq`: only these keys match. Empty means every key. */
  readonly sysrqKeys: readonly string[];
  /** Null: always. */
  readonly when: Conditions | null;
  /** Shown to the customer when this rule denies. */
  readonly reason: string | null;
  readonly place: Place;
}

/**
 * How often, or how many at once. A limit applies to a request when all of its subjects, domains and actions
 * match; every applying limit must hold.
 */
export interface Limit {
  readonly id: string;
  readonly subjects: Subjects;
  readonly domains: Domains;
  /** The actions that are counted together. */
  readonly actions: readonly Action[];
  /** Counted per customer, per domain whoever asks, or per address that is asked from, of which an IPv6 /64 is one. */
  readonly per: 'customer' | 'domain' | 'source';
  readonly count: number;
  /** The sliding window in seconds; null: how many at once. */
  readonly windowSeconds: number | null;
  /** When it applies; null: always. */
  readonly when: Conditions | null;
  readonly reason: string | null;
  readonly place: Place;
}

/** How many sessions and connections a customer may have open at once. The first that matches counts. */
export interface SessionLimit {
  readonly subjects: Subjects;
  readonly count: number;
  /** How many connections at once; null: as the gate's settings say. */
  readonly connections: number | null;
  /** How long a menu may stand without a key. */
  readonly idle: Idle | null;
  readonly place: Place;
}

/** How long something may stand unused: seconds, or for ever. */
export type Idle = number | 'never';

/** How a console goes for whom it speaks of; null: as the gate's settings say. The first that matches counts. */
export interface ConsoleTerms {
  readonly subjects: Subjects;
  readonly domains: Domains;
  readonly idle: Idle | null;
  /** Whether a shell that is left logged in is sent a Ctrl-D. */
  readonly logOut: boolean | null;
  readonly record: Recorded;
  readonly place: Place;
}

/** Which keys a customer may log in with; null or empty: as the gate's settings say. The first that matches counts. */
export interface KeyRule {
  readonly subjects: Subjects;
  readonly types: readonly KeyType[];
  /** The least that an RSA key must have. */
  readonly rsaBits: number | null;
  /** How many a customer may have. */
  readonly count: number | null;
  /** For how long a key can be used after it was added. */
  readonly maxAgeSeconds: number | null;
  readonly place: Place;
}

/** The whole document: all files in name order, read as one, frozen. */
export interface Policy {
  readonly groups: Readonly<Record<string, readonly CustomerName[]>>;
  readonly tags: Readonly<Record<string, readonly string[]>>;
  readonly rules: readonly Rule[];
  readonly limits: readonly Limit[];
  readonly sessionLimits: readonly SessionLimit[];
  readonly consoleTerms: readonly ConsoleTerms[];
  readonly keyRules: readonly KeyRule[];
}

/** The question. `role` is null when the customer has no row for the domain. */
export interface Request extends Circumstances {
  readonly customer: CustomerName;
  readonly role: Role | null;
  readonly domain: DomainName;
  readonly action: Action;
  /** For `rescue`, the profile asked for; otherwise null. */
  readonly profile: BootProfileName | null;
  /** For `sysrq`, the key asked for; otherwise null. */
  readonly key: string | null;
}

/**
 * How many counted uses there were of a limit's actions since a time; of one without a window, how many there are. Reads nothing but
 * what it is given.
 */
export type Usage = (limit: Limit, since: Date) => number;

/** Why a request is denied: a closed set, tests assert which (house rule 3). */
export type DenialReason =
  | 'no-role'
  | 'rule-denies'
  | 'no-rule'
  | 'limit-reached'
  | 'profile-not-allowed'
  | 'key-not-allowed'
  | 'condition-not-met';

export type Decision =
  | { readonly allow: true; readonly rule: Rule }
  | {
      readonly allow: false;
      readonly reason: DenialReason;
      /** The rule that denied, when one did. */
      readonly rule: Rule | null;
      /** The limit that is used up, when one is. */
      readonly limit: Limit | null;
      /** The sentence for the customer. */
      readonly message: string;
    };
