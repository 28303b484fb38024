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
  /** How many lines there are, when the query had `lines`. Only where the contract lists `logSpans`. */
  readonly lines?: number;
  /** The position of the first byte of the body. A half from before 1.1 does not send it. */
  readonly from?: number;
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

/**
 * The body of an answer to `spans=1`, as JSON: which boots are where in the log. With `uuid=UUID` the log is the
 * one in which a boot has this UUID of Xen's, also when the host manages the name no more. Only where the
 * contract lists `logSpans`.
 */
export interface LogSpans {
  /** Where the part of the log that `since` selects begins and ends. */
  readonly start: number;
  readonly end: number;
  /** Oldest first, the newest {@link MOST_LOG_SPANS}. */
  readonly spans: readonly LogSpan[];
}

export interface LogSpan extends LogBoot {
  readonly from: number;
  readonly to: number;
  /** Xen's UUID of the boot; null where it has none. */
  readonly uuid: string | null;
}

export const MOST_LOG_SPANS = 1_000;

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
