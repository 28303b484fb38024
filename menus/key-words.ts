import type { MenuKey } from './port.js';
import { day, moment } from './time-words.js';

/** Sentences about the customer's keys, for the menus. */

export function removeKeySentences(comment: string, fingerprint: string, inUse: boolean): string[] {
  const key = comment === '' ? fingerprint : `${comment} (${fingerprint})`;
  const remove = `Nobody can log in as you with ${key} any more.`;
  return inUse
    ? [remove, 'Careful: this is the key you are using now. Without another one you cannot come back.']
    : [remove];
}

export const REMOVE_KEY_TITLE = 'Remove this key';
export const KEY_IN_USE = 'in use now';
export const ONLY_KEY = 'This is your only key. Add another one first, or you could not come back.';
export const KEY_PASTE = 'Paste the public key, one line, such as: ssh-ed25519 AAAA… you@laptop';
export const KEY_PASTE_WHERE = 'It is in the file whose name ends in .pub. Enter adds it, Esc goes back.';

export const KEY_PRIVATE =
  'That was a PRIVATE key: nobody but you may have it. It is neither shown nor kept here. ' +
  'As it has left your machine, make a new one. Paste the .pub file instead. Press Esc first.';

const KEY_NOT_SHOWN = 'not shown: this does not look like a public key';
export const KEY_DISCARDING = 'What comes is thrown away. Press Esc.';
export const KEY_TOO_LONG = 'That is too long for a key.';

export function keyDates({
  addedAt,
  lastUsedAt,
  expiresAt,
}: Pick<MenuKey, 'addedAt' | 'lastUsedAt' | 'expiresAt'>): string {
  const used = lastUsedAt === null ? 'never used' : `used ${moment(lastUsedAt)}`;
  const expires = expiresAt === null ? '' : `, expires ${moment(expiresAt)}`;
  const zone = lastUsedAt === null && expiresAt === null ? '' : ' UTC';
  return `added ${day(addedAt)}, ${used}${expires}${zone}`;
}

export function hiddenCharacters(count: number): string {
  return `${count} ${count === 1 ? 'character' : 'characters'}, ${KEY_NOT_SHOWN}`;
}
