import type { ConfiguredDisk } from '../toolstack/toolstack.js';

/** A disk as a configuration file writes it. */
interface DiskSpec extends ConfiguredDisk {
  /** `w!`: the host's operator allows sharing it, as for a cluster file system. */
  readonly shareable: boolean;
}

const PREFIX = /^(raw|qcow2?|vhd|vmdk|iscsi|e?nbd|drbd|tapdisk|tap2?|aio|sync|ram|ioemu|file|phy):/;
const SCRIPTED = /^(?:iscsi|e?nbd|drbd)$/;
const NAMED = /^(format|access|backendtype|backend|specification|vdev|script|devtype)=(.*)$/s;
const FLAGS = /^(?:direct-io-safe|no-discard|discard|no-colo|colo|trusted|untrusted|grant_usage=[01])$/;

/**
 * Reads a disk of `disk = [ … ]`, xl-disk-configuration(5), by the rules of libxlu_disk_l.l:
 * `file:/srv/a.img,xvda,w`, `/dev/vg/a,raw,xvda,rw`, `format=raw, vdev=xvda, access=rw, target=/srv/a.img`
 * (target takes the rest). A spec that xl would refuse is read as far as possible.
 */
export function parseDiskSpec(spec: string): DiskSpec {
  const named = new Map<string, string>();
  let isCdrom = false;
  let hadPrefix = false;
  for (let rest = spec; rest !== '';) {
    rest = rest.replace(/^[ \t\n]+/, '');
    const prefix = PREFIX.exec(rest)?.[1];
    if (prefix !== undefined) {
      hadPrefix = true;
      if (SCRIPTED.test(prefix)) named.set('script', `block-${prefix}`);
      rest = rest.slice(prefix.length + 1);
      continue;
    }
    if (rest.startsWith('target=')) {
      named.set('target', rest.slice('target='.length).replace(/,$/, '').trimEnd());
      break;
    }
    const whole = /^[^,]*/.exec(rest)?.[0] ?? '';
    rest = rest.slice(whole.length + 1);
    const part = whole.trimEnd();
    const [, key, value = ''] = NAMED.exec(part) ?? [];
    if (part === 'cdrom' || part === 'devtype=cdrom') isCdrom = true;
    else if (key !== undefined) named.set(key, value);
    else if (!FLAGS.test(part)) isCdrom = positional(named, part, hadPrefix) || isCdrom;
  }
  const access = named.get('access') ?? '';
  const script = named.get('script');
  return {
    target: named.get('target') ?? '',
    vdev: named.get('vdev') ?? '',
    writable: !isCdrom && ['', 'w', 'rw', 'w!'].includes(access),
    shareable: access === 'w!',
    ...(isCdrom ? { cdrom: true } : {}),
    ...(script === undefined ? {} : { script }),
  };
}

/**
 * `target,format,vdev,access`; without the format after an old prefix and for an empty drive.
 * @returns whether it is a CD drive
 */
function positional(named: Map<string, string>, part: string, hadPrefix: boolean): boolean {
  const [, device, type] = /^(.*):(cdrom|disk)$/s.exec(part) ?? [];
  if (!named.has('target')) named.set('target', part);
  else if (!hadPrefix && !named.has('format') && !(named.get('target') === '' && device !== undefined))
    named.set('format', part);
  else if (!named.has('vdev')) named.set('vdev', device ?? part);
  else if (!named.has('access')) named.set('access', part);
  return device !== undefined && type === 'cdrom';
}
