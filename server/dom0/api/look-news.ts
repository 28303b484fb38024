import type { DomainName } from '../../../policy/names.js';
import { MOST_LOADS } from '../../wire/domain.js';
import type { Change, DomainLoad } from '../../wire/domain.js';
import type { ObservedDomain } from '../observation/observed-domain.js';

interface LookNewsParts {
  /** Tells a change: to all readers, to those who want looks, or to the others. */
  readonly tell: (change: Change) => void;
  readonly tellLook: (change: Change) => void;
  readonly tellPlain: (change: () => Change) => void;
  /** The line for one domain. */
  readonly line: (domain: ObservedDomain) => Change;
  /** Whether something goes on at the domain that no look shows: an operation, the end of a rescue. */
  readonly isUnderWay: (domain: ObservedDomain) => boolean;
  /** The time of day, milliseconds since the epoch. */
  readonly clock: () => number;
}

/**
 * What a look at all domains tells of those that have not changed: one line for all, with what they have used. So
 * readers pay for what has changed. Readers of an older gate are told each domain again.
 */
export class LookNews {
  readonly #parts: LookNewsParts;
  /** Those that had something under way when they were told last. */
  readonly #underWay = new Set<DomainName>();
  #loads: DomainLoad[] = [];

  constructor(parts: LookNewsParts) {
    this.#parts = parts;
  }

  /** A domain is as it was, but for what it has used. */
  seenAgain(domain: ObservedDomain, isUsedMore: boolean): void {
    const { name, listed, cpuPercent } = domain;
    const { tell, tellPlain, line, isUnderWay } = this.#parts;
    const was = this.#underWay.delete(name);
    const is = isUnderWay(domain);
    if (is) this.#underWay.add(name);
    // Its end may be told by nothing else.
    if (is || was) {
      tell(line(domain));
      return;
    }
    tellPlain(() => line(domain));
    if (isUsedMore) this.#loads.push([name, listed?.cpuSeconds ?? null, cpuPercent]);
  }

  forget(name: DomainName): void {
    this.#underWay.delete(name);
  }

  /** All domains were looked at, and told if they had changed. */
  looked(): void {
    const loads = this.#loads;
    this.#loads = [];
    const at = new Date(this.#parts.clock()).toISOString();
    let begin = 0;
    do {
      this.#parts.tellLook({ change: 'looked', at, loads: loads.slice(begin, begin + MOST_LOADS) });
      begin += MOST_LOADS;
    } while (begin < loads.length);
  }
}
