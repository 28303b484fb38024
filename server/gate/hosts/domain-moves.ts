import { isSeenAlive } from '../../../policy/domain-state.js';
import type { DomainName } from '../../../policy/names.js';
import { namesOnTheWay, partOf } from '../../wire/guest-name.js';
import type { GuestName } from '../../wire/guest-name.js';
import type { HostLink } from './host-link.js';
import type { HostMemory } from './host-memory.js';

/** A migration of a domain, as `xl migrate` shows it while it goes on, or after it has failed half-way. */
export interface Move {
  /** The host on which the domain is under a name of its way. */
  readonly host: HostLink;
  readonly guest: GuestName;
}

/** How long a domain that no host shows any more may still arrive. Milliseconds. */
export const AWAY_MS = 5_000;

/** Tells which domains are between two hosts. */
export class DomainMoves {
  readonly #links: readonly HostLink[];
  readonly #memory: HostMemory;
  readonly #isStray: (domain: DomainName) => boolean;
  readonly #monotonic: () => number;
  /** When each domain was last away. Milliseconds of the monotonic clock. */
  readonly #awayAt = new Map<DomainName, number>();

  /**
   * @param isStray whether the domain is on a host that does not manage it
   * @param monotonic a clock that never jumps. Milliseconds.
   */
  constructor(
    links: readonly HostLink[],
    memory: HostMemory,
    isStray: (domain: DomainName) => boolean,
    monotonic: () => number,
  ) {
    this.#links = links;
    this.#memory = memory;
    this.#isStray = isStray;
    this.#monotonic = monotonic;
  }

  /**
   * The migration of the domain; null when none is seen. It is over when no host that answers has the domain
   * under a name of its way. A host that is silent counts as it was last heard, until the domain is seen to
   * run on another.
   */
  of(domain: DomainName): Move | null {
    const moves = this.#links.flatMap((host) => {
      const guest = this.#guestOnTheWay(host, domain);
      return guest === undefined ? [] : [{ host, guest }];
    });
    const arriving = moves.find(({ guest }) => partOf(domain, guest) === 'arriving');
    const move = moves.find(({ host }) => host.reachable) ?? arriving ?? moves[0] ?? null;
    if (move === null) return null;
    return move.host.reachable || !this.#isSeenToRun(domain) ? (arriving ?? move) : null;
  }

  /**
   * Whether the domain is on its way, or runs where it is not managed: it may come back at any moment. It is
   * also true for five seconds after the question was last answered so: two hosts do not speak at once.
   */
  isAway(domain: DomainName): boolean {
    const now = this.#monotonic();
    if (this.of(domain) !== null || this.#isStray(domain)) {
      this.#awayAt.set(domain, now);
      return true;
    }
    if (now - (this.#awayAt.get(domain) ?? -Infinity) < AWAY_MS) return true;
    this.#awayAt.delete(domain);
    return false;
  }

  /** Whether a host that answers shows that the domain runs there, managed or not. */
  #isSeenToRun(domain: DomainName): boolean {
    return this.#links.some((host) => {
      if (isAliveOn(host, domain)) return true;
      return host.reachable && this.#memory.guestOf(host, domain)?.part === 'runs';
    });
  }

  #guestOnTheWay(host: HostLink, domain: DomainName): GuestName | undefined {
    return this.#memory.movingGuestOf(host, domain) ?? movingView(domain, host);
  }
}

/** Whether the host shows now that the domain exists there and is managed. */
export function isAliveOn(host: HostLink, domain: DomainName): boolean {
  const state = host.domains.get(domain)?.observation.state;
  return host.reachable && state !== undefined && isSeenAlive(state);
}

/** The name of a managed domain, not off, that is one of this domain's names on its way from host to host. */
export function movingView(domain: DomainName, host: HostLink): GuestName | undefined {
  return namesOnTheWay(domain)
    .filter((name) => name.startsWith(domain))
    .find((name) => {
      const state = host.domains.get(name as DomainName)?.observation.state;
      return state !== undefined && state !== 'off';
    });
}
