import type { Fact, MenuDomain } from '../../../menus/port.js';
import type { Logger } from '../../wire/logger.js';
import { OwnDomains } from '../customer/own-domains.js';
import type { OwnDomainsParts } from '../customer/own-domains.js';
import type { SlicedQueue } from '../scheduling/sliced-queue.js';
import type { Identity } from '../session/identity.js';
import { MenuClock } from './menu-clock.js';

export interface MenuDomainsParts {
  readonly ownDomains: OwnDomainsParts;
  /** The queue in which all menus make their lists anew. */
  readonly refreshes: Pick<SlicedQueue, 'add'>;
  readonly log: Logger;
}

/** News of the domains are told together, at most this often. Milliseconds. */
const TOGETHER = 200;

/** The customer's domains as the menu shows them. It tells the menu the list when it has changed. */
export class MenuDomains {
  readonly #parts: MenuDomainsParts;
  readonly #connection: string;
  readonly #own: OwnDomains;
  readonly #tell: (fact: Fact) => void;
  readonly #clock: MenuClock;
  #told: readonly MenuDomain[] = [];
  #pending: NodeJS.Timeout | null = null;
  #shown = true;
  #over = false;

  constructor(parts: MenuDomainsParts, identity: Identity, tell: (fact: Fact) => void) {
    this.#parts = parts;
    this.#connection = identity.connection;
    this.#own = new OwnDomains(parts.ownDomains, identity);
    this.#tell = tell;
    this.#clock = new MenuClock((now) => {
      tell({ fact: 'tick', now });
    });
  }

  /** Lists them for the first time. */
  start(): readonly MenuDomain[] {
    this.#told = this.#own.list();
    this.#clock.watch(this.#told);
    return this.#told;
  }

  /** Whether the menu shows this domain. */
  has(name: string): boolean {
    return this.#told.some((domain) => domain.name === name);
  }

  /** Tells the list soon: something has changed that the hosts say. */
  soon(): void {
    if (this.#over) return;
    this.#pending ??= setTimeout(() => {
      this.#parts.refreshes.add(this.#refresh);
    }, TOGETHER);
  }

  /** Tells the list soon, with the rights looked up again. */
  soonAnew(): void {
    this.#own.forget();
    this.soon();
  }

  /** Tells the list at once. When it cannot be made, the menu keeps the one that it has. */
  tellNow(): void {
    this.#forgetPending();
    if (this.#over) return;
    try {
      this.#told = this.#own.list();
    } catch (fault) {
      this.#parts.log.error({ connection: this.#connection, err: fault }, 'the domains could not be listed');
      return;
    }
    this.#tell({ fact: 'domains', domains: this.#told });
    if (this.#shown) this.#clock.watch(this.#told);
  }

  /** The menu does not show them: no age counts up. */
  hide(): void {
    this.#shown = false;
    this.#clock.stop();
  }

  /** The menu shows them again, and is told the list soon. */
  show(): void {
    this.#shown = true;
    this.soon();
  }

  dispose(): void {
    this.#over = true;
    this.#forgetPending();
    this.#clock.stop();
  }

  readonly #refresh = (): void => {
    if (this.#pending !== null) this.tellNow();
  };

  #forgetPending(): void {
    if (this.#pending !== null) clearTimeout(this.#pending);
    this.#pending = null;
  }
}
