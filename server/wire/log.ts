import type { Actor } from './operation.js';

/** What the answer to `GET /domains/NAME/log` is of, in the header `postern-log`, as JSON. Its body is raw bytes. */
export interface LogFacts {
  /** False when the owner has switched it off: what was kept before is still there. */
  readonly keeping: boolean;
  /** When it was last switched off or on, ISO 8601; null when it never was. */
  readonly switchedAt: string | null;
  /** `memory`: it is not written to the disk, and what is there is the last 256 KiB. */
  readonly place: 'disk' | 'memory';
  /** The boot that was asked for; null when none was asked for, or none is there. */
  readonly boot: LogBoot | null;
  /** Where the body stands, when it was asked for by `bytes`; null otherwise. */
  readonly page: LogPage | null;
}

export interface LogBoot {
  /** When its console began, ISO 8601. */
  readonly at: string;
  readonly profile: string;
}

/** A piece of a log. Positions count the bytes since the log began; one that was given stays what it is. */
export interface LogPage {
  /** Where the body begins and ends. */
  readonly from: number;
  readonly to: number;
  /** What `since` and `boot` leave of the log begins and ends here. */
  readonly start: number;
  readonly end: number;
  /** Whose bytes the body is, oldest first, and from where to where theirs are. */
  readonly boots: readonly (LogBoot & { readonly from: number; readonly to: number })[];
}

export const LOG_HEADER = 'postern-log';

/** Of one page. */
export const LOG_PAGE_BYTES = 256 * 1024;

/** Of one page: a page with more is cut shorter. */
export const LOG_PAGE_BOOTS = 32;

/** `PUT /domains/NAME/log`: the log is kept from now on, or no longer. What is kept stays. */
export interface LogSwitch {
  readonly keep: boolean;
  readonly actor: Actor;
}
