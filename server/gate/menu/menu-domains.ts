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
import { inLongList } from './domain-look.js';
import { ListMaking } from './list-making.js';
import type { Entry, ShowingMenu } from './showing-menu.js';
import type { ShownDomains } from './shown-domains.js';

export interface MenuDomainsParts {
  readonly ownDomains: OwnDomainsParts;
  /** Policy's answers, for all menus. */
  readonly answers: SharedAnswers;
  readonly shownDomains: Pick<ShownDomains, 'join' | 'leave' | 'show' | 'add' | 'touched'>;
  /** The queue in which all menus make their short lists anew, and the slices in which long ones are made. */
  readonly refreshes: Pick<SlicedQueue, 'add'>;
  readonly slices: Pick<Slices, 'run'>;
  readonly log: Logger;
}

/** News of the domains are told together, at most this often. Milliseconds. */
const TOGETHER = 200;

/** A list older than this is made anew when somebody types: a short one, and a long one. Milliseconds. */
const OLD = 1_000;
const OLD_LONG = 10_000;

/** A longer list is made in slices. Domains. */
const SHORT = 100;

/**
 * The customer's domains as the menu shows them. It tells the menu the list when it has changed. A short list is made
 * at once, and is as new as the key that was pressed. Of a long one only the domains are made anew that look
 * different. When rights have changed, all of it is: in slices, which take a tenth of the time at most. So a customer
 * with thousands of domains costs the others little.
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
  /** Of a long list, the domains that look different than the menu was told; null: none. */
  #news: Set<DomainName> | null = null;
  #newsPending: NodeJS.Timeout | null = null;
  /** Whether a long list could not be made anew: more than the news may be old. */
  #hasFailed = false;
  readonly #making: ListMaking;
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
    this.#making = new ListMaking(parts.slices);
    this.#entry = parts.shownDomains.join(this);
  }

  /** Lists them for the first time. @returns a promise where the list is long */
  start(): readonly MenuDomain[] | Promise<readonly MenuDomain[]> {
    const listing = this.#begin();
    if (!this.#isLong) return this.#listed(listing);
    return this.#inSlices(listing).then(() => {
      if (this.#isLong) this.#renew();
      return this.#told;
    });
  }

  get isLong(): boolean {
    return this.#isLong;
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
      Math.max(TOGETHER, this.#making.wait),
    );
  }

  /** Tells the list soon, with the rights looked up again. */
  soonAnew(): void {
    this.#own.forget();
    // A change that comes often must not put off the list.
    if (this.#isLong && this.#making.hurry()) this.#forgetPending();
    this.soon();
  }

  changed(names: ReadonlySet<DomainName>): void {
    if (!this.#isLong || this.#hasFailed) {
      this.soon();
      return;
    }
    this.#note(names);
    if (this.#over || this.#news === null) return;
    this.#newsPending ??= setTimeout(() => {
      this.#parts.refreshes.add(this.#tellNews);
    }, TOGETHER);
  }

  rightsChanged(): void {
    this.soonAnew();
  }

  timePassed(names: ReadonlySet<DomainName>): void {
    if (this.#isLong) this.#note(names);
    if (this.#shown) this.#pass();
  }

  rest(): void {
    if (!this.#over && this.#shown) this.#onRest();
  }

  /**
   * Tells the list at once; of a long one this domain and those that look different. When it cannot be made, the menu
   * keeps the one that it has.
   */
  tellNow(news: DomainName | null = null): void {
    if (news !== null && this.#isLong) this.#note([news]);
    if (this.#renew()) this.#tellList();
  }

  /** Somebody types: what they see is as new as what they do. */
  wake(): void {
    if (this.#over || !this.#shown) return;
    this.#parts.shownDomains.touched(this.#entry);
    const age = Math.abs(Date.now() - this.#toldAt);
    if (this.#isLong && age > OLD_LONG) this.soon();
    if (this.#isLong ? this.#news !== null : age > OLD) this.tellNow();
  }

  /** The menu does not show them: no age counts up. */
  hide(): void {
    this.#shown = false;
  }

  /** The menu shows them again, and is told the list. */
  show(): void {
    this.#shown = true;
    this.#parts.shownDomains.touched(this.#entry);
    if (this.#isLong) {
      this.soon();
      this.#pass();
    } else this.tellNow();
  }

  dispose(): void {
    this.#over = true;
    this.#forgetPending();
    if (this.#newsPending !== null) clearTimeout(this.#newsPending);
    this.#parts.shownDomains.leave(this.#entry);
  }

  readonly #refresh = (): void => {
    if (this.#pending === null) return;
    this.#forgetPending();
    if (this.#isLong) this.#renewLong();
    else this.tellNow();
  };

  readonly #tellNews = (): void => {
    this.#newsPending = null;
    // The list that is being made is told with them.
    if (!this.#making.isUnderWay && this.#renew()) this.#tellList();
  };

  /** An age that counts up is the newest one's. List and time are one fact, so that the menu paints once. */
  #pass(): void {
    const isNew = this.#renew();
    if (this.#over || !this.#shown) return;
    const now = Date.now();
    this.#tell(isNew ? { fact: 'domains', domains: this.#told, now } : { fact: 'tick', now });
  }

  #tellList(): void {
    // Few domains of a long list say how new they are.
    const time = this.#isLong ? { now: Date.now() } : {};
    this.#tell({ fact: 'domains', domains: this.#told, ...time });
  }

  /** @returns whether there is a list to tell now */
  #renew(): boolean {
    if (this.#over) return false;
    try {
      if (this.#isLong) return this.#renewNews();
      this.#forgetPending();
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

  #note(names: Iterable<DomainName>): void {
    for (const name of names) (this.#news ??= new Set()).add(name);
  }

  /** Makes the domains of a long list anew that look different. @returns whether there are any */
  #renewNews(): boolean {
    const news = this.#news;
    if (news === null) return false;
    if (news.size > SHORT) {
      this.#news = null;
      this.soon();
      return false;
    }
    const now = Date.now();
    this.#told = this.#own.renew(this.#told, news, now, (made) => inLongList(made, now));
    // A list that is being made may have them as they were.
    if (!this.#making.isUnderWay) this.#news = null;
    this.#show(this.#own.isLimited);
    return true;
  }

  #begin(): DomainListing {
    const now = Date.now();
    const wasLimited = this.#own.isLimited;
    const listing = this.#own.begin(
      now,
      (made) => (this.#isLong ? inLongList(made, now) : made),
      (name) => {
        if (this.#isLong) this.#parts.shownDomains.add(this.#entry, name);
      },
    );
    this.#isLong = listing.size > SHORT;
    this.#news = null;
    // A domain that looks different after its step is told, and made anew after the list.
    if (this.#isLong) this.#show(wasLimited, true);
    return listing;
  }

  /** @param later whether the domains are added as they are made */
  #show(limited: boolean, later = false): void {
    this.#parts.shownDomains.show(this.#entry, this.#own.names, { limited, later });
  }

  /** @param listing makes what is not made yet at once */
  #listed(listing: DomainListing): readonly MenuDomain[] {
    this.#toldAt = Date.now();
    this.#told = listing.finish();
    this.#hasFailed = false;
    this.#show(this.#own.isLimited);
    return this.#told;
  }

  #renewLong(): void {
    if (this.#making.isUnderWay) this.#making.outdate();
    else if (this.#making.wait > 0) this.soon();
    else this.#makeLong(this.#begin());
  }

  #makeLong(listing: DomainListing): void {
    this.#inSlices(listing).then(
      () => {
        if (this.#over) return;
        if (this.#isLong) this.#renew();
        this.#tellList();
      },
      (fault: unknown) => {
        this.#failed(fault);
      },
    );
  }

  async #inSlices(listing: DomainListing): Promise<void> {
    const isWanted = (): boolean => !this.#over;
    try {
      await this.#making.make(listing, isWanted, () => this.#listed(listing));
    } finally {
      if (this.#making.isOutdated) this.soon();
    }
  }

  #failed(fault: unknown): void {
    this.#hasFailed = true;
    this.#parts.log.error({ connection: this.#connection, err: fault }, 'menu.domains-not-listed');
  }

  #forgetPending(): void {
    if (this.#pending !== null) clearTimeout(this.#pending);
    this.#pending = null;
  }
}
