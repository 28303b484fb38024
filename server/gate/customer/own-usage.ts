import { GRAPH_MINUTES, usageGraph } from '../../../menus/usage-graph.js';
import type { UsageGraph, UsageMinute } from '../../../menus/usage-graph.js';
import { parseDomainName } from '../../../policy/names.js';
import { isRefusal } from '../../../policy/refusal.js';
import type { Refusal } from '../../../policy/refusal.js';
import { AuditUnavailableError } from '../../store/store-error.js';
import type { UsageHistory, UsageSeries } from '../../store/usage-history.js';
import type { Authorizer } from '../access/authorize.js';
import type { Hosts } from '../hosts/hosts.js';
import type { CustomerTurns } from '../scheduling/customer-turns.js';
import { TurnTaker } from '../scheduling/turn-taker.js';
import type { Identity } from '../session/identity.js';
import * as words from '../text/words.js';
import { MINUTE_MS, seriesOf } from '../usage/usage-recorder.js';

/** Read in one turn of the customer: 1,000 domains take 1 ms. */
const SLICE_MINUTES = 60;

interface OwnUsageParts {
  readonly authorizer: Pick<Authorizer, 'verdictNow'>;
  readonly hosts: Pick<Hosts, 'find'>;
  readonly history: Pick<UsageHistory, 'read'>;
  readonly turns: CustomerTurns;
  readonly clock?: () => Date;
}

/** The most graphs that are kept for a minute; each takes less than 1 KiB. */
const MOST_GRAPHS = 2_000;

/** What is read: from the minute `own` to before `end`. */
interface Span {
  readonly series: UsageSeries;
  readonly own: number;
  readonly end: number;
}

/** The last 24 hours of a domain, minute by minute. */
export interface Usage {
  /** The end of the last minute. Milliseconds since the epoch. */
  readonly to: number;
  /** The oldest first; null where nothing is known. */
  readonly minutes: readonly (UsageMinute | null)[];
}

/**
 * What a customer's domain used. Whoever may see the domain may see it, and nothing from before their role began: it
 * may have been another's then.
 */
export class OwnUsage {
  readonly #parts: OwnUsageParts;
  readonly #clock: () => Date;
  /** Of the minute `#graphsOf`. */
  readonly #graphs = new Map<string, Promise<UsageGraph | null>>();
  #graphsOf = 0;

  constructor(parts: OwnUsageParts) {
    this.#parts = parts;
    this.#clock = parts.clock ?? (() => new Date());
  }

  async read(identity: Identity, domain: string): Promise<Usage | Refusal> {
    try {
      return await this.#permitted(identity, domain, (span) => this.#read(identity, span));
    } catch (error) {
      // A broken file is made anew when the next minute is written.
      if (error instanceof AuditUnavailableError) return words.noUsageNow(error.message);
      throw error;
    }
  }

  /**
   * The same, drawn for a page. A customer who turns pages has each read once a minute.
   *
   * @returns null when nothing is known, or nothing may be seen
   */
  async graph(identity: Identity, domain: string): Promise<UsageGraph | null> {
    const graph = await this.#permitted(identity, domain, (span) => {
      if (this.#graphsOf !== span.end) this.#graphs.clear();
      this.#graphsOf = span.end;
      const key = `${span.series.domain} ${span.series.uuid ?? ''} ${span.own}`;
      const known = this.#graphs.get(key);
      if (known !== undefined) return known;
      // A file that cannot be read costs the graph, and not the page.
      const drawn = this.#read(identity, span).then(
        ({ minutes, to }) => usageGraph(minutes, to),
        () => null,
      );
      if (this.#graphs.size < MOST_GRAPHS) this.#graphs.set(key, drawn);
      return drawn;
    });
    return graph === null || isRefusal(graph) ? null : graph;
  }

  /** Asks for the right before and after the work: it may have gone meanwhile, or have begun anew. */
  async #permitted<T>(
    identity: Identity,
    domain: string,
    work: (span: Span) => Promise<T>,
  ): Promise<T | Refusal> {
    const since = this.#since(identity, domain);
    if (isRefusal(since)) return since;
    const name = parseDomainName(domain);
    if (name === undefined) return words.noSuchDomain('no name of a domain');
    const end = Math.floor(this.#clock().getTime() / MINUTE_MS);
    // The minute in which the role began is left out: a part of it was before.
    const own = Math.max(end - GRAPH_MINUTES, Math.ceil(Date.parse(since.at) / MINUTE_MS));
    const done = await work({ series: seriesOf(this.#parts.hosts, name), own, end });
    const now = this.#since(identity, domain);
    if (isRefusal(now)) return now;
    return now.at === since.at ? done : words.noSuchDomain('the role began anew meanwhile');
  }

  async #read({ customer }: Identity, { series, own, end }: Span): Promise<Usage> {
    const before = Math.min(GRAPH_MINUTES, own - (end - GRAPH_MINUTES));
    const minutes = new Array<UsageMinute | null>(before).fill(null);
    const { turns, history } = this.#parts;
    const taker = new TurnTaker(turns, customer);
    try {
      for (let from = own; from < end; from += SLICE_MINUTES)
        minutes.push(
          ...(await taker.take(() => history.read(series, from, Math.min(from + SLICE_MINUTES, end) - 1))),
        );
    } finally {
      taker.leave();
    }
    return { to: end * MINUTE_MS, minutes };
  }

  /** When the role began by which they see the domain. */
  #since(identity: Identity, domain: string): { readonly at: string } | Refusal {
    const verdict = this.#parts.authorizer.verdictNow(identity, { action: 'status', domain, profile: null });
    return verdict.allow ? { at: verdict.since } : verdict.refusal;
  }
}
