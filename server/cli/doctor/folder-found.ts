import { asOwner } from '../admin/as-owner.js';
import { checkFolder } from '../../wire/folder-check.js';
import type { FolderCheck } from '../../wire/folder-check.js';
import { fail, ok, warn } from '../installation/diagnosis.js';
import type { Diagnosis } from '../installation/diagnosis.js';
import { ownerOf } from '../installation/files.js';

/** Space is low when less than this part is free, and also less than LITTLE_BYTES. */
const LITTLE_PART = 0.1;
const LITTLE_BYTES = 1024 ** 3;
const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];

/** Reports on a folder that was tried. @param where the admin's word for it: its path, or its host */
export function folderFound(subject: string, where: string, check: FolderCheck): Diagnosis {
  const { free, size, problem } = check;
  if (problem !== null)
    return fail(
      subject,
      `no file can be written in ${where} (${problem})`,
      'make room on its disk, or make it writable; no restart is needed',
    );
  const room = free === null ? '' : `; ${amount(free)} free`;
  if (free !== null && size !== null && free < LITTLE_BYTES && free < size * LITTLE_PART)
    return warn(
      subject,
      `little room is left for ${where}: ${amount(free)} of ${amount(size)}`,
      'make room on its disk: when it is full, nothing can be changed',
    );
  return ok(subject, `a file was written in ${where}, and removed${room}`);
}

/**
 * Tries a folder of a half that does not run. It tries as the folder's owner, which root can become: a file
 * of another user proves nothing.
 */
export async function tryFolder(subject: string, folder: string): Promise<Diagnosis[]> {
  const uid = ownerOf(folder);
  if (uid === null) return [];
  const user = process.geteuid?.();
  if (user !== 0 && uid !== user)
    return [
      warn(
        subject,
        `${folder} was not tried: its half is not running, and only its owner may write there`,
        `start its half, or run this as its owner: sudo -u '#${uid}' postern doctor`,
      ),
    ];
  return [folderFound(subject, folder, await asOwner(folder, () => checkFolder('', folder)))];
}

/** `3.2 GiB`. */
function amount(bytes: number): string {
  let value = bytes;
  let unit = 0;
  for (; value >= 1024 && unit < UNITS.length - 1; unit += 1) value /= 1024;
  return `${unit === 0 ? value : value.toFixed(1)} ${UNITS[unit] ?? ''}`;
}
