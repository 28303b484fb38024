import type { TurnedAway } from './listener.js';
import type { LoginTry } from './login-tries.js';
import type { Source } from './source.js';

/** Why nobody came in by a connection. */
export type ConnectionRefusedBecause =
  | 'source-penalised'
  | 'source-has-too-many'
  | 'gate-is-full'
  /** The key exchange: no algorithm that both sides know, or another fault. */
  | 'no-common-algorithm'
  | 'protocol-error'
  /** The keys, or whatever the client tried, were refused: see the tries. */
  | 'login-refused'
  /** All was right with the login, but the customer has too many connections or logins. */
  | 'customer-has-too-many'
  /** The database could not be read. */
  | 'look-up-failed'
  /** The time for logging in was over. */
  | 'too-slow'
  /** It asked for nothing. */
  | 'left';

/** A connection by which nobody has logged in. Texts of the client's are printable and cut. */
export interface RefusedConnection {
  /** The last time. */
  readonly at: Date;
  readonly source: string;
  /** As in the log; null for one that was closed at once. */
  readonly connection: string | null;
  /** The client's identification line, without `SSH-2.0-`; null when it was not read. */
  readonly client: string | null;
  readonly because: ConnectionRefusedBecause;
  /** More about it, in half a sentence. */
  readonly detail: string | null;
  readonly tries: readonly LoginTry[];
  /** How often the same has come from there in a row. */
  readonly times: number;
}

/** What a connection says of itself when it is closed. */
type Refused = Omit<RefusedConnection, 'at' | 'source' | 'times'>;

const CLOSED_AT_ONCE = {
  penalised: 'source-penalised',
  'too many from there': 'source-has-too-many',
  'too many wait': 'gate-is-full',
  'too many': 'gate-is-full',
} as const satisfies Record<TurnedAway, ConnectionRefusedBecause>;

/**
 * The reasons that only a registered key can be refused for, or a certificate of a CA that is trusted here. Any other
 * reason is within a stranger's reach.
 */
const OF_CUSTOMERS: ReadonlySet<string> = new Set([
  'wrong-signature',
  'customer-suspended',
  'key-expired',
  'key-not-allowed',
  'user-not-present',
  'user-not-verified',
  'counter-went-back',
  'certificate-expired',
  'certificate-not-valid-yet',
  'certificate-revoked',
  'certificate-not-for-source',
  'certificate-not-for-login',
]);

/** How many are remembered of one source, and of how many sources. */
const MOST = { perSource: 5, sources: 500 } as const;

/**
 * The last connections that were refused, for an admin who looks for the reason. In memory alone: what strangers do
 * must fill no disk, and the audit log says of a login that was refused less than is here.
 *
 * Those that concern a customer are kept apart from the others, so that a flood of strangers pushes none of them out.
 */
export class RefusedConnections {
  readonly #isKnown: (login: string) => boolean;
  readonly #clock: () => Date;
  readonly #customers = new Map<string, RefusedConnection[]>();
  readonly #strangers = new Map<string, RefusedConnection[]>();

  /** @param isKnown whether a login name is a customer's or a domain's */
  constructor(isKnown: (login: string) => boolean = () => false, clock: () => Date = () => new Date()) {
    this.#isKnown = isKnown;
    this.#clock = clock;
  }

  /** Notes a connection that the listener has closed at once. */
  closedAtOnce(source: Source, reason: TurnedAway): void {
    const because = CLOSED_AT_ONCE[reason];
    this.#add(source, { connection: null, client: null, because, detail: null, tries: [] });
  }

  /**
   * Notes a connection that has ended without a login.
   *
   * @param graceMs how long it could have taken
   */
  closed(
    { refusal, source, openedAt }: { refusal: Refused; source: Source; openedAt: Date },
    graceMs: number,
  ): void {
    const tooSlow = refusal.because === 'left' && this.#clock().getTime() - openedAt.getTime() >= graceMs;
    this.#add(source, tooSlow ? { ...refusal, because: 'too-slow' } : refusal);
  }

  #add({ address, bucket }: Source, refused: Refused): void {
    const concerns = refused.tries.some(
      ({ login, because }) => OF_CUSTOMERS.has(because) || this.#isKnown(login),
    );
    const sources =
      concerns || refused.because === 'customer-has-too-many' ? this.#customers : this.#strangers;
    const before = sources.get(bucket) ?? [];
    const last = before.at(-1);
    const again = last?.source === address && isSame(last, refused);
    const one = { ...refused, at: this.#clock(), source: address, times: again ? last.times + 1 : 1 };
    const kept = again ? before.slice(0, -1) : before.slice(1 - MOST.perSource);
    // Set anew, so that the map is in the order of the last refusals.
    sources.delete(bucket);
    sources.set(bucket, [...kept, one]);
    const [oldest] = sources.keys();
    if (sources.size > MOST.sources && oldest !== undefined) sources.delete(oldest);
  }

  /** Oldest first. */
  list(): readonly RefusedConnection[] {
    return [...this.#customers.values(), ...this.#strangers.values()]
      .flat()
      .sort((one, other) => one.at.getTime() - other.at.getTime());
  }
}

type What = Pick<RefusedConnection, 'because' | 'detail' | 'client' | 'tries'>;

function isSame(one: What, other: What): boolean {
  const what = ({ because, detail, client, tries }: What): string =>
    JSON.stringify([because, detail, client, tries]);
  return what(one) === what(other);
}
