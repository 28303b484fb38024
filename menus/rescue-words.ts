import type { Fingerprint } from '../policy/names.js';
import type { MenuRescueEnd } from './menu-domain.js';
import { duration, moment } from './time-words.js';

/** Words for the end of a rescue, for the menus and the gate. */

const THEN: Readonly<Record<MenuRescueEnd['then'], string>> = {
  normal: 'then it boots normally',
  reset: 'then it boots normally',
  poweroff: 'then it is switched off',
};

/** @param seconds from the boot to the end */
export function rescueLasts(seconds: number): string {
  return `The rescue ends ${duration(seconds * 1000)} after its boot.`;
}

const MINUTE_MS = 60_000;

/** Whether customers are warned, as on the console. @param left milliseconds to the end */
export function rescueEndsSoon(left: number): boolean {
  return left <= 15 * MINUTE_MS;
}

/** @param left milliseconds to the end */
function hurry(left: number): string {
  if (!rescueEndsSoon(left)) return '';
  return left <= 5 * MINUTE_MS ? ': save your work now' : ': save your work';
}

/** `Its rescue ends in 2 h 5 min, then it boots normally.` @param now milliseconds since the epoch */
export function rescueEndSentence({ at, then, retryAt, why }: MenuRescueEnd, now: number): string {
  if (now < at) return `Its rescue ends in ${duration(at - now)}, ${THEN[then]}${hurry(at - now)}.`;
  const over = 'The time of its rescue is over';
  if (why === 'paused')
    return `${over}. Its host's operators have paused it: it ends when they let it go on.`;
  if (retryAt === null) return `${over}.`;
  const wait = duration(retryAt - now);
  return why === 'failed'
    ? `${over}, and its host could not end it: the next try is in ${wait}.`
    : `${over}, and it did not shut down: it is asked again in ${wait}.`;
}

/** As `rescueEndSentence`, for a table. */
export function rescueEndWord({ at }: Pick<MenuRescueEnd, 'at'>, now: number): string {
  return now < at ? `${duration(at - now)} left` : 'over';
}

/** @param at milliseconds since the epoch */
export function rescueExtended(domain: string, at: number, now: number): string {
  return `The rescue of ${domain} ends at ${moment(at)} UTC, in ${duration(at - now)}.`;
}

/** As `rescueEndSentence`, for the page of a server. */
export function rescueEndShort({ at, retryAt, why }: MenuRescueEnd, now: number): string {
  if (now < at) return `It ends in ${duration(at - now)}${hurry(at - now)}.`;
  if (why === 'paused') return 'Its time is over; it is paused.';
  return retryAt === null ? 'Its time is over.' : `Its time is over; next try in ${duration(retryAt - now)}.`;
}

/** The rescue system may be wrong or lie, so the words say who says it. */
export function rescueHostKeySentence(fingerprint: Fingerprint): string {
  return `Its rescue system says: SSH host key ${fingerprint}. Compare it at your first login.`;
}

/** As `rescueHostKeySentence`, for the page of a server. */
export function rescueHostKeyShort(fingerprint: Fingerprint): string {
  return `It says: SSH host key ${fingerprint}`;
}

/** @param seconds null: no end */
export function rescueTimeSentence(seconds: number | null): string {
  return seconds === null ? 'It has no end.' : `It ends ${duration(seconds * 1000)} after its boot.`;
}

export const TIME_BY_ARROWS = 'Up and Down choose another time.';
export const TIME_BY_LINE = 'Another time: "for 2h" (90m, 1d) and Enter.';

/** @param most seconds; null: no maximum */
export function noSuchTime(most: number | null): string {
  const limit = most === null ? '366 d' : duration(most * 1000);
  return `That is no time: for 90m, for 2h or for 1d, at most ${limit}.`;
}
