import type { Action } from './actions.js';
import type { Circumstances, Conditions } from './conditions.js';
import type { KeyType } from './key-types.js';
import type { BootProfileName, CustomerName, DomainName, ImageName } from './names.js';
import type { Recorded } from './recorded.js';
import type { Role } from './roles.js';

/** A place in a policy file. Lines and columns count from 1. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/**
 * The customers that a rule names. The words in a list are alternatives; an empty list sets no condition.
 * `customers` and `groups` together are one condition, `roles` is another, and both must hold.
 */
export interface Subjects {
  /** Logins or globs (`*`, `?`). */
  readonly customers: readonly string[];
  readonly groups: readonly string[];
  readonly roles: readonly Role[];
}

/**
 * The domains that a rule names: exact names, globs (`*`, `?`) or tags, together. Both empty means every
 * domain.
 */
export interface Domains {
  readonly names: readonly string[];
  readonly tags: readonly string[];
}

/** One row of the policy. The first row that matches decides. */
export interface Rule {
  /** Unique in the document: set by the admin, or made from the place: `rules[3]`. */
  readonly id: string;
  readonly effect: 'allow' | 'deny';
  readonly subjects: Subjects;
  readonly domains: Domains;
  readonly actions: readonly Action[];
  /** For `rescue`: only these profiles match. Empty means every profile. */
  readonly profiles: readonly BootProfileName[];
  /** For `reinstall`: only these system images match. Empty means every image. */
  readonly images: readonly ImageName[];
  /** For `sysrq`: only these keys match. Empty means every key. */
  readonly sysrqKeys: readonly string[];
  /** Null: always. */
  readonly when: Conditions | null;
  /** Shown to the customer when this rule denies. */
  readonly reason: string | null;
  readonly place: Place;
}

/**
 * How often, or how many at once. A limit applies to a request when its subjects, domains, actions and
 * conditions all match. Every limit that applies must hold.
 */
export interface Limit {
  readonly id: string;
  readonly subjects: Subjects;
  readonly domains: Domains;
  /** The actions, counted together. */
  readonly actions: readonly Action[];
  /**
   * Counted for each customer, for each domain (by all customers), or for each source address; an IPv6 /64 is
   * one source.
   */
  readonly per: 'customer' | 'domain' | 'source';
  readonly count: number;
  /** The sliding window in seconds; null counts how many at once. */
  readonly windowSeconds: number | null;
  /** When it applies; null: always. */
  readonly when: Conditions | null;
  readonly reason: string | null;
  readonly place: Place;
}

/** How many sessions and connections a customer may have open at once. The first match counts. */
export interface SessionLimit {
  readonly subjects: Subjects;
  readonly count: number;
  /** Connections at once; null: the gate's settings decide. */
  readonly connections: number | null;
  /** How long a menu may stay without a key. */
  readonly idle: Idle | null;
  readonly place: Place;
}

/** How long something may stay unused: seconds, or for ever. */
export type Idle = number | 'never';

/**
 * The terms of a console, for the customers and domains that it names; null: the gate's settings decide. The
 * first match counts.
 */
export interface ConsoleTerms {
  readonly subjects: Subjects;
  readonly domains: Domains;
  readonly idle: Idle | null;
  /** Whether a shell that was left logged in gets a Ctrl-D. */
  readonly logOut: boolean | null;
  readonly record: Recorded;
  readonly place: Place;
}

/**
 * How long a rescue lasts, for the customers, domains and profiles that it names. The first match counts;
 * without one a rescue has no end unless the customer asks for one.
 */
export interface RescueTerms {
  readonly subjects: Subjects;
  readonly domains: Domains;
  /** Empty means every profile. */
  readonly profiles: readonly BootProfileName[];
  /** When the customer names no length; null: no end. Never more than the maximum. */
  readonly defaultSeconds: number | null;
  /** The most from boot to end, extensions included; null: no maximum. */
  readonly maximumSeconds: number | null;
  readonly place: Place;
}

/**
 * The keys that a customer may log in with; null or empty: the gate's settings decide. The first match
 * counts.
 */
export interface KeyRule {
  readonly subjects: Subjects;
  readonly types: readonly KeyType[];
  /** The least size of an RSA key. */
  readonly rsaBits: number | null;
  /** How many keys a customer may have. */
  readonly count: number | null;
  /** How long a key works after it was added. */
  readonly maxAgeSeconds: number | null;
  /** Whether only a security key may log in, and must have verified its user each time. */
  readonly verified: boolean;
  readonly place: Place;
}

/** The whole document: all files in name order, read as one. Frozen. */
export interface Policy {
  readonly groups: Readonly<Record<string, readonly CustomerName[]>>;
  readonly tags: Readonly<Record<string, readonly string[]>>;
  readonly rules: readonly Rule[];
  readonly limits: readonly Limit[];
  readonly sessionLimits: readonly SessionLimit[];
  readonly consoleTerms: readonly ConsoleTerms[];
  readonly rescueTerms: readonly RescueTerms[];
  readonly keyRules: readonly KeyRule[];
}

/** A question to the policy. `role` is null when the customer has no role on the domain. */
export interface Request extends Circumstances {
  readonly customer: CustomerName;
  readonly role: Role | null;
  readonly domain: DomainName;
  readonly action: Action;
  /** For `rescue`, the requested profile; for `reinstall`, the image; otherwise null. */
  readonly profile: BootProfileName | ImageName | null;
  /** For `sysrq`, the requested key; otherwise null. */
  readonly key: string | null;
}

/**
 * Counts the uses of a limit's actions since a time; for a limit without a window, those that are open now.
 * Reads nothing but its arguments.
 */
export type Usage = (limit: Limit, since: Date) => number;

/** Why a request is denied. A closed set; tests assert which one (house rule 3). */
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
      /** The limit that is reached, when one is. */
      readonly limit: Limit | null;
      /** The sentence for the customer. */
      readonly message: string;
    };
