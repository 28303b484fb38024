import type { DomainName } from '../../../policy/names.js';
import { isRefusal, refusal } from '../../../policy/refusal.js';
import type { Refusal } from '../../../policy/refusal.js';
import type { FileCalls } from '../config/foreign-files.js';
import type { ObservedDomain } from './observed-domain.js';
import type { ConfiguredDisk, Disk, Toolstack } from '../toolstack/toolstack.js';

interface Holder {
  /** For people. */
  readonly name: string;
  readonly disks: readonly Disk[];
}

/** Gives the same text for the same disk, whatever the path to it; null for an empty drive. */
type Identify = (disk: Pick<Disk, 'target' | 'script'>) => Promise<string | null>;

/**
 * Finds out whether another domain already has a disk: Xen silently lets two domains write to one file. It
 * asks the toolstack for the other domain's disks, and its configuration file.
 */
export class DiskHolders {
  readonly #toolstack: Pick<Toolstack, 'list' | 'longListAll'>;
  readonly #domains: () => readonly ObservedDomain[];
  readonly #identify: Identify;

  /** @param identify tells whether two paths lead to the same disk */
  constructor(
    toolstack: Pick<Toolstack, 'list' | 'longListAll'>,
    domains: () => readonly ObservedDomain[],
    identify: Identify,
  ) {
    this.#toolstack = toolstack;
    this.#domains = domains;
    this.#identify = identify;
  }

  /** Asks the configuration files of the domains that existed when last seen: a quick answer. */
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

  /**
   * Whether a disk that is to be written anew belongs to others too: to another managed domain, running or
   * not, or to the host.
   *
   * @param ofHost the host's own, such as rescue disks and images
   */
  async sharedWith(
    name: DomainName,
    disk: ConfiguredDisk,
    ofHost: readonly Pick<Disk, 'target' | 'script'>[],
  ): Promise<Refusal | null> {
    const what = await this.#identify(disk);
    if (what === null) return null;
    const others = this.#domains().filter((other) => other.name !== name);
    const shared = (by: string): Refusal =>
      refusal(
        'not-on-this-host',
        "It cannot be reinstalled by Postern: its first disk also belongs to others. Ask the host's operators.",
        `${disk.vdev} of ${name} is also ${by}`,
      );
    for (const other of others) {
      for (const held of other.config.boot.disks) {
        if ((await this.#identify(held)) === what) return shared(`${held.vdev} of ${other.name}`);
      }
    }
    for (const own of ofHost) if ((await this.#identify(own)) === what) return shared(own.target);
    return null;
  }

  /** Asks the toolstack now for every domain, managed or not, and then the files. */
  async conflict(name: DomainName, disks: readonly ConfiguredDisk[]): Promise<Refusal | null> {
    const listed = await this.#toolstack.list();
    if (isRefusal(listed)) return listed;
    const all = await this.#toolstack.longListAll();
    if (isRefusal(all)) return all;
    // A long listing has the name that the domain was made with: `xl rename` does not change it there.
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
 * The same text for every path to the same file or block device; the path itself when nothing is there. A
 * disk that a script connects is identified by the script and its target.
 *
 * @returns a function that gives null for an empty drive
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
