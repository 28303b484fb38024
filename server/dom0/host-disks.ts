import type { DomainName } from '../../policy/names.js';
import { DiskClaims } from './config/disk-claims.js';
import type { Dom0Context } from './dom0-context.js';
import type { Dom0State } from './dom0-state.js';
import { DiskSizes } from './images/disk-sizes.js';
import { blockFacts } from './images/first-disk.js';
import type { DiskFiles } from './images/first-disk.js';
import { Images } from './images/images.js';
import { DiskHolders, identityBy } from './observation/disk-holders.js';
import type { ObservedDomain } from './observation/observed-domain.js';
import { offeredImages } from './settings-in-force.js';
import { SeedDisks } from './seed/seed-disks.js';
import { XorrisoImage } from './seed/seed-image.js';
import type { SeedImage } from './seed/seed-image.js';

interface HostDisksParts {
  readonly domains: () => readonly ObservedDomain[];
  /** The size of this domain's first disk has become known, or is another. */
  readonly changed: (name: DomainName) => void;
  readonly seedImage: SeedImage | undefined;
}

/** The domains' disks, the images that may be written to them, and the seed disks. */
export class HostDisks {
  readonly files: DiskFiles;
  readonly images: Images;
  readonly sizes: DiskSizes;
  readonly holders: DiskHolders;
  readonly seeds: SeedDisks;

  constructor(context: Dom0Context, { registry, configs }: Dom0State, parts: HostDisksParts) {
    const { settings, toolstack, host, disk, timings, logger } = context;
    const calls = context.foreignFiles();
    this.files = { calls, block: blockFacts };
    this.images = new Images(offeredImages(settings));
    this.sizes = new DiskSizes(this.images, this.files, host, parts.changed);
    this.holders = new DiskHolders({
      toolstack,
      domains: parts.domains,
      claims: new DiskClaims(configs, calls),
      identify: identityBy(calls),
    });
    this.seeds = new SeedDisks({
      state: settings.state,
      disk,
      image: parts.seedImage ?? new XorrisoImage(settings.seeds.command),
      toolstack,
      host,
      logger,
      absence: 2 * timings.rebootAbsence,
      isOpen: (id) => registry.find(id)?.isOpen === true,
    });
  }
}
