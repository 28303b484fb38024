import type { BootProfiles } from '../boot/boot-profiles.js';
import type { Images } from '../images/images.js';

/** What customers can choose. */
export interface Offers {
  readonly profiles: BootProfiles;
  readonly images: Images;
}

/**
 * The boot profiles and images of operations that were asked for before a reload changed them. An operation stops its
 * domain first and boots it later: what it boots must not go, or become another, in between.
 */
export class KeptOffers {
  readonly #now: Offers;
  readonly #kept = new Map<string, Offers>();

  /** @param now what is in force */
  constructor(now: Offers) {
    this.#now = now;
  }

  /** What is in force. */
  get now(): Offers {
    return this.#now;
  }

  /** What counts for an operation. */
  of(id: string): Offers {
    return this.#kept.get(id) ?? this.#now;
  }

  /** To be called before what is in force changes. @param ids of all operations that are asked for or under way */
  keep(ids: Iterable<string>): void {
    const copy = { profiles: this.#now.profiles.copy(), images: this.#now.images.copy() };
    const kept = new Map([...ids].map((id) => [id, this.#kept.get(id) ?? copy]));
    this.#kept.clear();
    for (const [id, offers] of kept) this.#kept.set(id, offers);
  }
}
