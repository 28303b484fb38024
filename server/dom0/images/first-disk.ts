import { readFile } from 'node:fs/promises';
import { isRefusal, refusal } from '../../../policy/refusal.js';
import type { Refusal } from '../../../policy/refusal.js';
import type { DomainConfig } from '../config/domain-config.js';
import type { FileCalls } from '../config/foreign-files.js';
import type { ConfiguredDisk } from '../toolstack/toolstack.js';
import { deviceName } from './device-number.js';
import { fileIdentity } from './image-job.js';
import type { DiskFile } from './image-job.js';

/** The names that a guest may have for the whole of its first disk: xen-vbd-interface(7). */
const FIRST = /^(?:xvd|hd|sd)a$/;
/** What xl says of a plain disk, besides its place and its format. */
const HARMLESS = new Set(['discard_enable', 'direct_io_safe', 'removable', 'backend']);
/** Backends in this dom0 that take a raw file or a block device. */
const BACKENDS = new Set(['', 'phy', 'qdisk', 'unknown']);
const SECTOR_BYTES = 512;
const MIB = 1024 ** 2;

const not = (why: string, detail: string): Refusal =>
  refusal(
    'not-on-this-host',
    `It cannot be reinstalled by Postern: ${why}. Ask the host's operators.`,
    detail,
  );

/**
 * The disk that the domain boots from, if an image can be written to it. The first disk of the configuration
 * must be `xvda` (`hda`, `sda`), raw, writable, in this dom0 and the domain's own.
 */
export function firstDiskOf({ boot, name }: Pick<DomainConfig, 'boot' | 'name'>): ConfiguredDisk | Refusal {
  const disks: readonly ConfiguredDisk[] = boot.disks;
  const disk = disks.find(({ cdrom }) => cdrom !== true);
  if (disk === undefined) return not('it has no disk', `${name} has no disk`);
  const { vdev, target, writable, script, format, more, shareable } = disk;
  const of = `${vdev} of ${name}`;
  if (!FIRST.test(vdev)) return not(`its first disk is ${vdev}, and not the whole of xvda`, of);
  if (!writable) return not(`its first disk (${vdev}) is read-only`, of);
  if (shareable === true) return not(`its first disk (${vdev}) is shared`, of);
  if (script !== undefined || target === '')
    return not(
      `its first disk (${vdev}) is connected by a program of its host`,
      `${of}: ${script ?? 'empty'}`,
    );
  if (format !== 'raw')
    return not(`its first disk (${vdev}) is not raw`, `${of} has the format ${format ?? 'unknown'}`);
  const strange = more === undefined ? null : strangeIn(more);
  if (strange !== null)
    return not(`its first disk (${vdev}) is no plain file or volume`, `${of}: ${strange}`);
  return disk;
}

/** @param more JSON of what xl says besides. @returns the first thing that we do not know as harmless */
function strangeIn(more: string): string | null {
  let facts: Readonly<Record<string, unknown>>;
  try {
    facts = JSON.parse(more) as Readonly<Record<string, unknown>>;
  } catch {
    return more;
  }
  for (const [key, value] of Object.entries(facts)) {
    if (!HARMLESS.has(key)) return `${key}=${JSON.stringify(value)}`;
    if (key === 'backend' && (typeof value !== 'string' || !BACKENDS.has(value)))
      return `backend=${JSON.stringify(value)}`;
  }
  return null;
}

/** What the kernel says of a block device. @throws where it does not know it */
export type BlockFacts = (rdev: bigint) => Promise<{ readonly bytes: number; readonly readOnly: boolean }>;

export interface DiskFiles {
  readonly calls: Pick<FileCalls, 'lstat' | 'stat'>;
  readonly block: BlockFacts;
}

/** Reads /sys. */
export const blockFacts: BlockFacts = async (rdev) => {
  const directory = `/sys/dev/block/${deviceName(rdev)}`;
  const number = async (name: string): Promise<number> =>
    Number((await readFile(`${directory}/${name}`, 'latin1')).trim());
  return { bytes: (await number('size')) * SECTOR_BYTES, readOnly: (await number('ro')) !== 0 };
};

/**
 * The file or block device behind a disk, with its size. A link is followed only from /dev to a block device:
 * volumes are links there.
 */
export async function diskFileOf(
  { target, vdev }: Pick<ConfiguredDisk, 'target' | 'vdev'>,
  { calls, block }: DiskFiles,
): Promise<DiskFile | Refusal> {
  const path = target.startsWith('/') ? target : `/dev/${target}`;
  try {
    const link = await calls.lstat(path);
    const found = link.isSymbolicLink() ? await calls.stat(path) : link;
    const identity = fileIdentity(found);
    if (found.isBlockDevice()) {
      if (link.isSymbolicLink() && !path.startsWith('/dev/'))
        return not(`its first disk (${vdev}) is a link`, path);
      const { bytes, readOnly } = await block(found.rdev);
      return readOnly ? not(`its first disk (${vdev}) is read-only`, path) : { path, identity, bytes };
    }
    if (link.isSymbolicLink()) return not(`its first disk (${vdev}) is a link`, path);
    if (!found.isFile()) return not(`its first disk (${vdev}) is no file and no volume`, path);
    return { path, identity, bytes: Number(found.size) };
  } catch (error) {
    return not(`its first disk (${vdev}) cannot be found`, `${path}: ${String(error)}`);
  }
}

/** @returns the disk's file when the image fits on it */
export async function roomFor(
  disk: Pick<ConfiguredDisk, 'target' | 'vdev'>,
  neededBytes: number,
  files: DiskFiles,
): Promise<DiskFile | Refusal> {
  const found = await diskFileOf(disk, files);
  if (isRefusal(found) || neededBytes <= found.bytes) return found;
  const [needed, there] = [Math.ceil(neededBytes / MIB), Math.floor(found.bytes / MIB)];
  return refusal(
    'wrong-state',
    `The image needs a disk of ${needed} MiB, and ${disk.vdev} has ${there} MiB. Choose a smaller image.`,
    `${found.path}: ${neededBytes} > ${found.bytes}`,
  );
}
