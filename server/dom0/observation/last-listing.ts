import type { Refusal } from '../../../policy/refusal.js';
import type { GuestName } from '../../wire/guest-name.js';
import type { Logger } from '../../wire/logger.js';
import type { ListedDomain } from '../toolstack/toolstack.js';

/** What the toolstack listed last, and when. Times are the host's uptime, milliseconds. */
export class LastListing {
  readonly #logger: Logger;
  #byName: ReadonlyMap<GuestName, ListedDomain> = new Map();
  #answeredAt: number | null = null;
  #silence: string | null = null;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** When the toolstack answered last; null: it has not answered yet. */
  get answeredAt(): number | null {
    return this.#answeredAt;
  }

  /** Why the toolstack did not answer when it was last asked; null when it did. */
  get silence(): string | null {
    return this.#silence;
  }

  /** A guest, whether it is managed or not. */
  guest(name: GuestName): ListedDomain | null {
    return this.#byName.get(name) ?? null;
  }

  /** Whether there is a guest with this UUID, under any name. */
  hasUuid(uuid: string): boolean {
    return [...this.#byName.values()].some((guest) => guest.uuid === uuid);
  }

  /** @returns the listing by names */
  answered(listed: readonly ListedDomain[], now: number): ReadonlyMap<GuestName, ListedDomain> {
    if (this.#silence !== null) this.#logger.info({}, 'toolstack.answers');
    this.#silence = null;
    this.#answeredAt = now;
    this.#byName = new Map(listed.map((domain) => [domain.name, domain]));
    return this.#byName;
  }

  /** The toolstack did not answer: what it listed before stays. The log has each reason once. */
  silent({ code, detail }: Refusal): void {
    if (this.#silence !== detail) this.#logger.error({ code, detail }, 'toolstack.silent');
    this.#silence = detail;
  }
}
