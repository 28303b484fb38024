/**
 * The types of Xen guests. `pv` runs a kernel that knows Xen, `pvh` the same in a hardware container and
 * without emulated devices, and `hvm` any system, on an emulated PC. xl.cfg(5), `type=`.
 */
export const GUEST_TYPES = ['pv', 'pvh', 'hvm'] as const;

export type GuestType = (typeof GUEST_TYPES)[number];

/** @returns undefined for a text that names no type */
export function parseGuestType(text: unknown): GuestType | undefined {
  return GUEST_TYPES.find((type) => type === text);
}

/** As people write it: `PVH`. */
export function guestTypeWord(type: GuestType): string {
  return type.toUpperCase();
}

/** `PV`, `PV and PVH`. */
export function guestTypeWords(types: readonly GuestType[]): string {
  return types.map(guestTypeWord).join(' and ');
}
