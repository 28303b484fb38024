import type { DomainName } from '../../../policy/names.js';
import { isRefusal, refusal } from '../../../policy/refusal.js';
import type { Refusal } from '../../../policy/refusal.js';
import type { DiskClaims } from '../config/disk-claims.js';
import type { FileCalls } from '../config/foreign-files.js';
import { fileIdentity } from '../images/image-job.js';
import { blockLayers } from './block-layers.js';
import type { BlockLayers } from './block-layers.js';
import type { ObservedDomain } from './observed-domain.js';
import type { ConfiguredDisk, Disk, Toolstack } from '../toolstack/toolstack.js';

interface Holder {
  /** For people. */
  readonly name: string;
  readonly disks: readonly Disk[];
}

/** What a disk is, and what it lies on. The same text for the same disk, whatever the path to it. */
interface Identity {
  readonly own: string;
  /** The whole disk of a partition, the file of a loop device, and so on. */
  readonly below: readonly string[];
}

/** Null for an empty drive. */
type Identify = (disk: Pick<Disk, 'target' | 'script'>) => Promise<Identity | null>;

interface DiskHoldersParts {
  readonly toolstack: Pick<Toolstack, 'list' | 'longListAll'>;
  readonly domains: () => readonly ObservedDomain[];
  readonly claims: Pick<DiskClaims, 'list'>;
  /** Tells whether two paths lead to the same disk. */
  readonly identify: Identify;
}

/**
 * Finds out whether another domain already has a disk: Xen silently lets two domains write to one file. It
 * asks the toolstack for the other domain's disks, and its configuration file.
 */
export class DiskHolders {
  readonly #parts: DiskHoldersParts;

  constructor(parts: DiskHoldersParts) {
    this.#parts = parts;
  }

  /** Asks the configuration files of the domains that existed when last seen: a quick answer. */
  async conflictByFiles(name: DomainName, disks: readonly ConfiguredDisk[]): Promise<Refusal | null> {
    const others = this.#parts
      .domains()
      .filter((other) => other.name !== name && !['off', 'unknown'].includes(other.observation.state));
    return conflict(
      name,
      disks,
      others.map((other) => ({ name: other.name, disks: other.config.boot.disks })),
      this.#parts.identify,
    );
  }

  /**
   * Whether a disk that is to be written anew belongs to others too: to another domain that has a configuration
   * file, managed or not, running or not, or to the host.
   *
   * @param ofHost the host's own, such as rescue disks and images
   */
  async sharedWith(
    name: DomainName,
    disk: ConfiguredDisk,
    ofHost: readonly Pick<Disk, 'target' | 'script'>[],
  ): Promise<Refusal | null> {
    const what = await this.#parts.identify(disk);
    if (what === null) return null;
    const shared = (by: string, whose = 'also belongs to others'): Refusal =>
      refusal(
        'not-on-this-host',
        `It cannot be reinstalled by Postern: its first disk ${whose}. Ask the host's operators.`,
        `${disk.vdev} of ${name} is also ${by}`,
      );
    const claims = await this.#parts.claims.list();
    if (isRefusal(claims)) return claims;
    for (const { domain, by, disks } of claims) {
      const isOwn = domain === name;
      for (const held of disks) {
        if (isOwn && held.vdev === disk.vdev) continue;
        if (!shareData(await this.#parts.identify(held), what)) continue;
        const place = held.vdev === undefined ? `in ${by}` : `${held.vdev} of ${by}`;
        return shared(place, isOwn ? 'shares data with another disk of it' : undefined);
      }
    }
    for (const own of ofHost) if (shareData(await this.#parts.identify(own), what)) return shared(own.target);
    return null;
  }

  /** Asks the toolstack now for every domain, managed or not, and then the files. */
  async conflict(name: DomainName, disks: readonly ConfiguredDisk[]): Promise<Refusal | null> {
    const listed = await this.#parts.toolstack.list();
    if (isRefusal(listed)) return listed;
    const all = await this.#parts.toolstack.longListAll();
    if (isRefusal(all)) return all;
    // A long listing has the name that the domain was made with: `xl rename` does not change it there.
    const names = new Map<number, string>(listed.map((one) => [one.domid, one.name]));
    const holders = all
      .filter(({ domid }) => names.get(domid) !== name)
      .map(({ domid, boot }) => ({ name: names.get(domid) ?? `domain ${domid}`, disks: boot.disks }));
    return (await conflict(name, disks, holders, this.#parts.identify)) ?? this.conflictByFiles(name, disks);
  }
}

async function conflict(
  name: DomainName,
  disks: readonly ConfiguredDisk[],
  holders: readonly Holder[],
  identify: Identify,
): Promise<Refusal | null> {
  const wanted: { readonly what: Identity; readonly disk: Disk }[] = [];
  for (const disk of disks) {
    const what = disk.shareable === true ? null : await identify(disk);
    if (what !== null) wanted.push({ what, disk });
  }
  for (const holder of holders) {
    for (const held of holder.disks) {
      const its = await identify(held);
      const both = wanted.find(({ what, disk }) => shareData(its, what) && (disk.writable || held.writable));
      if (both === undefined) continue;
      return refusal(
        'wrong-state',
        'One of its disks is in use by another server that runs, so it cannot be started.',
        `${both.disk.vdev} of ${name} is ${held.vdev} of ${holder.name}, which runs`,
      );
    }
  }
  return null;
}

/** Whether one is the other, or lies on it. Two that lie on the same one have parts of their own. */
function shareData(one: Identity | null, other: Identity | null): boolean {
  if (one === null || other === null) return false;
  return one.own === other.own || one.below.includes(other.own) || other.below.includes(one.own);
}

/**
 * Identifies by the file or block device behind a path, and by the path itself when nothing is there. A disk
 * that a script connects is identified by the script and its target.
 *
 * @returns a function that gives null for an empty drive
 */
export function identityBy(files: Pick<FileCalls, 'stat'>, layers: BlockLayers = blockLayers()): Identify {
  return async ({ target, script }) => {
    if (target === '') return null;
    const path = target.startsWith('/') ? target : `/dev/${target}`;
    try {
      const seen = await files.stat(path);
      const own = fileIdentity(seen);
      if (!seen.isBlockDevice()) return { own, below: [] };
      const lies = await layers(seen.rdev);
      const below = lies.devices.map((device) => `block ${device}`);
      for (const file of lies.files) {
        // A file that was removed, or that hangs, is found by nobody's path.
        const backing = await files.stat(file).catch(() => null);
        if (backing !== null) below.push(fileIdentity(backing));
      }
      return { own, below };
    } catch {
      return { own: script === undefined ? path : `${script} ${target}`, below: [] };
    }
  };
}
