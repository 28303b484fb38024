import type { DomainName } from '../../../policy/names.js';
import { isRefusal } from '../../../policy/refusal.js';
import type { FirstDisk } from '../../wire/domain.js';
import type { DomainConfig } from '../config/domain-config.js';
import type { HostClock } from '../scheduling/host-clock.js';
import { diskFileOf, firstDiskOf } from './first-disk.js';
import type { DiskFiles } from './first-disk.js';
import type { Images } from './images.js';

/** A volume may grow while we look away. */
const FRESH_MS = 60_000;

interface Size {
  readonly target: string;
  bytes: number | null;
  /** By the host's uptime; Infinity while it is being asked. */
  askedAt: number;
}

/** The sizes of the first disks, for people. Before a disk is written, its size is asked for anew. */
export class DiskSizes {
  readonly #images: Pick<Images, 'names'>;
  readonly #files: DiskFiles;
  readonly #host: Pick<HostClock, 'uptime'>;
  readonly #changed: (name: DomainName) => void;
  readonly #sizes = new Map<DomainName, Size>();

  /** @param changed called when a size has become known, or another */
  constructor(
    images: Pick<Images, 'names'>,
    files: DiskFiles,
    host: Pick<HostClock, 'uptime'>,
    changed: (name: DomainName) => void,
  ) {
    this.#images = images;
    this.#files = files;
    this.#host = host;
    this.#changed = changed;
  }

  /** @returns null where no image can be written to it; the size that was known last, and asks for it anew */
  of(config: DomainConfig): FirstDisk | null {
    const disk = firstDiskOf(config);
    if (isRefusal(disk) || this.#images.names(config).length === 0) return null;
    const { vdev, target } = disk;
    let size = this.#sizes.get(config.name);
    if (size?.target !== target) {
      size = { target, bytes: null, askedAt: -Infinity };
      this.#sizes.set(config.name, size);
    }
    if (this.#host.uptime() - size.askedAt >= FRESH_MS) void this.#ask(config.name, { target, vdev }, size);
    return { vdev, bytes: size.bytes };
  }

  async #ask(
    name: DomainName,
    disk: { readonly target: string; readonly vdev: string },
    size: Size,
  ): Promise<void> {
    size.askedAt = Infinity;
    const found = await diskFileOf(disk, this.#files);
    const bytes = isRefusal(found) ? null : found.bytes;
    const isNews = bytes !== size.bytes;
    size.bytes = bytes;
    size.askedAt = this.#host.uptime();
    if (isNews && this.#sizes.get(name) === size) this.#changed(name);
  }
}
