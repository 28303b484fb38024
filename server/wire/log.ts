import type { Actor } from './operation.js';

/**
 * The facts about the answer to `GET /domains/NAME/log`, as JSON in the header
 * `postern-log`. The body is raw bytes.
 */
export interface LogFacts {
  /** False when the owner has switched the log off; earlier output is still there. */
  readonly keeping: boolean;
  /** When it was last switched off or on, ISO 8601; null when it never was. */
  readonly switchedAt: string | null;
  /** `memory`: output is not written to the disk, and the log is its last 256 KiB. */
  readonly place: 'disk' | 'memory';
  /** The boot that was asked for; null when none was, or it is not in the log. */
  readonly boot: LogBoot | null;
  /** The position of the body when the query had `bytes`; null otherwise. */
  readonly page: LogPage | null;
}

export interface LogBoot {
  /** When its console began, ISO 8601. */
  readonly at: string;
  readonly profile: string;
}

/** A piece of a log. Positions count the bytes since the log began, and never change. */
export interface LogPage {
  /** Where the body begins and ends. */
  readonly from: number;
  readonly to: number;
  /** Where the part of the log that `since` and `boot` select begins and ends. */
  readonly start: number;
  readonly end: number;
  /** The boots whose bytes are in the body, oldest first, and where each one's bytes begin and end. */
  readonly boots: readonly (LogBoot & { readonly from: number; readonly to: number })[];
}

export const LOG_HEADER = 'postern-log';

/** The most bytes in one page. */
export const LOG_PAGE_BYTES = 256 * 1024;

/** The most boots in one page: a page with more is shortened. */
export const LOG_PAGE_BOOTS = 32;

/** `PUT /domains/NAME/log`: switches the log on or off. Earlier output stays. */
export interface LogSwitch {
  readonly keep: boolean;
  readonly actor: Actor;
}
