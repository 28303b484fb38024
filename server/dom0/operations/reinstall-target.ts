import type { DomainName, ImageName } from '../../../policy/names.js';
import { isRefusal, refusal } from '../../../policy/refusal.js';
import type { Refusal } from '../../../policy/refusal.js';
import type { BootProfiles } from '../boot/boot-profiles.js';
import type { DomainConfig } from '../config/domain-config.js';
import { firstDiskOf, roomFor } from '../images/first-disk.js';
import type { DiskFiles } from '../images/first-disk.js';
import type { DiskFile } from '../images/image-job.js';
import { neededBytes } from '../images/images.js';
import type { Images, ImageSettings } from '../images/images.js';
import type { DiskHolders } from '../observation/disk-holders.js';
import type { ConfiguredDisk } from '../toolstack/toolstack.js';

/** What a reinstallation names. */
interface ReinstallRequest {
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
  readonly images: Images;
  readonly disks: Pick<DiskHolders, 'sharedWith'>;
  readonly profiles: Pick<BootProfiles, 'hostDisks'>;
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
  image({ image }: ReinstallRequest): ImageSettings | Refusal {
    return image === undefined
      ? refusal('usage', 'A reinstallation needs an image. Name one.')
      : this.#parts.images.get(image);
  }

  async find(request: ReinstallRequest, config: DomainConfig): Promise<FoundTarget | Refusal> {
    const { images, disks, profiles, files, isReading } = this.#parts;
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
    const ofHost = [...profiles.hostDisks(), ...images.files().map((target) => ({ target }))];
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
