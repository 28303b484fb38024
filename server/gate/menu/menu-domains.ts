import type { MenuDomain } from '../../../menus/menu-domain.js';
import type { Fact } from '../../../menus/port.js';
import type { CustomerName, DomainName } from '../../../policy/names.js';
import type { Logger } from '../../wire/logger.js';
import type { DomainListing } from '../customer/domain-listing.js';
import { OwnDomains } from '../customer/own-domains.js';
import type { OwnDomainsParts } from '../customer/own-domains.js';
import type { SharedAnswers } from '../customer/shared-answers.js';
import type { SlicedQueue } from '../scheduling/sliced-queue.js';
import type { Slices } from '../scheduling/slices.js';
import type { Identity } from '../session/identity.js';
import { ListPace } from './list-pace.js';
import type { Entry, ShowingMenu, ShownDomains } from './shown-domains.js';

export interface MenuDomainsParts {
  readonly ownDomains: OwnDomainsParts;
  /** Policy's answers, for all menus. */
  readonly answers: SharedAnswers;
  readonly shownDomains: Pick<ShownDomains, 'join' | 'leave' | 'show' | 'touched'>;
  /** The queue in which all menus make their short lists anew, and the slices in which long ones are made. */
  readonly refreshes: Pick<SlicedQueue, 'add'>;
  readonly slices: Pick<Slices, 'run'>;
  readonly log: Logger;
}

/** News of the domains are told together, at most this often. Milliseconds. */
const TOGETHER = 200;

/** A list older than this is made anew when somebody types. Milliseconds. */
const OLD = 1_000;

/** A longer list is made in slices. Domains. */
const SHORT = 100;

/**
 * The customer's domains as the menu shows them. It tells the menu the list when it has changed. A short list is made
 * at once, and is as new as the key that was pressed. A long one is made in slices, and takes a tenth of the time at
 * most. So a customer with thousands of domains costs the others little.
 */
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
  #isLong = false;
  /** Whether a long list is being made, and whether it is old by then. */
  #making = false;
  #again = false;
  readonly #pace = new ListPace();
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

  /** Lists them for the first time. @returns a promise where the list is long */
  start(): readonly MenuDomain[] | Promise<readonly MenuDomain[]> {
    const listing = this.#begin();
    if (!this.#isLong) return this.#listed(listing);
    return this.#inSlices(listing).then(() => this.#told);
  }

  /** Whether the menu shows this domain. */
  has(name: string): boolean {
    return this.#told.some((domain) => domain.name === name);
  }

  /** Tells the list soon: something has changed that the hosts say. */
  soon(): void {
    if (this.#over) return;
    this.#pending ??= setTimeout(
      () => {
        this.#parts.refreshes.add(this.#refresh);
      },
      Math.max(TOGETHER, this.#pace.wait(performance.now())),
    );
  }

  /** Tells the list soon, with the rights looked up again. */
  soonAnew(): void {
    this.#own.forget();
    // A change that comes often must not put off the list.
    if (this.#isLong && this.#pace.hurry(performance.now())) this.#forgetPending();
    this.soon();
  }

  changed(): void {
    this.soon();
  }

  rightsChanged(): void {
    this.soonAnew();
  }

  timePassed(): void {
    if (this.#shown) this.#pass();
  }

  rest(): void {
    if (!this.#over && this.#shown) this.#onRest();
  }

  /**
   * Tells the list at once; of a long one only this domain, and the rest soon. When it cannot be made, the menu keeps
   * the one that it has.
   */
  tellNow(news: DomainName | null = null): void {
    if (this.#renew(news)) this.#tell({ fact: 'domains', domains: this.#told });
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

  /** An age that counts up is the newest one's. List and time are one fact, so that the menu paints once. */
  #pass(): void {
    const isNew = this.#renew(null);
    if (this.#over || !this.#shown) return;
    const now = Date.now();
    this.#tell(isNew ? { fact: 'domains', domains: this.#told, now } : { fact: 'tick', now });
  }

  /** @returns whether there is a list to tell now */
  #renew(news: DomainName | null): boolean {
    this.#forgetPending();
    if (this.#over) return false;
    try {
      if (this.#isLong) {
        this.#renewLong();
        const renewed = news === null ? null : this.#own.renew(this.#told, news);
        if (renewed === null) return false;
        this.#told = renewed;
        return true;
      }
      const listing = this.#begin();
      if (listing.size > SHORT) {
        this.#makeLong(listing);
        return false;
      }
      this.#listed(listing);
      return true;
    } catch (fault) {
      this.#failed(fault);
      return false;
    }
  }

  #begin(): DomainListing {
    const listing = this.#own.begin();
    this.#isLong = listing.size > SHORT;
    return listing;
  }

  /** @param listing makes what is not made yet at once */
  #listed(listing: DomainListing): readonly MenuDomain[] {
    this.#toldAt = Date.now();
    this.#told = listing.finish();
    this.#parts.shownDomains.show(this.#entry, this.#own.names, { limited: this.#own.isLimited });
    return this.#told;
  }

  #renewLong(): void {
    if (this.#making) this.#again = true;
    else if (this.#pace.wait(performance.now()) > 0) this.soon();
    else this.#makeLong(this.#begin());
  }

  #makeLong(listing: DomainListing): void {
    this.#inSlices(listing).then(
      () => {
        if (!this.#over) this.#tell({ fact: 'domains', domains: this.#told });
      },
      (fault: unknown) => {
        this.#failed(fault);
      },
    );
  }

  /** Others have their turns between its domains. */
  async #inSlices(listing: DomainListing): Promise<void> {
    this.#making = true;
    this.#again = false;
    let took = 0;
    try {
      await this.#parts.slices.run(() => {
        if (this.#over) return false;
        const begun = performance.now();
        const isMore = listing.step();
        took += performance.now() - begun;
        return isMore;
      });
      if (!this.#over) this.#listed(listing);
    } finally {
      this.#pace.made(took, performance.now());
      this.#making = false;
      this.#makeAgain();
    }
  }

  /** What changed while a list was made may be in it or not. */
  #makeAgain(): void {
    if (this.#again) this.soon();
  }

  #failed(fault: unknown): void {
    this.#parts.log.error({ connection: this.#connection, err: fault }, 'menu.domains-not-listed');
  }

  #forgetPending(): void {
    if (this.#pending !== null) clearTimeout(this.#pending);
    this.#pending = null;
  }
}
