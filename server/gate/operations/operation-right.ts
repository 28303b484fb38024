import type { CustomerName, DomainName } from '../../../policy/names.js';
import type { OperationGrounds } from '../../store/operation-grounds.js';
import type { Authorizer, Requester } from '../access/authorize.js';
import type { AccessRequest } from '../access/verdict.js';
import type { SeedKeys } from './seed-keys.js';

/** Whether an operation may still begin. */
export type Holding =
  | { readonly lost: string }
  | {
      readonly lost: null;
      /** When the time of a key or a role is over. Milliseconds since 1970; null: it holds unless something changes. */
      readonly until: number | null;
    };

/** What an operation rests on, asked anew. */
export interface OperationRight {
  /** @returns why it may not begin any more, for the log; null in `lost` when it may */
  holds(): Holding;
  /** The customers have other names now. */
  renamed(from: CustomerName, to: CustomerName): void;
}

interface RightParts {
  readonly authorizer: Pick<Authorizer, 'verdictOn'>;
  readonly seedKeys: Pick<SeedKeys, 'usable'>;
}

/** The right to an operation that was asked for: login, role, policy, and each key that it lets in. */
export class GroundedRight implements OperationRight {
  readonly #parts: RightParts;
  readonly #request: AccessRequest & { readonly domain: DomainName };
  readonly #grounds: OperationGrounds;
  #identity: Requester;

  constructor(
    parts: RightParts,
    identity: Requester,
    request: AccessRequest & { readonly domain: DomainName },
    grounds: OperationGrounds,
  ) {
    this.#parts = parts;
    this.#identity = identity;
    this.#request = request;
    this.#grounds = grounds;
  }

  holds(): Holding {
    const { authorizer, seedKeys } = this.#parts;
    const { roleSince, asked, seed, keys } = this.#grounds;
    const before = { ...asked, at: new Date(asked.at) };
    const verdict = authorizer.verdictOn(this.#identity, this.#request, before);
    if (!verdict.allow) return { lost: verdict.code };
    if (verdict.since !== roleSince) return { lost: 'the role is another one now' };
    let { until } = verdict;
    if (seed === null) return { lost: null, until };
    const usable = seedKeys.usable(seed, this.#request.domain, this.#identity.customer);
    for (const key of keys) {
      const end = usable.get(key);
      if (end === undefined) return { lost: 'a key has gone' };
      if (end !== null) until = Math.min(until ?? end, end);
    }
    return { lost: null, until };
  }

  renamed(from: CustomerName, to: CustomerName): void {
    if (this.#identity.customer === from) this.#identity = { ...this.#identity, customer: to };
  }
}
