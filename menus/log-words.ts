import type { MenuBoot } from './log-port.js';
import { moment } from './time-words.js';

/** Sentences about the console log, for the menus. */

export function logTitle(domain: string): string {
  return `Console log: ${domain}`;
}

/** The boot that the lines below belong to. */
export function bootSentence(boot: MenuBoot | null): string {
  if (boot === null) return 'From before the first boot that is known';
  const when = boot.began === null ? 'from before your time' : `of ${moment(boot.began)} UTC`;
  return `Boot ${when}, ${boot.profile}`;
}

/** The row between the lines of two boots. */
export function bootRow(boot: MenuBoot): string {
  return `-- ${bootSentence(boot)} --`;
}

export function logOff(since: number | null): string {
  return `Switched off${since === null ? '' : ` since ${moment(since)} UTC`}: console output is not kept.`;
}

export const LOG_IN_MEMORY = 'From memory, the last 256 KiB: the host has no log on its disk just now.';
export const LOG_EMPTY = 'Nothing was said yet.';
export const LOG_FOLLOWS = 'following';
export const LOG_SEARCHES = 'searching ...';
export const LOG_END = 'end';
export const LOG_START = 'beginning';
export const LOG_BEGINS = 'This is where it begins.';
export const LOG_NO_EARLIER = 'There is no earlier boot in it.';
export const LOG_NO_LATER = 'There is no later boot.';
export const LOG_NOTHING_SOUGHT = 'Nothing was looked for yet: / and a text, then Enter.';

export function logNotFound(text: string): string {
  const shown = text.length > 40 ? `${text.slice(0, 40)}...` : text;
  return `There is no more "${shown}" in that direction. n looks further back, N further on.`;
}

export function logSwitchTitle(domain: string, keep: boolean): string {
  return `Switch the log ${keep ? 'on' : 'off'}: ${domain}`;
}

export function logSwitchSentence(domain: string, keep: boolean): string {
  return keep
    ? `The output of the console of ${domain} is kept again.`
    : `The output of the console of ${domain} is kept no longer, until you switch it on again. Older output stays until it is too old.`;
}
