import type { DomainName, ImageName } from '../../../policy/names.js';
import { isRefusal, refusal } from '../../../policy/refusal.js';
import type { Refusal } from '../../../policy/refusal.js';
import type { DomainConfig } from '../config/domain-config.js';
import { firstDiskOf, roomFor } from '../images/first-disk.js';
import type { DiskFiles } from '../images/first-disk.js';
import type { DiskFile } from '../images/image-job.js';
import { neededBytes } from '../images/images.js';
import type { ImageSettings } from '../images/images.js';
import type { KeptOffers } from './kept-offers.js';
import type { DiskHolders } from '../observation/disk-holders.js';
import type { ConfiguredDisk } from '../toolstack/toolstack.js';

/** What a reinstallation names. */
interface ReinstallRequest {
  /** Of the operation. */
  readonly id: string;
  readonly domain: DomainName;
  readonly image?: ImageName;
}

/** What is written, and where. */
interface FoundTarget {
  readonly image: ImageSettings;
  readonly disk: ConfiguredDisk;
  readonly file: DiskFile;
}

interface ReinstallTargetParts {
  readonly offers: Pick<KeptOffers, 'now' | 'of'>;
  readonly disks: Pick<DiskHolders, 'sharedWith'>;
  readonly files: DiskFiles;
  /** Whether configuration files are not read yet: any of them may name the disk. */
  readonly isReading: () => boolean;
}

/** Finds the disk for a reinstallation, and refuses one that is not the domain's own alone. */
export class ReinstallTarget {
  readonly #parts: ReinstallTargetParts;

  constructor(parts: ReinstallTargetParts) {
    this.#parts = parts;
  }

  /** @returns a refusal when the settings have no such image */
  image({ id, image }: ReinstallRequest): ImageSettings | Refusal {
    return image === undefined
      ? refusal('usage', 'A reinstallation needs an image. Name one.')
      : this.#parts.offers.of(id).images.get(image);
  }

  async find(request: ReinstallRequest, config: DomainConfig): Promise<FoundTarget | Refusal> {
    const { offers, disks, files, isReading } = this.#parts;
    const { images } = offers.of(request.id);
    const image = this.image(request);
    if (isRefusal(image)) return image;
    if (isReading())
      return refusal(
        'wrong-state',
        'Its host has not read all configuration files yet, so nothing is erased. Try again in a minute.',
        'a file that is not read yet may name its disk',
      );
    const unfit = images.unfit(image, config);
    if (unfit !== null) return unfit;
    const disk = firstDiskOf(config);
    if (isRefusal(disk)) return disk;
    const needed = await neededBytes(image, files.calls);
    if (isRefusal(needed)) return needed;
    const file = await roomFor(disk, needed, files);
    if (isRefusal(file)) return file;
    const ofHost = [offers.of(request.id), offers.now].flatMap((offered) => [
      ...offered.profiles.hostDisks(),
      ...offered.images.files().map((target) => ({ target })),
    ]);
    const shared = await disks.sharedWith(config.name, disk, ofHost);
    return shared ?? { image, disk, file };
  }

  /** Identifies a file and its contents, as far as its size and times tell. Null: it cannot be found. */
  async stamp({ file, sha256 }: Pick<ImageSettings, 'file' | 'sha256'>): Promise<string | null> {
    try {
      const { dev, ino, size, mtimeNs, ctimeNs } = await this.#parts.files.calls.stat(file);
      return [dev, ino, size, mtimeNs, ctimeNs, sha256].join(' ');
    } catch {
      return null;
    }
  }
}
