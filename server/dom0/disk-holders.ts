import { realpath, stat } from 'node:fs/promises';
import type { DomainName } from '../../policy/names.js';
import { isRefusal, refusal } from '../../policy/refusal.js';
import type { Refusal } from '../../policy/refusal.js';
import type { GuestName } from '../wire/guest-name.js';
import type { ObservedDomain } from './observer.js';
import type { Disk, Toolstack } from './toolstack/toolstack.js';

interface Holder {
  readonly name: GuestName;
  readonly disks: readonly Disk[];
}

/** The same text for every path to the same thing. */
type Identify = (target: string) => Promise<string>;

/**
 * Whether a disk that a domain is to get is in another one's hands: Xen lets two domains write to one file without a word. The
 * other's disks are what the toolstack says of it, and what its file says.
 */
export class DiskHolders {
  readonly #toolstack: Pick<Toolstack, 'longListAll'>;
  readonly #domains: () => readonly ObservedDomain[];
  readonly #identify: Identify;

  /** @param identify how two paths to one file or block device are known to be the same; by the file system unless given */
  constructor(
    toolstack: Pick<Toolstack, 'longListAll'>,
    domains: () => readonly ObservedDomain[],
    identify: Identify = identity,
  ) {
    this.#toolstack = toolstack;
    this.#domains = domains;
    this.#identify = identify;
  }

  /** By the files of the domains that were last seen to exist: for a quick answer. */
  async conflictByFiles(
    name: DomainName,
    disks: readonly (Disk & { readonly shareable?: boolean })[],
  ): Promise<Refusal | null> {
    const others = this.#domains().filter(
      ({ observation }) => observation.state !== 'off' && observation.state !== 'unknown',
    );
    return conflict(
      name,
      disks,
      others.map((other) => ({ name: other.name, disks: other.config.boot.disks })),
      this.#identify,
    );
  }

  /** By what the toolstack says now of every domain, managed or not, and by the files. */
  async conflict(
    name: DomainName,
    disks: readonly (Disk & { readonly shareable?: boolean })[],
  ): Promise<Refusal | null> {
    const listed = await this.#toolstack.longListAll();
    if (isRefusal(listed)) return listed;
    const holders = listed.map((other) => ({ name: other.name, disks: other.boot.disks }));
    return (await conflict(name, disks, holders, this.#identify)) ?? this.conflictByFiles(name, disks);
  }
}

async function conflict(
  name: DomainName,
  disks: readonly (Disk & { readonly shareable?: boolean })[],
  holders: readonly Holder[],
  identify: Identify,
): Promise<Refusal | null> {
  const wanted = new Map<string, Disk>();
  for (const disk of disks) {
    if (disk.shareable !== true) wanted.set(await identify(disk.target), disk);
  }
  for (const holder of holders) {
    if (holder.name === name) continue;
    for (const held of holder.disks) {
      const disk = wanted.get(await identify(held.target));
      if (disk === undefined || !(disk.writable || held.writable)) continue;
      return refusal(
        'wrong-state',
        'One of its disks is in use by another server that runs, so it cannot be started.',
        `${disk.vdev} of ${name} is ${held.vdev} of ${holder.name}, which runs`,
      );
    }
  }
  return null;
}

/** The same for every path to the same file or block device; the path itself when there is nothing there. */
async function identity(target: string): Promise<string> {
  const path = target.startsWith('/') ? target : `/dev/${target}`;
  try {
    const seen = await stat(path);
    return seen.isBlockDevice() ? `block ${seen.rdev}` : `file ${seen.dev} ${seen.ino}`;
  } catch {
    return realpath(path).catch(() => path);
  }
}
