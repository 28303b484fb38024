import type { DomainName, Fingerprint } from '../../../policy/names.js';
import type { Logger } from '../../wire/logger.js';
import type { BootProfiles } from '../boot/boot-profiles.js';
import type { HostClock } from '../scheduling/host-clock.js';
import { isSameIncarnation } from '../toolstack/incarnation.js';
import type { Incarnation } from '../toolstack/incarnation.js';
import type { GuestClaims } from '../toolstack/xenstore.js';
import type { ObservedDomain } from './observed-domain.js';

/** The least and the longest wait between two questions about one boot. */
const FIRST_WAIT_MS = 2_000;
const LONGEST_WAIT_MS = 60_000;
/** The waits grow with the time since the first question: by this part of it. */
const GROWTH = 0.25;
/** More are asked after the next listing. */
const MOST_AT_ONCE = 4;

interface RescueHostKeysParts {
  readonly claims: GuestClaims;
  readonly profiles: Pick<BootProfiles, 'seedOf'>;
  /** The domains, as they were listed last. */
  readonly domains: () => readonly ObservedDomain[];
  readonly host: Pick<HostClock, 'uptime'>;
  readonly logger: Logger;
  /** Called when the key of a domain has become known. */
  readonly changed: (name: DomainName) => void;
}

/** What is known of one boot. Times are the host's uptime, milliseconds. */
interface Known {
  readonly incarnation: Incarnation;
  readonly since: number;
  dueAt: number;
  isAsking: boolean;
  hostKey: Fingerprint | null;
}

/**
 * The SSH host keys that rescue systems say they have. Only boots with a seed disk are asked, because no other has
 * sshd by our image, and each is asked until it has answered once. Nothing waits for an answer.
 */
export class RescueHostKeys {
  readonly #parts: RescueHostKeysParts;
  readonly #known = new Map<DomainName, Known>();
  #asking = 0;
  /** Why the last question could not be asked; null when it could. */
  #trouble: string | null = null;

  constructor(parts: RescueHostKeysParts) {
    this.#parts = parts;
  }

  /** Call it after each listing of the toolstack. */
  looked(): void {
    const domains = this.#parts.domains();
    const rescued = new Set<DomainName>();
    for (const domain of domains) {
      const { name, incarnation } = domain;
      if (incarnation === null || !this.#mayHaveOne(domain)) continue;
      rescued.add(name);
      this.#look(name, incarnation);
    }
    for (const name of this.#known.keys()) if (!rescued.has(name)) this.#known.delete(name);
  }

  /** What the rescue system that a domain runs says; null: nothing, or it runs none with a seed disk. */
  view(domain: ObservedDomain): Fingerprint | null {
    const known = this.#known.get(domain.name);
    if (known === undefined || !this.#mayHaveOne(domain)) return null;
    return isSameIncarnation(known.incarnation, domain.incarnation) ? known.hostKey : null;
  }

  #mayHaveOne({ listed, observation }: ObservedDomain): boolean {
    return listed !== null && this.#parts.profiles.seedOf(observation.profile) !== null;
  }

  #look(name: DomainName, incarnation: Incarnation): void {
    const now = this.#parts.host.uptime();
    let known = this.#known.get(name);
    if (known === undefined || !isSameIncarnation(known.incarnation, incarnation)) {
      known = { incarnation, since: now, dueAt: now, isAsking: false, hostKey: null };
      this.#known.set(name, known);
    }
    if (known.hostKey !== null || known.isAsking || now < known.dueAt || this.#asking >= MOST_AT_ONCE) return;
    void this.#ask(name, known);
  }

  async #ask(name: DomainName, known: Known): Promise<void> {
    const { claims, host, logger, changed } = this.#parts;
    known.isAsking = true;
    this.#asking += 1;
    try {
      known.hostKey = await claims.hostKey(known.incarnation);
      this.#trouble = null;
    } catch (error) {
      // A missing program is missing at every question: it is told once, until one can be asked again.
      const trouble = error instanceof Error ? error.message : String(error);
      const fields = { err: error, domain: name };
      if (trouble === this.#trouble) logger.debug(fields, 'rescue.no-host-key');
      else logger.warn(fields, 'rescue.no-host-key');
      this.#trouble = trouble;
    } finally {
      this.#asking -= 1;
      known.isAsking = false;
    }
    const now = host.uptime();
    const wait = Math.min(LONGEST_WAIT_MS, Math.max(FIRST_WAIT_MS, GROWTH * (now - known.since)));
    known.dueAt = now + wait;
    if (known.hostKey !== null && this.#known.get(name) === known) changed(name);
  }
}
