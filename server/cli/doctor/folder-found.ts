import { asOwner } from '../admin/as-owner.js';
import { bytesWord } from '../command/bytes-word.js';
import { checkFolder } from '../../wire/folder-check.js';
import type { FolderCheck, FolderRoom } from '../../wire/folder-check.js';
import { fail, ok, warn } from '../installation/diagnosis.js';
import type { Diagnosis } from '../installation/diagnosis.js';
import { ownerOf } from '../installation/files.js';

/** Space is low when less than this part is free, and also less than LITTLE_BYTES. */
const LITTLE_PART = 0.1;
const LITTLE_BYTES = 1024 ** 3;

/** Reports on a folder that was tried. @param where the admin's word for it: its path, or its host */
export function folderFound(subject: string, where: string, check: FolderCheck): Diagnosis {
  const { free, problem } = check;
  if (problem !== null)
    return fail(
      subject,
      `no file can be written in ${where} (${problem})`,
      'make room on its disk, or make it writable; no restart is needed',
    );
  const room = free === null ? '' : `; ${bytesWord(free)} free`;
  const low = lowRoom(subject, where, check);
  if (low !== null) return low;
  return ok(subject, `a file was written in ${where}, and removed${room}`);
}

/** Says that little room is left; null when there is enough, or it is not known. @param where as for `folderFound` */
export function lowRoom(subject: string, where: string, { free, size }: FolderRoom): Diagnosis | null {
  if (free === null || size === null || free >= LITTLE_BYTES || free >= size * LITTLE_PART) return null;
  return warn(
    subject,
    `little room is left for ${where}: ${bytesWord(free)} of ${bytesWord(size)}`,
    'make room on its disk: when it is full, nothing can be changed',
  );
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
