import { setTimeout as pause } from 'node:timers/promises';
import type { DomainName } from '../../../policy/names.js';
import type { HostLink } from './host-link.js';
import type { HostMemory } from './host-memory.js';

/** How long after the start somebody waits for hosts that have neither answered nor failed. Milliseconds. */
const FIRST_TRY_MS = 2_000;

/** Waits for the hosts just after the start: an early session must not see them as down. */
export class FirstLook {
  readonly #links: readonly HostLink[];
  readonly #memory: HostMemory;
  readonly #monotonic: () => number;
  /** The end of the time after the start in which hosts are waited for. Milliseconds of the monotonic clock. */
  #triedBy = -Infinity;

  /** @param monotonic a clock that never jumps. Milliseconds. */
  constructor(links: readonly HostLink[], memory: HostMemory, monotonic: () => number) {
    this.#links = links;
    this.#memory = memory;
    this.#monotonic = monotonic;
  }

  /** Call it when the hosts are started. */
  start(): void {
    this.#triedBy = this.#monotonic() + FIRST_TRY_MS;
  }

  /** Settles when each host was tried once, or two seconds after the start: a host may hang. */
  async all(): Promise<void> {
    await this.#inTime(Promise.all(this.#links.map((link) => link.tried)));
  }

  /**
   * Waits, just after the start, for the hosts that may have these domains. A host that had none of them is
   * not waited for. @returns null when there is nothing to wait for
   */
  at(domains: readonly DomainName[]): Promise<void> | null {
    return this.#awaited(domains).length === 0 ? null : this.#look(domains);
  }

  /** A domain that no host has shown, now or before, is expected anywhere. */
  #isExpectedOn(host: HostLink, domain: DomainName): boolean {
    if (this.#memory.hadBefore(host, domain)) return true;
    return !this.#links.some((link) => link.domains.has(domain) || this.#memory.hadBefore(link, domain));
  }

  /** The hosts that are still to be waited for, for these domains. */
  #awaited(domains: readonly DomainName[]): readonly HostLink[] {
    if (this.#monotonic() >= this.#triedBy) return [];
    return this.#links.filter(
      (link) => !link.hasBeenTried && domains.some((domain) => this.#isExpectedOn(link, domain)),
    );
  }

  /** Each host that is tried may show a domain, and then the others are waited for no more. */
  async #look(domains: readonly DomainName[]): Promise<void> {
    for (;;) {
      const awaited = this.#awaited(domains);
      if (awaited.length === 0) return;
      if (!(await this.#inTime(Promise.race(awaited.map((link) => link.tried))))) return;
    }
  }

  /** @returns whether this has settled before the time after the start was over */
  async #inTime(tried: Promise<unknown>): Promise<boolean> {
    const left = this.#triedBy - this.#monotonic();
    if (left <= 0) return false;
    const late = new AbortController();
    const time = pause(left, false, { signal: late.signal }).catch(() => false);
    const settled = await Promise.race([tried.then(() => true), time]);
    late.abort();
    return settled;
  }
}
