import type { DomainName } from '../policy/names.js';

/**
 * The log of a console, as a menu gets it: piece by piece, never whole. Positions count the bytes since the log began; a menu
 * gives back those that it was given.
 */

export interface MenuBoot {
  /** Milliseconds since the epoch; null when it was before the customer's time. */
  readonly began: number | null;
  readonly profile: string;
}

/** A line of the log, printable. What was said in one line may be several: they stand at the same place. */
export interface MenuLogLine {
  readonly from: number;
  /** Where the next one begins. */
  readonly to: number;
  readonly text: string;
  /** Whose it is; null when it is not known. */
  readonly boot: MenuBoot | null;
  /** Whether it is the first of its boot. */
  readonly begins: boolean;
}

export interface MenuLogAbout {
  /** False when it was switched off: what was kept before is still there. */
  readonly keeping: boolean;
  /** When it was switched last, milliseconds since the epoch; null when it is not known. */
  readonly switchedAt: number | null;
  /** Otherwise it is the last of what was said, from memory. */
  readonly onDisk: boolean;
}

/** Lines that follow each other, from one position to another. */
export interface MenuLogPiece {
  readonly from: number;
  readonly to: number;
  readonly lines: readonly MenuLogLine[];
  /** Behind them, the line that has not ended yet. */
  readonly open: readonly MenuLogLine[];
  readonly atStart: boolean;
  readonly atEnd: boolean;
  readonly about: MenuLogAbout;
}

/** Which piece is wanted. */
export type LogGo =
  | { readonly go: 'start' | 'end' }
  | { readonly go: 'before' | 'after'; readonly position: number }
  /** The beginning of the boot before, or after, the one that stands there. */
  | { readonly go: 'earlier-boot' | 'later-boot'; readonly position: number };

/** What a menu wants of a log. The first `log` opens it. */
export type LogEffect =
  | { readonly effect: 'log'; readonly domain: DomainName; readonly where: LogGo }
  /** `back`: the last line before the position that has the text, otherwise the first from there on. */
  | {
      readonly effect: 'log-find';
      readonly domain: DomainName;
      readonly text: string;
      readonly position: number;
      readonly back: boolean;
    }
  /** No longer. */
  | { readonly effect: 'log-give-up' }
  /** What comes from now on, as it comes. */
  | { readonly effect: 'log-follow'; readonly domain: DomainName; readonly follow: boolean }
  | { readonly effect: 'log-switch'; readonly domain: DomainName; readonly keep: boolean }
  | { readonly effect: 'log-close' };

/** What a menu is told of a log that it has opened. */
export type LogFact =
  | {
      readonly fact: 'log';
      readonly domain: DomainName;
      readonly where: LogGo['go'];
      readonly piece: MenuLogPiece;
    }
  /** The piece around a line that has what was looked for; `at` is where the line stands. */
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
  /** It is followed no longer, for this reason. */
  | { readonly fact: 'log-rests'; readonly domain: DomainName; readonly message: string }
  /** It can be read no longer. */
  | { readonly fact: 'log-left'; readonly domain: DomainName; readonly message: string };
