import type { DomainState } from '../../policy/domain-state.js';
import type { BootProfileName, DomainName } from '../../policy/names.js';
import type { ConsoleState } from './domain.js';

/**
 * The console stream: `GET /domains/NAME/console` with `Upgrade: postern-console`, then frames both ways.
 *
 * A frame is one kind byte, a length of four bytes (unsigned, big-endian, at most FRAME_LIMIT), then the
 * body. The query has `mode=write|watch`, `cols`, `rows`, `label` (the name that others see for this
 * attachment), `since` (ISO 8601: output from before it is not repainted), `takeover=1`, `pty=0`
 * (nobody looks at a screen: a picture that could not be exact in time is not made again in the midst of the
 * output), `boot=1` (begin with the output of the running boot from its first byte, and not with the screen;
 * only where the contract lists `fromBoot`), and `admin` (the name of an admin of the host, who comes past the gate).
 */
export const CONSOLE_PROTOCOL = 'postern-console';

export const FRAME_HEADER_BYTES = 5;
export const FRAME_LIMIT = 64 * 1024;

/** The bytes that dom0 may send before it gets more credit. Output without credit is skipped, never kept. */
export const INITIAL_CREDIT = 256 * 1024;

/**
 * Each end sends a ping at this interval, milliseconds. After two without an answer the peer counts as lost.
 */
export const PING_INTERVAL_MS = 10_000;

export const FRAME_BYTES = 0;
export const FRAME_NOTE = 1;

export const CONSOLE_MODES = ['write', 'watch'] as const;

export type ConsoleMode = (typeof CONSOLE_MODES)[number];

/** One attachment that is present. */
export interface Presence {
  readonly attachment: number;
  readonly label: string;
  readonly mode: ConsoleMode;
}

/** The text on the kept screen, to guess what the guest is doing, never to show it. */
export interface ScreenText {
  /** The last lines up to the cursor's; the cursor's line ends before the cursor. Printable; never empty. */
  readonly lines: readonly string[];
  /** Whether there is text on the lines below the cursor's. */
  readonly below: boolean;
  /** Whether this is the alternate screen, which full-screen programs use. */
  readonly alternate: boolean;
}

/** The most lines in a `ScreenText`. */
export const SCREEN_TEXT_LINES = 8;

/** Why a console stream ended. An attachment survives reboots, but none of these. */
export const CONSOLE_ENDS = ['domain-gone', 'shutting-down', 'evicted', 'protocol'] as const;

export type ConsoleEnd = (typeof CONSOLE_ENDS)[number];

/** From dom0 to the gate. */
export type ConsoleNote =
  /**
   * The first frame. `mode` may be `watch` although `write` was asked for, when somebody else has the
   * keyboard. `cols` and `rows` are the size that the guest assumes; an older dom0 sends the writer's size.
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
  /** The attachment that has the keyboard now; null when none has. */
  | { readonly note: 'writer'; readonly attachment: number | null; readonly label: string | null }
  | { readonly note: 'joined'; readonly who: Presence }
  | { readonly note: 'left'; readonly who: Presence }
  /** The guest was told another size, or boots anew and knows of none. */
  | { readonly note: 'resized'; readonly cols: number; readonly rows: number }
  /** This many bytes were dropped for lack of credit; the repaint follows. */
  | { readonly note: 'skipped'; readonly bytes: number }
  /** The domain's state or the console's pty changed; the stream goes on. */
  | {
      readonly note: 'state';
      readonly state: DomainState;
      readonly profile: BootProfileName;
      readonly console: ConsoleState;
    }
  /**
   * Another boot than the one on the screen began, ISO 8601. While `silent` it has printed nothing: the
   * screen is the last boot's, and its prompt takes no input. Sent when the boot begins, to newcomers, and
   * before its first byte. An older dom0 does not send it.
   */
  | { readonly note: 'boot'; readonly began: string; readonly silent: boolean }
  /**
   * A migration within the host gave the domain another domid. The next bytes are still this boot's; the ones
   * that came meanwhile may be lost. An older dom0 does not send it, and an older gate ignores it.
   */
  | { readonly note: 'moved' }
  /** A repaint is complete: it has replaced everything on the screen. */
  | { readonly note: 'painted' }
  /** The answer to `screen`; null when the text is not available now. */
  | { readonly note: 'screen'; readonly screen: ScreenText | null }
  | { readonly note: 'ended'; readonly reason: ConsoleEnd }
  | { readonly note: 'ping' | 'pong' };

/** From the gate to dom0. */
export type ConsoleRequest =
  | { readonly note: 'credit'; readonly bytes: number }
  /**
   * The window's new size. `told`: input just before this tells the guest the size. An older dom0 ignores it.
   */
  | { readonly note: 'resize'; readonly cols: number; readonly rows: number; readonly told?: true }
  /** Take the keyboard; answered by `writer`. The gate has authorised it. */
  | { readonly note: 'takeover' }
  /** Give the keyboard back and go on watching. */
  | { readonly note: 'release' }
  /** Paint the present screen again. */
  | { readonly note: 'repaint' }
  /** Ask for the screen as text. Only where the contract lists `screenText`; answered by `screen`. */
  | { readonly note: 'screen' }
  | { readonly note: 'ping' | 'pong' };
