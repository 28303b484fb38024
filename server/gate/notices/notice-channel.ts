import type { NoticeMessage } from '../../store/notice-messages.js';

/** One way to a receiver. */
export interface NoticeChannel {
  readonly name: string;
  /** For admins. */
  readonly type: 'command' | 'webhook' | 'mail';
  /** The most notices of one message; more wait for the next. */
  readonly most: number;
  /** The most messages to one receiver in an hour; null: no limit. */
  readonly perHour: number | null;
  /**
   * Sends it, and gives up by itself after a time.
   *
   * @param signal ends the attempt
   * @returns null when the receiver has it; else why not, in half a printable sentence
   */
  deliver(message: NoticeMessage, signal: AbortSignal): Promise<string | null>;
}

/** For channels whose receivers are programs, so that no customer's program can flood a pager. */
export const MOST_PER_HOUR = 360;

/** A message as programs read it: docs/notices.md. */
export function messageJson(site: string, { id, channel, madeAt, notices, more }: NoticeMessage): string {
  return JSON.stringify({ version: 1, id, site, channel, at: madeAt, notices, more });
}
