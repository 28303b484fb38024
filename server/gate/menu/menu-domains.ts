import type { Fact, MenuDomain } from '../../../menus/port.js';
import type { CustomerName } from '../../../policy/names.js';
import type { Logger } from '../../wire/logger.js';
import { OwnDomains } from '../customer/own-domains.js';
import type { OwnDomainsParts } from '../customer/own-domains.js';
import type { SharedAnswers } from '../customer/shared-answers.js';
import type { SlicedQueue } from '../scheduling/sliced-queue.js';
import type { Identity } from '../session/identity.js';
import type { Entry, ShowingMenu, ShownDomains } from './shown-domains.js';

export interface MenuDomainsParts {
  readonly ownDomains: OwnDomainsParts;
  /** Policy's answers, for all menus. */
  readonly answers: SharedAnswers;
  readonly shownDomains: Pick<ShownDomains, 'join' | 'leave' | 'show' | 'touched'>;
  /** The queue in which all menus make their lists anew. */
  readonly refreshes: Pick<SlicedQueue, 'add'>;
  readonly log: Logger;
}

/** News of the domains are told together, at most this often. Milliseconds. */
const TOGETHER = 200;

/** A list older than this is made anew when somebody types. Milliseconds. */
const OLD = 1_000;

/** The customer's domains as the menu shows them. It tells the menu the list when it has changed. */
export class MenuDomains implements ShowingMenu {
  readonly customer: CustomerName;
  readonly #parts: MenuDomainsParts;
  readonly #connection: string;
  readonly #own: OwnDomains;
  readonly #tell: (fact: Fact) => void;
  readonly #onRest: () => void;
  readonly #entry: Entry;
  #told: readonly MenuDomain[] = [];
  #toldAt = 0;
  #pending: NodeJS.Timeout | null = null;
  #shown = true;
  #over = false;

  /** @param onRest is called when nobody has touched the menu for a while */
  constructor(parts: MenuDomainsParts, identity: Identity, tell: (fact: Fact) => void, onRest: () => void) {
    this.customer = identity.customer;
    this.#parts = parts;
    this.#connection = identity.connection;
    this.#own = new OwnDomains(parts.ownDomains, identity, parts.answers);
    this.#tell = tell;
    this.#onRest = onRest;
    this.#entry = parts.shownDomains.join(this);
  }

  /** Lists them for the first time. */
  start(): readonly MenuDomain[] {
    return this.#list();
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

  changed(): void {
    this.soon();
  }

  rightsChanged(): void {
    this.soonAnew();
  }

  timePassed(): void {
    if (this.#shown) this.#parts.refreshes.add(this.#pass);
  }

  rest(): void {
    if (!this.#over && this.#shown) this.#onRest();
  }

  /** Tells the list at once. When it cannot be made, the menu keeps the one that it has. */
  tellNow(): void {
    this.#forgetPending();
    if (this.#over) return;
    try {
      this.#list();
    } catch (fault) {
      this.#parts.log.error({ connection: this.#connection, err: fault }, 'the domains could not be listed');
      return;
    }
    this.#tell({ fact: 'domains', domains: this.#told });
  }

  /** Somebody types: what they see is as new as what they do. */
  wake(): void {
    if (this.#over || !this.#shown) return;
    this.#parts.shownDomains.touched(this.#entry);
    if (Math.abs(Date.now() - this.#toldAt) > OLD) this.tellNow();
  }

  /** The menu does not show them: no age counts up. */
  hide(): void {
    this.#shown = false;
  }

  /** The menu shows them again, and is told the list. */
  show(): void {
    this.#shown = true;
    this.#parts.shownDomains.touched(this.#entry);
    this.tellNow();
  }

  dispose(): void {
    this.#over = true;
    this.#forgetPending();
    this.#parts.shownDomains.leave(this.#entry);
  }

  readonly #refresh = (): void => {
    if (this.#pending !== null) this.tellNow();
  };

  /** An age that counts up is the newest one's: the list comes first. */
  readonly #pass = (): void => {
    this.tellNow();
    if (!this.#over && this.#shown) this.#tell({ fact: 'tick', now: Date.now() });
  };

  #list(): readonly MenuDomain[] {
    this.#toldAt = Date.now();
    this.#told = this.#own.list();
    this.#parts.shownDomains.show(this.#entry, this.#own.names, { limited: this.#own.isLimited });
    return this.#told;
  }

  #forgetPending(): void {
    if (this.#pending !== null) clearTimeout(this.#pending);
    this.#pending = null;
  }
}
