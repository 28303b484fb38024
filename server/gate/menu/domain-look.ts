import { staleAge } from '../../../menus/domain-look.js';
import { percentWord } from '../../../menus/domain-words.js';
import type { MenuDomain } from '../../../menus/menu-domain.js';
import { duration } from '../../../menus/time-words.js';
import type { DomainState } from '../../../policy/domain-state.js';
import type { DomainName } from '../../../policy/names.js';
import { seenAt } from '../hosts/hosts.js';
import type { FoundDomain, Hosts } from '../hosts/hosts.js';

/** How a domain looks in a menu. */
export interface DomainLook {
  /** Equal for two looks that no menu shows differently, but for the age. */
  readonly look: string;
  /** Differs as soon as a menu shows another age. */
  readonly age: string;
  /** When its state shows its age because its host has not looked since; null while it does not. ISO 8601 */
  readonly seen: string | null;
  /** Its load, as menus show it. */
  readonly load: string;
  /** When time alone may change it, besides `staleAt`. Milliseconds since 1970. */
  readonly dueAt: number;
  /** When its state shows its age unless its host looks again. Milliseconds since 1970. */
  readonly staleAt: number;
  /** Whether something counts: an age, an operation. Its menus then hear of each second. */
  readonly moves: boolean;
}

/** A state older than this shows its age. Milliseconds. */
const STALE = 5_000;

const SECOND = 1_000;
/** Less than a second, so that a look that came late in one second of the clock does not miss the next. */
const ALMOST_A_SECOND = 900;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** States that are drawn with something that turns. */
const TURNING: readonly (DomainState | undefined)[] = ['shutting-down', 'rebooting'];

/** Looks at a domain for all menus at once. @param now milliseconds since 1970 */
export function domainLook(
  hosts: Pick<Hosts, 'find' | 'strayOf' | 'moveOf' | 'observation' | 'lack'>,
  name: DomainName,
  now: number,
): DomainLook {
  const found = hosts.find(name);
  const stray = hosts.strayOf(name);
  const move = hosts.moveOf(name);
  const since = found === undefined ? null : Date.parse(found.view.observation.since);
  const reachable = (stray ?? found)?.host.reachable ?? false;
  const staleAt = whenStale(found);
  const isStale = staleAt <= now;
  const view = found?.view;
  const moves =
    found !== undefined &&
    (isStale ||
      !reachable ||
      found.view.operation !== null ||
      (found.view.rescueEnd ?? null) !== null ||
      TURNING.includes(found.view.observation.state));
  const look = JSON.stringify([
    found === undefined ? hosts.lack : [found.host.name, found.host.reachable],
    reachable,
    view && {
      ...view,
      // What no menu shows.
      cpuSeconds: null,
      cpuPercent: percentWord(view.cpuPercent),
      observation: { ...view.observation, seenAt: null },
    },
    stray && [stray.host.name, stray.part],
    move && [move.host.name, move.guest],
    hosts.observation(name),
  ]);
  return {
    look,
    age: since === null ? '' : duration(now - since),
    seen: isStale && found !== undefined ? seenAt(found) : null,
    load: loadWord(found),
    dueAt: moves ? now + ALMOST_A_SECOND : since === null ? Infinity : nextWord(since, now),
    staleAt,
    moves,
  };
}

/** When a domain shows that its host has not looked at it for a while. Milliseconds since 1970. */
export function whenStale(found: FoundDomain | undefined): number {
  return found === undefined ? Infinity : Date.parse(seenAt(found)) + STALE + 1;
}

/** The load of a domain, as menus show it. */
export function loadWord(found: FoundDomain | undefined): string {
  return found === undefined ? '' : percentWord(found.view.cpuPercent);
}

/** When `duration` says something else. */
function nextWord(since: number, now: number): number {
  const time = Math.max(0, now - since);
  const step = time < MINUTE ? SECOND : time < DAY ? MINUTE : HOUR;
  return since + (Math.floor(time / step) + 1) * step;
}

/** In a long list a domain says when it was seen only where that shows. Else each look would make all of them anew. */
export function inLongList(domain: MenuDomain, now: number): MenuDomain {
  return staleAge(domain, now) === null ? { ...domain, seenAt: null } : domain;
}
