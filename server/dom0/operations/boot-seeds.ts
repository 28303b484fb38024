import { NORMAL } from '../../../policy/names.js';
import { refusal } from '../../../policy/refusal.js';
import type { Refusal } from '../../../policy/refusal.js';
import type { OperationRequest } from '../../wire/operation.js';
import { MOST_SEED_KEY_CHARACTERS, parseSeedKey } from '../../wire/seed-key.js';
import type { BootPlan } from '../boot/boot-plan.js';
import type { DomainConfig } from '../config/domain-config.js';
import type { KeptOffers } from './kept-offers.js';
import type { SeedDisks } from '../seed/seed-disks.js';
import { seedInterfaces } from '../seed/seed-network.js';
import type { SeedNetwork } from '../../../policy/seed-network.js';

interface BootSeedsParts {
  readonly offers: Pick<KeptOffers, 'of'>;
  readonly disks: Pick<SeedDisks, 'pathOf' | 'make'>;
  /** Those in force. */
  readonly networks: () => readonly SeedNetwork[];
}

/** A request as far as its seed disk goes. */
type Asked = Pick<OperationRequest, 'id' | 'domain' | 'profile' | 'image' | 'parameters' | 'keys'>;

/** The seed disks of operations: whether a boot has one, what is on it, and the plan with it. */
export class BootSeeds {
  readonly #parts: BootSeedsParts;

  constructor(parts: BootSeedsParts) {
    this.#parts = parts;
  }

  /** @returns a refusal for keys where no seed disk takes them, or for too many */
  wrong(request: Asked): Refusal | null {
    const { keys } = request;
    if (keys === undefined) return null;
    if (!this.#isSeeded(request))
      return refusal('usage', 'Only a boot with a seed disk takes keys, and this one has none.');
    const size = keys.reduce((sum, { length }) => sum + length, 0);
    if (size <= MOST_SEED_KEY_CHARACTERS) return null;
    return refusal(
      'usage',
      `The keys for the seed disk are too long: together they may have ${MOST_SEED_KEY_CHARACTERS} characters.`,
    );
  }

  /** How the domain is to be booted, with the seed disk where it has one. */
  plan(request: Asked, config: DomainConfig): BootPlan | Refusal {
    const { offers, disks } = this.#parts;
    const seed = this.#isSeeded(request) ? disks.pathOf(request.id) : null;
    return offers.of(request.id).profiles.plan(request.profile ?? NORMAL, config, request.parameters, seed);
  }

  /** Makes the seed disk, unless it is there or the boot has none. To be called before anything is done. */
  async make(request: Asked, config: DomainConfig): Promise<Refusal | null> {
    if (!this.#isSeeded(request)) return null;
    const { disks, networks } = this.#parts;
    const { id, domain, keys = [] } = request;
    return disks.make({
      instance: id,
      domain,
      keys: keys.map(parseSeedKey).filter((key) => key !== undefined),
      interfaces: seedInterfaces(domain, config.nics, networks()),
    });
  }

  #isSeeded({ id, profile, image }: Asked): boolean {
    const { profiles, images } = this.#parts.offers.of(id);
    if (image !== undefined) return images.seedOf(image) !== null;
    return profile !== null && profiles.seedOf(profile) !== null;
  }
}
