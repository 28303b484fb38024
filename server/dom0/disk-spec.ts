import type { Disk } from './toolstack/toolstack.js';

/** A disk as a configuration file writes it. */
export interface DiskSpec extends Disk {
  /** `w!`: the host's operator says that it may be shared, as cluster file systems are. */
  readonly shareable: boolean;
}

const LEGACY_PREFIX = /^(?:(?:file|phy|tap2?|tapdisk|aio|sync|ram|vmdk|qcow2?|vhd|raw|drbd|nbd|iscsi):)+/;
const WRITABLE = new Set(['w', 'rw', 'w!']);
const READ_ONLY_WORD = /(?:^|,)\s*(?:readonly|ro)\s*(?:,|$)/;
const POSITIONAL = ['target', 'format', 'vdev', 'access'] as const;

/**
 * Reads a disk of `disk = [ … ]`, xl-disk-configuration(5): `file:/srv/a.img,xvda,w`, `/dev/vg/a,raw,xvda,rw`,
 * `format=raw, vdev=xvda, access=rw, target=/srv/a.img` (target last, and takes the rest).
 */
export function parseDiskSpec(spec: string): DiskSpec {
  if (LEGACY_PREFIX.test(spec)) {
    const [target = '', vdev = '', access = 'w'] = spec
      .replace(LEGACY_PREFIX, '')
      .split(',')
      .map((part) => part.trim());
    return { target, vdev: bareDevice(vdev), writable: WRITABLE.has(access), shareable: access === 'w!' };
  }
  const named = new Map<string, string>();
  const target = /(?:^|,)\s*target\s*=\s*(.*)$/s.exec(spec);
  const head = target === null ? spec : spec.slice(0, target.index);
  let position = 0;
  for (const part of head.split(',').map((piece) => piece.trim())) {
    const pair = /^([a-z-]+)\s*=\s*(.*)$/.exec(part);
    const key = pair?.[1] ?? POSITIONAL[position++];
    if (key !== undefined && part !== '') named.set(key, pair?.[2] ?? part);
  }
  const access = named.get('access');
  return {
    target: target?.[1]?.trim() ?? named.get('target') ?? '',
    vdev: bareDevice(named.get('vdev') ?? ''),
    writable: access === undefined ? !READ_ONLY_WORD.test(head) : WRITABLE.has(access),
    shareable: access === 'w!',
  };
}

/** `xvdc:cdrom` → `xvdc`. */
function bareDevice(vdev: string): string {
  return vdev.replace(/:.*$/, '');
}
