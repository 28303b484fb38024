/** Linux' dev_t as makedev(3) makes it, and as /sys and lsblk(8) name it: `MAJOR:MINOR`. */

export function deviceName(rdev: bigint): string {
  const major = (rdev >> 8n) & 0xfffn;
  const minor = (rdev & 0xffn) | ((rdev >> 12n) & 0xfff00n);
  return `${major}:${minor}`;
}

/** @returns null for what is no name of a device */
export function deviceNumber(name: string): bigint | null {
  const [, major, minor] = /^(\d{1,4}):(\d{1,7})$/.exec(name) ?? [];
  if (major === undefined || minor === undefined) return null;
  const low = BigInt(minor);
  return ((BigInt(major) & 0xfffn) << 8n) | (low & 0xffn) | ((low & 0xfff00n) << 12n);
}
