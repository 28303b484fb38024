import type { Action } from '../../../policy/actions.js';
import type { CustomerName, DomainName } from '../../../policy/names.js';
import type { AuditRow } from '../../store/audit-event.js';
import type { Authorizer } from './authorize.js';
import { DueTimer } from './due-timer.js';
import type { Identity } from '../session/identity.js';
import type { Logger } from '../../wire/logger.js';
import { Slices } from '../scheduling/slices.js';
import { absenceRefusal } from './standing.js';
import type { StandingCheck } from './standing.js';
import * as words from '../text/words.js';

/** Something that may go on only while its right lasts. */
export interface Live {
  readonly identity: Identity;
  /**
   * The right that it needs now: an attachment its action, a session of a domain's login the sight of that
   * domain. The domain never changes. Null: it needs no more than standing, as a connection does.
   */
  needs(): { readonly action: Action; readonly domain: DomainName } | null;
  /** Ends it; the sentence is for the customer. */
  end(sentence: string): void;
  /**
   * True until it begins; typed keys wait until then. It is checked in the same turn as the change. So when a
   * right is lost and given back at once, nothing that was typed without it is passed on.
   */
  readonly beginning?: boolean;
}

/** The handle of something tracked, for the code that acts by its right. */
export interface Tracked {
  /**
   * Whether it may act now. Ask before passing anything on, because a change may not have been checked yet.
   * False: do nothing more. It has ended, or it could not be checked just now.
   */
  canAct(): boolean;
  /** Call it when it ends by itself. Twice is harmless. */
  forget(): void;
}

/** The services that `Revocation` uses. */
interface RevocationParts {
  readonly authorizer: Pick<Authorizer, 'verdictNow'>;
  readonly standing: Pick<StandingCheck, 'of'>;
  /** The customers who have a role on a domain. */
  readonly roles: { on(domain: DomainName): readonly { readonly customer: CustomerName }[] };
  readonly log: Logger;
  /** Milliseconds since 1970. */
  readonly clock?: () => number;
  readonly slices?: Slices;
}

/** The pause before a right that could not be checked is checked again. Milliseconds. */
const AGAIN_MS = 5_000;

interface EntryOwner {
  canAct(entry: Entry): boolean;
  forget(entry: Entry): void;
}

/** One that is tracked. */
class Entry implements Tracked {
  readonly live: Live;
  readonly domain: DomainName | null;
  /** When its key's time is over. Milliseconds since 1970. */
  until: number | null = null;
  /** Whether its right was checked since it is tracked, and the last check did not fail. */
  known = false;
  over = false;
  readonly #revocation: EntryOwner;

  constructor(live: Live, domain: DomainName | null, revocation: EntryOwner) {
    this.live = live;
    this.domain = domain;
    this.#revocation = revocation;
  }

  canAct(): boolean {
    return this.#revocation.canAct(this);
  }

  forget(): void {
    this.#revocation.forget(this);
  }
}

/**
 * Takes rights from those who are using them. When something changes, it checks only those concerned, once
 * for all changes of the same turn, in slices. Nobody acts on a lost right meanwhile: an entry that waits for
 * its check is checked before it acts (`Tracked.canAct`).
 */
