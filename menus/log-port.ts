import type { DomainName } from '../policy/names.js';

/**
 * The console log as a menu gets it: piece by piece, never whole. Positions count bytes since the log began;
 * a menu only returns positions that it was given.
 */

export interface MenuBoot {
  /** Milliseconds since the epoch; null when it was before the customer's time. */
  readonly began: number | null;
  readonly profile: string;
}

/** A printable line of the log. One line of the console may become several, all at the same position. */
export interface MenuLogLine {
  readonly from: number;
  /** The position where the next line begins. */
  readonly to: number;
  readonly text: string;
  /** The boot that it belongs to; null when unknown. */
  readonly boot: MenuBoot | null;
  /** Whether it is the first line of its boot. */
  readonly begins: boolean;
}

export interface MenuLogAbout {
  /** False when the log is switched off; earlier output is still there. */
  readonly keeping: boolean;
  /** When it was last switched, in milliseconds since the epoch; null when unknown. */
  readonly switchedAt: number | null;
  /** False when the lines are only the latest output, from memory. */
  readonly onDisk: boolean;
}

/** Consecutive lines, from one position to another. */
export interface MenuLogPiece {
  readonly from: number;
  readonly to: number;
  readonly lines: readonly MenuLogLine[];
  /** The unfinished last line, after `lines`. */
  readonly open: readonly MenuLogLine[];
  readonly atStart: boolean;
  readonly atEnd: boolean;
  readonly about: MenuLogAbout;
}

/** The piece to fetch. */
export type LogGo =
  | { readonly go: 'start' | 'end' }
  | { readonly go: 'before' | 'after'; readonly position: number }
  /** The start of the boot before or after the one at this position. */
  | { readonly go: 'earlier-boot' | 'later-boot'; readonly position: number };

/** Effects on a console log. The first `log` opens it. */
export type LogEffect =
  | { readonly effect: 'log'; readonly domain: DomainName; readonly where: LogGo }
  /**
   * `back`: find the last line before the position that contains the text; otherwise the first from the
   * position on.
   */
  | {
      readonly effect: 'log-find';
      readonly domain: DomainName;
      readonly text: string;
      readonly position: number;
      readonly back: boolean;
    }
  /** Stop searching. */
  | { readonly effect: 'log-give-up' }
  /** Follow new output as it arrives, or stop. */
  | { readonly effect: 'log-follow'; readonly domain: DomainName; readonly follow: boolean }
  | { readonly effect: 'log-switch'; readonly domain: DomainName; readonly keep: boolean }
  | { readonly effect: 'log-close' };

/** Facts about a log that the menu has opened. */
export type LogFact =
  | {
      readonly fact: 'log';
      readonly domain: DomainName;
      readonly where: LogGo['go'];
      readonly piece: MenuLogPiece;
    }
  /** The piece around a line with the text that was searched; `at` is the line's position. */
  | {
      readonly fact: 'log-found';
      readonly domain: DomainName;
      readonly piece: MenuLogPiece;
      readonly at: number;
    }
  | {
      readonly fact: 'log-missing';
      readonly domain: DomainName;
      readonly what: 'text' | 'earlier-boot' | 'later-boot';
    }
  | { readonly fact: 'log-about'; readonly domain: DomainName; readonly about: MenuLogAbout }
  /** Following has stopped; `message` says why. */
  | { readonly fact: 'log-rests'; readonly domain: DomainName; readonly message: string }
  /** The log can no longer be read. */
  | { readonly fact: 'log-left'; readonly domain: DomainName; readonly message: string };
