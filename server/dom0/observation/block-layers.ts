import { readFile, readdir } from 'node:fs/promises';
import { deviceName, deviceNumber } from '../images/device-number.js';

const SYS = '/sys/dev/block';
/** No stack of volumes is deeper. */
const DEEPEST = 16;

/** What a block device lies on: other block devices, and the files of loop devices. */
export interface Layers {
  readonly devices: readonly bigint[];
  /** Absolute paths. */
  readonly files: readonly string[];
}

/** Of the block device with this number. A device of which the kernel says nothing lies on nothing. */
export type BlockLayers = (rdev: bigint) => Promise<Layers>;

/**
 * Reads /sys: the whole disk of a partition, the parts of a volume or a RAID (`slaves`), the file of a loop device.
 * Two disks share data when one lies on the other. Two volumes of one group do not.
 *
 * @param sys another place for /sys/dev/block
 */
export function blockLayers(sys: string = SYS): BlockLayers {
  return async (rdev) => {
    const devices = new Set<bigint>();
    const files = new Set<string>();
    let level = [rdev];
    for (let depth = 0; level.length > 0 && depth < DEEPEST; depth += 1) {
      const next: bigint[] = [];
      for (const device of level) {
        // Never normalised: the entry is a link, and its `..` is the whole disk.
        const entry = `${sys}/${deviceName(device)}`;
        const file = await line(`${entry}/loop/backing_file`);
        if (file !== null) files.add(file);
        const names = (await entriesOf(`${entry}/slaves`)).map((name) => `${entry}/slaves/${name}/dev`);
        if ((await line(`${entry}/partition`)) !== null) names.push(`${entry}/../dev`);
        for (const name of names) {
          const below = deviceNumber((await line(name)) ?? '');
          if (below === null || below === rdev || devices.has(below)) continue;
          devices.add(below);
          next.push(below);
        }
      }
      level = next;
    }
    return { devices: [...devices], files: [...files] };
  };
}

async function line(path: string): Promise<string | null> {
  try {
    return (await readFile(path, 'utf8')).replace(/\n$/, '');
  } catch {
    return null;
  }
}

async function entriesOf(directory: string): Promise<readonly string[]> {
  try {
    return await readdir(directory);
  } catch {
    return [];
  }
}
