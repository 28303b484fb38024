import {
  existsSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  closeSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, posix } from 'node:path';

/**
 * A raw disk of the simulated host: its first bytes hold the files that were installed on it, its last ones a
 * mark. A guest unpacks them into a directory beside the disk and works there. So what a guest changes is not in
 * the raw file, and a reinstallation with anything but an image of `rawDisk` leaves no system.
 */

const MAGIC = 'A disk of the simulated host.\n';
const END = 'The end of the installed system.\n';
const MOST_HEADER_BYTES = 64 * 1024;

export type DiskFiles = Readonly<Record<string, string>>;

/** @param bytes its size @param fill what lies between the files and the end mark; one byte */
export function rawDisk(files: DiskFiles, bytes: number, fill = 0): Buffer {
  const header = Buffer.from(`${MAGIC}${JSON.stringify({ bytes, files })}\n`);
  if (header.length > MOST_HEADER_BYTES) throw new Error('too many files for a simulated disk');
  const disk = Buffer.alloc(bytes, fill);
  header.copy(disk);
  disk.write(END, bytes - END.length);
  return disk;
}

/**
 * The directory with a disk's files: the disk itself, or what is unpacked from a raw one. A raw disk that was
 * written since is unpacked anew.
 *
 * @returns null when there is no whole system on it
 */
export function diskDirectory(target: string): string | null {
  const found = lstatSync(target, { throwIfNoEntry: false, bigint: true });
  if (found === undefined || !found.isFile()) return target;
  const directory = `${target}.files`;
  const stamp = `${found.mtimeNs} ${found.size}`;
  if (readStamp(target) === stamp && existsSync(directory)) return directory;
  const files = installedFiles(target);
  if (files === null) return null;
  const fresh = `${directory}.${process.pid}`;
  for (const [path, text] of Object.entries(files)) {
    const file = join(fresh, posix.normalize(`/${path}`));
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
  rmSync(directory, { recursive: true, force: true });
  renameSync(fresh, directory);
  writeFileSync(stampOf(target), stamp);
  return directory;
}

function stampOf(target: string): string {
  return `${target}.unpacked`;
}

function readStamp(target: string): string {
  try {
    return readFileSync(stampOf(target), 'utf8');
  } catch {
    return '';
  }
}

/** Null when its beginning or its end was not written. */
function installedFiles(target: string): DiskFiles | null {
  const descriptor = openSync(target, 'r');
  try {
    const text = (at: number, length: number): string => {
      const bytes = Buffer.alloc(length);
      return bytes.toString('utf8', 0, readSync(descriptor, bytes, 0, length, at));
    };
    const [magic = '', json = ''] = text(0, MOST_HEADER_BYTES).split('\n', 2);
    if (`${magic}\n` !== MAGIC) return null;
    const { bytes, files } = JSON.parse(json) as { readonly bytes: number; readonly files: DiskFiles };
    const isWhole = bytes <= statSync(target).size && text(bytes - END.length, END.length) === END;
    return isWhole ? files : null;
  } catch {
    return null;
  } finally {
    closeSync(descriptor);
  }
}
