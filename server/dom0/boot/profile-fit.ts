import { guestTypeWord, guestTypeWords } from '../../../policy/guest-type.js';
import type { GuestType } from '../../../policy/guest-type.js';
import type { BootProfileName } from '../../../policy/names.js';
import { refusal } from '../../../policy/refusal.js';
import type { Refusal } from '../../../policy/refusal.js';
import type { GuestFacts } from '../toolstack/toolstack.js';

/** A guest whose type the toolstack does not name counts as PV, which was all there was. */
export function typeOf({ type }: GuestFacts): GuestType {
  return type ?? 'pv';
}

/** @returns null when a profile for these types can boot the guest */
export function unfitFor(
  name: BootProfileName,
  types: readonly GuestType[],
  guest: GuestFacts,
): Refusal | null {
  const type = typeOf(guest);
  if (types.includes(type)) return null;
  return refusal(
    'not-on-this-host',
    `This server is ${guestTypeWord(type)}, and the boot profile ${name} is for ${guestTypeWords(types)} only. Choose another.`,
    `${name} is for ${types.join(', ')}; by its configuration file the domain is ${type}`,
  );
}
