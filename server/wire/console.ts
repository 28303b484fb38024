import type { DomainState } from '../../policy/domain-state.js';
import type { BootProfileName, DomainName } from '../../policy/names.js';
import type { ConsoleState } from './domain.js';

/**
 * The console stream: `GET /domains/NAME/console` with `Upgrade: postern-console`, then frames both ways.
 *
 * A frame is one kind byte, a length of four bytes (unsigned, big-endian, at most FRAME_LIMIT), then the body.
 * The query says `mode=write|watch`, `cols`, `rows`, `label` (how this attachment is called to others), `since`
 * (ISO 8601: nothing the console said before is repainted), `takeover=1`, and `admin` (an admin of the host, by name,
 * who comes past the gate).
 */
export const CONSOLE_PROTOCOL = 'postern-console';

export const FRAME_HEADER_BYTES = 5;
export const FRAME_LIMIT = 64 * 1024;

/** Bytes that dom0 may send before it is given more; what it is not given room for is skipped, never kept. */
export const INITIAL_CREDIT = 256 * 1024;

/** A ping every so many milliseconds from each end; two without an answer and the other end is lost. */
export const PING_INTERVAL_MS = 10_000;

export const FRAME_BYTES = 0;
export const FRAME_NOTE = 1;

export const CONSOLE_MODES = ['write', 'watch'] as const;

export type ConsoleMode = (typeof CONSOLE_MODES)[number];

/** One who is there. */
export interface Presence {
  readonly attachment: number;
  readonly label: string;
  readonly mode: ConsoleMode;
}

/** What stands on the kept screen, as text: for guessing what the guest is at, never for showing it. */
export interface ScreenText {
  /** The last lines up to the cursor's, that one cut off before the cursor. Printable; never empty. */
  readonly lines: readonly string[];
  /** Whether anything stands on the lines below the cursor's. */
  readonly below: boolean;
  /** Whether it is the alternate screen, which full-screen programs use. */
  readonly alternate: boolean;
}

/** How many lines of `ScreenText` there are at most. */
export const SCREEN_TEXT_LINES = 8;

/** Why a console stream ended. The attachment outlives reboots; these are the true ends. */
export const CONSOLE_ENDS = ['domain-gone', 'shutting-down', 'evicted', 'protocol'] as const;

export type ConsoleEnd = (typeof CONSOLE_ENDS)[number];

/** From dom0 to the gate. */
export type ConsoleNote =
  /**
   * The first frame. `mode` may be `watch` although `write` was asked for: somebody else has the keyboard. `cols` and `rows` are what the
   * guest takes its terminal for; a dom0 half from before says the writer's size.
   */
  | {
      readonly note: 'attached';
      readonly attachment: number;
      readonly domain: DomainName;
      readonly mode: ConsoleMode;
      readonly present: readonly Presence[];
      readonly cols: number;
      readonly rows: number;
    }
  /** Who holds the keyboard now; null when nobody does. */
  | { readonly note: 'writer'; readonly attachment: number | null; readonly label: string | null }
  | { readonly note: 'joined'; readonly who: Presence }
  | { readonly note: 'left'; readonly who: Presence }
  /** The guest was told another size, or boots anew and knows of none. */
  | { readonly note: 'resized'; readonly cols: number; readonly rows: number }
  /** So many bytes were dropped for want of credit; what follows is the repaint. */
  | { readonly note: 'skipped'; readonly bytes: number }
  /** The domain's state or the console's pty changed: the stream stays. */
  | {
      readonly note: 'state';
      readonly state: DomainState;
      readonly profile: BootProfileName;
      readonly console: ConsoleState;
    }
  /**
   * Another boot than that on the screen began, ISO 8601. While it is `silent` it has said nothing: the screen is the one before's, and its
   * prompt takes nothing. Told when it begins, to who comes meanwhile, and before its first byte; a dom0 half from before tells nothing.
   */
  | { readonly note: 'boot'; readonly began: string; readonly silent: boolean }
  /** A repaint is out: whatever stood on the screen before is gone. */
  | { readonly note: 'painted' }
  /** The answer to `screen`; null when it cannot be had now. */
  | { readonly note: 'screen'; readonly screen: ScreenText | null }
  | { readonly note: 'ended'; readonly reason: ConsoleEnd }
  | { readonly note: 'ping' | 'pong' };

/** From the gate to dom0. */
export type ConsoleRequest =
  | { readonly note: 'credit'; readonly bytes: number }
  /** The window has this size. `told`: what was typed before this tells the guest so; a dom0 half from before takes no notice of it. */
  | { readonly note: 'resize'; readonly cols: number; readonly rows: number; readonly told?: true }
  /** Take the keyboard; answered by `writer`. The gate has authorised it. */
  | { readonly note: 'takeover' }
  /** Give the keyboard back and watch on. */
  | { readonly note: 'release' }
  /** Paint the screen as it is now, again. */
  | { readonly note: 'repaint' }
  /** What does the screen say? Only where the contract lists `screenText`; answered by `screen`. */
  | { readonly note: 'screen' }
  | { readonly note: 'ping' | 'pong' };
