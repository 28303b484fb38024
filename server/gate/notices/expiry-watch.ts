import { setImmediate as nextTurn } from 'node:timers/promises';
import type { CustomerName } from '../../../policy/names.js';
import type { Policy } from '../../../policy/policy.js';
import type { AuditEvent } from '../../store/audit-event.js';
import type { Key, RoleRow } from '../../store/records.js';
import { AuditUnavailableError } from '../../store/store-error.js';
import type { Logger } from '../../wire/logger.js';

/** It is told of when it has so many days left, and once more. */
const STAGES = [3, 14] as const;
const DAY_MS = 86_400_000;
/** Customers whose keys are looked at in one turn. */
const AT_ONCE = 50;
/** Times that are recorded in one turn: each waits for the disk, and thousands may have the same end. */
const TOLD_AT_ONCE = 4;

type Expiring = Extract<AuditEvent, { kind: 'key.expiring' | 'role.expiring' }>;

/** Of each kind by itself. */
type Untimed<E> = E extends unknown ? Omit<E, 'expiresAt' | 'days'> : never;

interface ExpiryWatchParts {
  readonly keys: {
    expiringUntil(until: Date): readonly Key[];
    list(customer: CustomerName): readonly Key[];
  };
  readonly customers: { list(): readonly { readonly name: CustomerName }[] };
  readonly roles: { endingUntil(until: Date): readonly RoleRow[] };
  /** The key as the policy lets it last. */
  readonly withExpiry: (key: Key) => Key;
  readonly policy: () => Policy;
  /** Records it, unless it is recorded. @throws AuditUnavailableError */
  readonly tell: (event: Expiring) => void;
  readonly clock: () => Date;
  readonly log: Logger;
}

/** Records in the audit log which keys expire soon, by their own time or by the policy's, and which roles end. */
export class ExpiryWatch {
  readonly #parts: ExpiryWatchParts;
  #told = 0;

  constructor(parts: ExpiryWatchParts) {
    this.#parts = parts;
  }

  /**
   * Looks at all of them, in pieces. What cannot be recorded is recorded by a later look.
   *
   * @param isOver whether the gate stops: then the rest is left to the next one
   */
  async look(isOver: () => boolean = () => false): Promise<void> {
    const { keys, roles, customers, policy, withExpiry, clock } = this.#parts;
    const now = clock().getTime();
    try {
      const until = new Date(now + STAGES[1] * DAY_MS);
      for (const { customer, domain, role, until: expiresAt } of roles.endingUntil(until)) {
        if (isOver()) return;
        await this.#take(expiresAt, now, { kind: 'role.expiring', customer, domain, role });
      }
      // A policy without ages leaves the keys' own times, which the database finds by an index.
      if (policy().keyRules.every(({ maxAgeSeconds }) => maxAgeSeconds === null)) {
        for (const key of keys.expiringUntil(until)) {
          if (isOver()) return;
          await this.#takeKey(key, now);
        }
        return;
      }
      let count = 0;
      for (const { name } of customers.list()) {
        if (isOver()) return;
        for (const key of keys.list(name)) await this.#takeKey(withExpiry(key), now);
        if ((count += 1) % AT_ONCE === 0) await nextTurn();
      }
    } catch (fault) {
      if (fault instanceof AuditUnavailableError) return;
      this.#parts.log.error({ err: fault }, 'notices.expiry-not-checked');
    }
  }

  #takeKey({ customer, fingerprint, expiresAt }: Key, now: number): Promise<void> {
    return this.#take(expiresAt, now, { kind: 'key.expiring', customer, fingerprint });
  }

  async #take(expiresAt: string | null, now: number, about: Untimed<Expiring>): Promise<void> {
    if (expiresAt === null) return;
    const rest = Date.parse(expiresAt) - now;
    const days = rest <= 0 ? undefined : STAGES.find((stage) => rest <= stage * DAY_MS);
    if (days === undefined) return;
    this.#parts.tell({ ...about, expiresAt, days });
    this.#told += 1;
    if (this.#told % TOLD_AT_ONCE === 0) await nextTurn();
  }
}
