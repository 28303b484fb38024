/** A release of Debian that the lab's dom0 can be, with its own Xen. */
export interface XenRelease {
  /** Debian's name for it. */
  readonly suite: string;
  readonly xen: string;
  /** Whether `xl console` takes another escape character, `-e`. */
  readonly consoleEscapes: boolean;
  /** Whether dom0 has a rescue image and an image for reinstallations, of this release as well. */
  readonly rescueImage: boolean;
}

const DEFAULT: XenRelease = { suite: 'trixie', xen: '4.20', consoleEscapes: true, rescueImage: true };

/** The one that the suite runs power and rescue on as well: test/xen/bookworm. */
export const OLDER: XenRelease = {
  suite: 'bookworm',
  xen: '4.17',
  consoleEscapes: false,
  rescueImage: false,
};

const RELEASES: readonly XenRelease[] = [DEFAULT, OLDER];

/**
 * The release that POSTERN_XEN_RELEASE names, by Debian's name or Xen's version.
 *
 * @throws Error when there is no such release
 */
export function xenRelease(wanted = process.env['POSTERN_XEN_RELEASE'] ?? ''): XenRelease {
  if (wanted === '') return DEFAULT;
  const found = RELEASES.find(({ suite, xen }) => wanted === suite || wanted === xen);
  if (found !== undefined) return found;
  const names = RELEASES.map(({ suite, xen }) => `${suite} (Xen ${xen})`).join(', ');
  throw new Error(`POSTERN_XEN_RELEASE is ${JSON.stringify(wanted)}; the lab knows ${names}`);
}
