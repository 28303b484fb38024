import type { Canvas } from './canvas.js';
import type { Style } from './frame.js';
import type { MenuDomain } from './menu-domain.js';
import { NORMAL } from '../policy/names.js';
import { underWay } from './state.js';
import {
  unreachableMark,
  doingWord,
  elsewhereWord,
  incompleteWord,
  lockedWord,
  stateWord,
} from './domain-words.js';
import { agoWord } from './time-words.js';

/** Milliseconds. An older observation is shown with its age. */
const FRESH_MS = 5000;

/** A domain's state as a sign, a word and a style. A running operation is shown instead of the state. */
interface DomainLook {
  readonly sign: string;
  readonly word: string;
  readonly style: Style;
}

/**
 * How a domain is shown. During a reboot the toolstack does not list the domain for some seconds, so the
 * operation is shown: nobody should read "off" of a server that comes back.
 */
export function lookOfDomain(domain: MenuDomain, now: number, canvas: Canvas): DomainLook {
  const { signs } = canvas;
  const operation = underWay(domain);
  const turning = signs.spinner[Math.floor(now / 1000) % signs.spinner.length] ?? signs.full;
  if (operation !== null) return { sign: turning, word: doingWord(operation.action), style: 'busy' };
  if (domain.elsewhere !== null)
    return { sign: signs.full, word: elsewhereWord(domain.elsewhere), style: 'busy' };
  const word = stateWord(domain.state);
  if (domain.state !== null && staleAge(domain, now) !== null) return { sign: '?', word, style: 'dim' };
  switch (domain.state) {
    case null:
      return { sign: ' ', word, style: 'dim' };
    case 'running':
      return { sign: signs.full, word: domain.consoleLocked ? lockedWord(word) : word, style: 'good' };
    case 'off':
      if (domain.incomplete !== undefined)
        return { sign: signs.warning, word: incompleteWord(word), style: 'bad' };
      return { sign: signs.hollow, word, style: 'dim' };
    case 'crashed':
      return { sign: signs.warning, word, style: 'bad' };
    case 'shutting-down':
    case 'rebooting':
      return { sign: turning, word, style: 'busy' };
    case 'paused':
      return { sign: '=', word, style: 'busy' };
    case 'unknown':
      return { sign: '?', word, style: 'dim' };
  }
}

/** The age of the observation in milliseconds; null while it is fresh. */
export function staleAge(domain: MenuDomain, now: number): number | null {
  if (domain.seenAt === null) return null;
  const age = now - domain.seenAt;
  return age > FRESH_MS || !domain.reachable ? Math.max(0, age) : null;
}

/** The age in a few words; empty while fresh. */
export function staleWord(domain: MenuDomain, now: number): string {
  if (!domain.reachable) return unreachableMark(domain);
  const age = staleAge(domain, now);
  return age === null ? '' : agoWord(age);
}

export function isNormal(domain: MenuDomain): boolean {
  return domain.profile === null || domain.profile === NORMAL;
}
