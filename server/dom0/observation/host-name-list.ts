import type { DomainName } from '../../../policy/names.js';
import { MOST_NAMES } from '../../wire/domain.js';
import type { HostNames } from '../../wire/domain.js';
import { namesOnTheWay } from '../../wire/guest-name.js';
import type { GuestName } from '../../wire/guest-name.js';
import type { Logger } from '../../wire/logger.js';
import type { DomainConfigs } from '../config/domain-configs.js';
import type { KnownNames } from './known-names.js';

/** The log lists this many missing names. */
const MOST_LOGGED = 20;

interface HostNameListParts {
  readonly memory: Pick<KnownNames, 'missing' | 'gone'>;
  readonly configs: Pick<DomainConfigs, 'note'>;
  readonly logger: Logger;
}

/** The names besides the domains: guests that are not managed, and names that are missing or gone. */
export class HostNameList {
  readonly #parts: HostNameListParts;
  readonly #isManaged: (name: GuestName) => boolean;
  /** The guests of the last listing; null: the toolstack does not answer. */
  #guests: ReadonlySet<GuestName> | null = null;
  #named = '';
  #missed = '';

  constructor(parts: HostNameListParts, isManaged: (name: GuestName) => boolean) {
    this.#parts = parts;
    this.#isManaged = isManaged;
  }

  /** @param guests of the latest listing; null: the toolstack does not answer */
  listed(guests: ReadonlySet<GuestName> | null): void {
    this.#guests = guests;
  }

  get(): HostNames {
    const { memory } = this.#parts;
    const others =
      this.#guests === null ? null : [...this.#guests].filter((name) => !this.#isManaged(name)).sort();
    return {
      // A list that would be too long for the wire is sent as unknown.
      others: others === null || others.length > MOST_NAMES ? null : others,
      missing: memory
        .missing()
        .slice(0, MOST_NAMES)
        .map((one) => ({ ...one, ...this.#noteOn(one.name) })),
      gone: memory.gone(),
    };
  }

  /** @returns the names when they have changed since the last call. Logs changes of the missing ones. */
  changed(): HostNames | null {
    const names = this.get();
    const told = JSON.stringify(names);
    if (told === this.#named) return null;
    this.#named = told;
    const missing = names.missing.map(({ name, why }) => `${name}: ${why}`);
    if (missing.join() !== this.#missed)
      this.#parts.logger.warn(
        { missing: missing.slice(0, MOST_LOGGED), count: missing.length },
        'domains.missing',
      );
    this.#missed = missing.join();
    return names;
  }

  /** A guest that is this domain under another name, as during a migration; null when there is none. */
  onTheWay(name: DomainName): GuestName | null {
    return (
      namesOnTheWay(name).find((guest) => this.#guests?.has(guest) === true && !this.#isManaged(guest)) ??
      null
    );
  }

  #noteOn(name: DomainName): { readonly note?: string } {
    const note = this.#parts.configs.note(name);
    return note === undefined ? {} : { note };
  }
}
