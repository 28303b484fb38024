import type { Action } from '../../../policy/actions.js';
import type { BootProfileName, DomainName, ImageName } from '../../../policy/names.js';
import type { Refusal } from '../../../policy/refusal.js';
import type { Identity } from '../session/identity.js';

/** Policy's answers about one domain for one customer. */
export interface Answers {
  readonly answers: ReadonlyMap<Action, Refusal | null>;
  /** The answers for a rescue, by profile. */
  readonly profiles: ReadonlyMap<BootProfileName, Refusal | null>;
  /** The answers for a reinstallation, by image. */
  readonly images: ReadonlyMap<ImageName, Refusal | null>;
  /** Whether a limit refused something: time gives it room again. */
  readonly isLimited: boolean;
}

interface Kept extends Answers {
  /** What the answers depend on, besides time and the audit log. */
  readonly key: string;
  readonly at: number;
}

/** How long answers are kept at most, because a limit's window moves with time. Milliseconds. */
const FRESH = 5_000;
/** So many are kept at most, unless it is said otherwise. */
const MOST = 2_000;

/**
 * Policy's answers of the last seconds. Sessions share them whose customer, key and source address are the same, as
 * nothing else of a session counts for an answer. A menu that rests keeps none.
 */
export class SharedAnswers {
  /** The oldest first. */
  readonly #kept = new Map<string, Kept>();
  readonly #most: number;
  readonly #later: (work: () => void) => void;
  #willSweep = false;

  /** @param most how many are kept @param later calls back when answers of now are old */
  constructor(
    most = MOST,
    later: (work: () => void) => void = (work) => {
      setTimeout(work, FRESH).unref();
    },
  ) {
    this.#most = most;
    this.#later = later;
  }

  get size(): number {
    return this.#kept.size;
  }

  /**
   * @param key what the answers depend on, besides time and the audit log
   * @param now milliseconds since 1970
   * @returns the answers that are kept for the same key; else what `ask` says
   */
  of(identity: Identity, domain: DomainName, key: string, now: number, ask: () => Answers): Answers {
    const name = nameOf(identity, domain);
    const known = this.#kept.get(name);
    if (known?.key === key && isFresh(known, now)) return known;
    const kept = { ...ask(), key, at: now };
    this.#kept.delete(name);
    this.#kept.set(name, kept);
    for (const [oldest, one] of this.#kept) {
      if (isFresh(one, now) && this.#kept.size <= this.#most) break;
      this.#kept.delete(oldest);
    }
    this.#sweepLater();
    return kept;
  }

  /** Else the menus that rest would keep the answers of the last one that asked. */
  #sweepLater(): void {
    if (this.#willSweep) return;
    this.#willSweep = true;
    this.#later(() => {
      this.#willSweep = false;
      const now = Date.now();
      for (const [oldest, one] of this.#kept) {
        if (isFresh(one, now)) break;
        this.#kept.delete(oldest);
      }
      if (this.#kept.size > 0) this.#sweepLater();
    });
  }

  /** Call it when policy, roles or the audit log changed. */
  forget(identity: Identity, domain: DomainName): void {
    this.#kept.delete(nameOf(identity, domain));
  }
}

function isFresh({ at }: Kept, now: number): boolean {
  return Math.abs(now - at) < FRESH;
}

function nameOf(
  { customer, fingerprint, verified, source, certificate, connection }: Identity,
  domain: DomainName,
): string {
  // A certificate says more of its own: its sessions share nothing with other connections.
  const own = certificate === undefined ? '' : connection;
  return [domain, customer, fingerprint, verified, source, own].join(' ');
}
