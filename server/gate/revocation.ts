import type { Action } from '../../policy/actions.js';
import type { DomainName } from '../../policy/names.js';
import type { Refusal } from '../../policy/refusal.js';
import type { AuditKind, AuditRow } from '../store/audit-event.js';
import type { Authorizer } from './authorize.js';
import type { Identity } from './identity.js';
import type { Log } from './log.js';
import type { Unsubscribe } from './terminal.js';
import * as words from './words.js';

/** Something that goes on only as long as its right does. */
export interface Live {
  readonly identity: Identity;
  /** What it needs now: an attachment its action, a session of a domain's login to see the domain. */
  needs(): { readonly action: Action; readonly domain: DomainName };
  /** Ends it; the sentence is for the customer. */
  end(sentence: string): void;
}

/** @returns a refusal when the customer may not be here at all any more */
export type Standing = (identity: Identity) => Refusal | null;

/** The authenticated connections, with all that goes on on them. */
interface Connections {
  /** @returns how many were ended */
  endConnectionsWhere(predicate: (identity: Identity) => boolean, sentence: string): number;
}

/** The events after which somebody may have less right than before. */
const TAKING: readonly AuditKind[] = [
  'customer.suspended',
  'customer.removed',
  'customer.renamed',
  'key.removed',
  'key.expiry.set',
  'role.removed',
  'role.added',
  'domain.retired',
  'maintenance.began',
];

/** Takes rights from those who are using them: asks again for every live session and attachment when anything changed. */
export class Revocation {
  readonly #authorizer: Authorizer;
  readonly #standing: Standing;
  readonly #log: Log;
  readonly #live = new Set<Live>();
  #connections: Connections | null = null;

  constructor(authorizer: Authorizer, standing: Standing, log: Log) {
    this.#authorizer = authorizer;
    this.#standing = standing;
    this.#log = log;
  }

  /** Whose connections are ended with their right to be here at all; they come into being after this does. */
  watchOver(connections: Connections): void {
    this.#connections = connections;
  }

  /** @returns forgets it; twice is harmless */
  track(live: Live): Unsubscribe {
    this.#live.add(live);
    return () => this.#live.delete(live);
  }

  /** For the audit log's `onAppend`. */
  heard(row: AuditRow): void {
    if (TAKING.includes(row.event.kind)) this.review();
  }

  /** Asks for everything that is live; who lost the right is ended. One that cannot be asked or ended harms no other. */
  review(): void {
    this.#endConnections();
    this.#ask([...this.#live]);
  }

  /** Asks for what goes on at one domain, which does something else now. */
  reviewDomain(domain: DomainName): void {
    this.#ask([...this.#live].filter((live) => live.needs().domain === domain));
  }

  #ask(asked: readonly Live[]): void {
    for (const live of asked) {
      try {
        const sentence = this.#lost(live);
        if (sentence === null) continue;
        this.#live.delete(live);
        this.#log.info(
          { connection: live.identity.connection, ...live.needs() },
          'ended: the right was taken away',
        );
        live.end(sentence);
      } catch (fault) {
        this.#log.error(
          { err: fault, connection: live.identity.connection },
          'a right could not be asked for again',
        );
      }
    }
  }

  #endConnections(): void {
    const lost = new Map<string, string[]>();
    this.#connections?.endConnectionsWhere((identity) => {
      const no = this.#standing(identity);
      if (no !== null) lost.set(no.message, [...(lost.get(no.message) ?? []), identity.connection]);
      return false;
    }, '');
    for (const [sentence, connections] of lost) {
      this.#log.info({ connections, sentence }, 'ended: the right to be here was taken away');
      this.#connections?.endConnectionsWhere(({ connection }) => connections.includes(connection), sentence);
    }
  }

  #lost(live: Live): string | null {
    const { action, domain } = live.needs();
    const refused = this.#authorizer.mayStill(live.identity, { action, domain, profile: null });
    return refused === null ? null : words.rightLost(domain, refused);
  }
}
