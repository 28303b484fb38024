import type { DomainName } from '../../../policy/names.js';
import { isRefusal, refusal } from '../../../policy/refusal.js';
import type { Refusal } from '../../../policy/refusal.js';
import type { FileCalls } from '../config/foreign-files.js';
import type { ObservedDomain } from './observer.js';
import type { ConfiguredDisk, Disk, Toolstack } from '../toolstack/toolstack.js';

interface Holder {
  /** For people. */
  readonly name: string;
  readonly disks: readonly Disk[];
}

/** What tells one disk from another, whatever the way to it; null for an empty drive. */
type Identify = (disk: Disk) => Promise<string | null>;

/**
 * Whether a disk that a domain is to get is in another one's hands: Xen lets two domains write to one file without a word. The
 * other's disks are what the toolstack says of it, and what its file says.
 */
export class DiskHolders {
  readonly #toolstack: Pick<Toolstack, 'list' | 'longListAll'>;
  readonly #domains: () => readonly ObservedDomain[];
  readonly #identify: Identify;

  /** @param identify how two ways to one disk are known to be the same */
  constructor(
    toolstack: Pick<Toolstack, 'list' | 'longListAll'>,
    domains: () => readonly ObservedDomain[],
    identify: Identify,
  ) {
    this.#toolstack = toolstack;
    this.#domains = domains;
    this.#identify = identify;
  }

  /** By the files of the domains that were last seen to exist: for a quick answer. */
  async conflictByFiles(name: DomainName, disks: readonly ConfiguredDisk[]): Promise<Refusal | null> {
    const others = this.#domains().filter(
      (other) => other.name !== name && !['off', 'unknown'].includes(other.observation.state),
    );
    return conflict(
      name,
      disks,
      others.map((other) => ({ name: other.name, disks: other.config.boot.disks })),
      this.#identify,
    );
  }

  /** By what the toolstack says now of every domain, managed or not, and by the files. */
  async conflict(name: DomainName, disks: readonly ConfiguredDisk[]): Promise<Refusal | null> {
    const listed = await this.#toolstack.list();
    if (isRefusal(listed)) return listed;
    const all = await this.#toolstack.longListAll();
    if (isRefusal(all)) return all;
    // The name in a long listing is the one that a domain was made with: `xl rename` leaves it there.
    const names = new Map<number, string>(listed.map((one) => [one.domid, one.name]));
    const holders = all
      .filter(({ domid }) => names.get(domid) !== name)
      .map(({ domid, boot }) => ({ name: names.get(domid) ?? `domain ${domid}`, disks: boot.disks }));
    return (await conflict(name, disks, holders, this.#identify)) ?? this.conflictByFiles(name, disks);
  }
}

async function conflict(
  name: DomainName,
  disks: readonly ConfiguredDisk[],
  holders: readonly Holder[],
  identify: Identify,
): Promise<Refusal | null> {
  const wanted = new Map<string, Disk>();
  for (const disk of disks) {
    const what = disk.shareable === true ? null : await identify(disk);
    if (what !== null) wanted.set(what, disk);
  }
  for (const holder of holders) {
    for (const held of holder.disks) {
      const disk = wanted.get((await identify(held)) ?? '');
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

/**
 * The same for every path to the same file or block device; the path itself when there is nothing there. What a script connects is told by
 * the script and its target.
 *
 * @returns what says null for an empty drive
 */
export function identityBy(files: Pick<FileCalls, 'stat'>): Identify {
  return async ({ target, script }) => {
    if (target === '') return null;
    const path = target.startsWith('/') ? target : `/dev/${target}`;
    try {
      const seen = await files.stat(path);
      return seen.isBlockDevice() ? `block ${seen.rdev}` : `file ${seen.dev} ${seen.ino}`;
    } catch {
      return script === undefined ? path : `${script} ${target}`;
    }
  };
}