export class Revocation {
  readonly #parts: RevocationParts;
  readonly #clock: () => number;
  readonly #slices: Slices;
  readonly #ends: DueTimer;
  readonly #entries = new Set<Entry>();
  readonly #ofCustomer = new Map<CustomerName, Set<Entry>>();
  readonly #atDomain = new Map<DomainName, Set<Entry>>();
  /** The entries that are to be checked, in this order. */
  readonly #due = new Set<Entry>();
  readonly #beginning = new Set<Entry>();
  /** What entries call: one object for all of them. */
  readonly #handle = {
    canAct: (entry: Entry): boolean => this.#canAct(entry),
    forget: (entry: Entry): void => {
      this.#forget(entry);
    },
  };
  #sweeping = false;
  #swept: Promise<void> = Promise.resolve();
  #soon = false;

  constructor(parts: RevocationParts) {
    this.#parts = parts;
    this.#clock = parts.clock ?? Date.now;
    this.#slices = parts.slices ?? new Slices();
    this.#ends = new DueTimer(
      this.#clock,
      () => {
        this.#endsDue();
      },
      parts.log,
    );
  }

  /** Tracks it from now on. Its right is checked before its first act, whatever was checked before. */
  track(live: Live): Tracked {
    const domain = live.needs()?.domain ?? null;
    const entry = new Entry(live, domain, this.#handle);
    this.#entries.add(entry);
    if (live.beginning === true) this.#beginning.add(entry);
    put(this.#ofCustomer, live.identity.customer, entry);
    if (domain !== null) put(this.#atDomain, domain, entry);
    const standing = this.#parts.standing.of(live.identity);
    if (!standing.here) this.#markSoon([entry]);
    else if (standing.until !== null) this.#ends.at(standing.until);
    return entry;
  }

  /** For the audit log's `onAppend`: checks those whom the row names, after all rows of its transaction. */
  heard({ event }: AuditRow): void {
    switch (event.kind) {
      case 'customer.suspended':
      case 'customer.removed':
      case 'customer.renamed':
      case 'key.removed':
      case 'key.expiry.set':
      case 'role.removed':
      case 'role.added':
        this.#markSoon(this.#ofCustomer.get(event.customer));
        return;
      case 'authority.removed':
        this.#markSoon(
          [...this.#entries].filter(({ live }) => live.identity.certificate?.authority === event.authority),
        );
        return;
      case 'domain.retired':
      case 'domain.adopted': {
        this.#markSoon(this.#atDomain.get(event.domain));
        // A customer's roles can decide which rule for keys applies to them.
        for (const { customer } of this.#parts.roles.on(event.domain))
          this.#markSoon(this.#ofCustomer.get(customer));
        return;
      }
      case 'maintenance.began':
        this.#markSoon(this.#entries);
        return;
      default:
    }
  }

  /** Checks everybody. One that cannot be checked or ended harms no other. */
  review(): void {
    this.#mark(this.#entries);
    this.#sweep();
  }

  /** Checks everything at one domain, after its state or boot has changed. */
  reviewDomain(domain: DomainName): void {
    this.#mark(this.#atDomain.get(domain));
    this.#sweep();
  }

  /** @returns settles when each right that waits for its check has been checked */
  async settled(): Promise<void> {
    // A transaction's rows are marked first and checked a little later.
    await Promise.resolve();
    await this.#swept;
  }

  /** Stops the timer that ends entries whose key's time is over. Twice is harmless. */
  close(): void {
    this.#ends.close();
  }

  #mark(entries: Iterable<Entry> = []): void {
    for (const entry of entries) this.#due.add(entry);
  }

  /** Checks the few that have not begun yet now, and not in a later slice. */
  #askBeginning(): void {
    for (const entry of [...this.#beginning]) if (this.#due.has(entry)) this.#ask(entry);
  }

  #markSoon(entries: Iterable<Entry> = []): void {
    this.#mark(entries);
    if (this.#soon || this.#due.size === 0) return;
    this.#soon = true;
    // Let the other rows of the transaction be heard first.
    queueMicrotask(() => {
      this.#soon = false;
      this.#sweep();
    });
  }

  #sweep(): void {
    this.#askBeginning();
    if (this.#sweeping || this.#due.size === 0) return;
    this.#sweeping = true;
    this.#swept = this.#slices.run(() => {
      const [entry] = this.#due;
      if (entry !== undefined) this.#ask(entry);
      this.#sweeping = this.#due.size > 0;
      return this.#sweeping;
    });
  }

  #canAct(entry: Entry): boolean {
    if (entry.over) return false;
    const { until, known } = entry;
    const asked = known && !this.#due.has(entry) && (until === null || this.#clock() < until);
    return asked || this.#ask(entry);
  }

  /** @returns whether it may act now */
  #ask(entry: Entry): boolean {
    const { live } = entry;
    const { connection } = live.identity;
    const { log } = this.#parts;
    this.#due.delete(entry);
    try {
      const sentence = this.#lost(entry);
      if (sentence === null) return true;
      this.#forget(entry);
      log.info({ connection, ...live.needs(), sentence }, 'right.lost');
      live.end(sentence);
    } catch (fault) {
      entry.known = false;
      this.#ends.at(this.#clock() + AGAIN_MS);
      log.error({ err: fault, connection }, 'right.not-checked');
    }
    return false;
  }

  /** @returns the sentence for the customer; null when it may go on */
  #lost(entry: Entry): string | null {
    const { identity } = entry.live;
    const needed = entry.live.needs();
    if (needed === null) {
      const standing = this.#parts.standing.of(identity);
      if (!standing.here) return absenceRefusal(standing).message;
      this.#lasts(entry, standing.until);
      return null;
    }
    const { action, domain } = needed;
    const lasting = this.#parts.authorizer.verdictNow(identity, { action, domain, profile: null });
    if (!lasting.allow) return words.rightLost(domain, lasting.refusal);
    this.#lasts(entry, lasting.until);
    return null;
  }

  #lasts(entry: Entry, until: number | null): void {
    entry.known = true;
    entry.until = until;
    if (until !== null) this.#ends.at(until);
  }

  /** A key's time is over, or it is time to look at the clock again. */
  #endsDue(): void {
    const now = this.#clock();
    for (const entry of this.#entries) {
      if (!entry.known || (entry.until !== null && entry.until <= now)) this.#due.add(entry);
      else if (entry.until !== null) this.#ends.at(entry.until);
    }
    this.#sweep();
  }

  #forget(entry: Entry): void {
    entry.over = true;
    this.#due.delete(entry);
    this.#entries.delete(entry);
    this.#beginning.delete(entry);
    take(this.#ofCustomer, entry.live.identity.customer, entry);
    if (entry.domain !== null) take(this.#atDomain, entry.domain, entry);
  }
}

function put<K>(index: Map<K, Set<Entry>>, key: K, entry: Entry): void {
  const known = index.get(key);
  if (known === undefined) index.set(key, new Set([entry]));
  else known.add(entry);
}

function take<K>(index: Map<K, Set<Entry>>, key: K, entry: Entry): void {
  const known = index.get(key);
  if (known?.delete(entry) === true && known.size === 0) index.delete(key);
}
