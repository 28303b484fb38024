import { setImmediate as turn } from 'node:timers/promises';
import { GRAPH_MINUTES } from '../../../menus/usage-graph.js';
import type { UsageMinute } from '../../../menus/usage-graph.js';
import { parseDomainName } from '../../../policy/names.js';
import { isRefusal } from '../../../policy/refusal.js';
import type { Refusal } from '../../../policy/refusal.js';
import type { UsageHistory } from '../../store/usage-history.js';
import type { Authorizer } from '../access/authorize.js';
import type { Hosts } from '../hosts/hosts.js';
import type { Identity } from '../session/identity.js';
import * as words from '../text/words.js';
import { MINUTE_MS, seriesOf } from '../usage/usage-recorder.js';

/** Read in one turn of the event loop: 1,000 domains take 3 ms. */
const SLICE_MINUTES = 180;

interface OwnUsageParts {
  readonly authorizer: Pick<Authorizer, 'verdictNow'>;
  readonly hosts: Pick<Hosts, 'find'>;
  readonly history: Pick<UsageHistory, 'read'>;
  readonly clock?: () => Date;
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

  constructor(parts: OwnUsageParts) {
    this.#parts = parts;
    this.#clock = parts.clock ?? (() => new Date());
  }

  async read(identity: Identity, domain: string): Promise<Usage | Refusal> {
    const since = this.#since(identity, domain);
    if (isRefusal(since)) return since;
    const name = parseDomainName(domain);
    if (name === undefined) return words.noSuchDomain('no name of a domain');
    const series = seriesOf(this.#parts.hosts, name);
    const end = Math.floor(this.#clock().getTime() / MINUTE_MS);
    const first = end - GRAPH_MINUTES;
    // The minute in which the role began is left out: a part of it was before.
    const own = Math.max(first, Math.ceil(Date.parse(since.at) / MINUTE_MS));
    const minutes = new Array<UsageMinute | null>(Math.min(GRAPH_MINUTES, Math.max(0, own - first))).fill(
      null,
    );
    for (let from = own; from < end; from += SLICE_MINUTES) {
      minutes.push(...this.#parts.history.read(series, from, Math.min(from + SLICE_MINUTES, end) - 1));
      await turn();
    }
    // The right may have gone meanwhile, or have begun anew.
    const now = this.#since(identity, domain);
    if (isRefusal(now)) return now;
    if (now.at !== since.at) return words.noSuchDomain('the role began anew meanwhile');
    return { to: end * MINUTE_MS, minutes };
  }

  /** When the role began by which they see the domain. */
  #since(identity: Identity, domain: string): { readonly at: string } | Refusal {
    const verdict = this.#parts.authorizer.verdictNow(identity, { action: 'status', domain, profile: null });
    return verdict.allow ? { at: verdict.since } : verdict.refusal;
  }
}
