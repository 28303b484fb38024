import type { DiskConfig } from './domain-config.js';

const FORMATS = ['raw', 'qcow', 'qcow2', 'vhd', 'empty', 'qed'];
const BACKENDS = ['phy', 'tap', 'qdisk', 'standalone'];
/** Settings that the simulated host accepts and ignores. */
const UNUSED =
  /^(?:direct-io-safe|discard|no-discard|colo|no-colo|trusted|untrusted|grant_usage=[01]|(?:backend|specification|colo-host|colo-port|colo-export|active-disk|hidden-disk)=.*)$/;
const PREFIX = /^(raw|qcow2?|vhd|iscsi|e?nbd|drbd|tapdisk|tap2?|aio|ioemu|file|phy):/;

class DiskFault extends Error {}

/** A disk while its specification is being read; libxl_device_disk. */
interface Draft {
  target: string | undefined;
  vdev: string | undefined;
  format: string | undefined;
  script: string | undefined;
  isCdrom: boolean;
  isWritable: boolean;
}

function fault(what: string, near?: string): DiskFault {
  return new DiskFault(near === undefined ? what : `${what}: near \`${near}'`);
}

function setFormat(draft: Draft, text: string): void {
  const format = text === '' ? 'raw' : text;
  if (!FORMATS.includes(format)) throw fault('unknown value for format', text);
  if (draft.format !== undefined && draft.format !== format) throw fault('format respecified', text);
  draft.format = format;
}

function setAccess(draft: Draft, text: string): void {
  if (!['r', 'ro', 'rw', 'w', ''].includes(text)) throw fault('unknown value for access', text);
  draft.isWritable = text !== 'r' && text !== 'ro';
}

function setOnce(draft: Draft, key: 'target' | 'vdev' | 'script', text: string): void {
  if (draft[key] !== undefined && draft[key] !== '') throw fault(`${key} respecified`, text);
  draft[key] = text;
}

/** `hdc:cdrom`. @returns whether the text has a type */
function setVdevAndType(draft: Draft, text: string): boolean {
  const colon = text.lastIndexOf(':');
  if (colon === -1) return false;
  setOnce(draft, 'vdev', text.slice(0, colon));
  const type = text.slice(colon + 1);
  if (type !== 'cdrom' && type !== 'disk') throw fault('unknown deprecated type', type);
  draft.isCdrom = type === 'cdrom';
  return true;
}

/** @returns whether the part is a named setting */
function setNamed(draft: Draft, part: string): boolean {
  const [, key = '', value = ''] = /^([a-z]+)=(.*)$/s.exec(part) ?? [];
  if (part === 'cdrom' || part === 'devtype=cdrom') draft.isCdrom = true;
  else if (part === 'devtype=disk') draft.isCdrom = false;
  else if (key === 'devtype') throw fault('unknown value for type', part);
  else if (key === 'format') setFormat(draft, value);
  else if (key === 'access') setAccess(draft, value);
  else if (key === 'vdev' || key === 'script') setOnce(draft, key, value);
  else if (key === 'backendtype') {
    if (!BACKENDS.includes(value)) throw fault('unknown value for backendtype', value);
  } else if (!UNUSED.test(part)) {
    if (part.includes('=')) throw fault('unknown parameter', part);
    return false;
  }
  return true;
}

/**
 * Reads xl-disk-configuration(5) as libxlu_disk_l.l does.
 *
 * @returns xl's message, without the file, when xl refuses it
 */
export function readDisk(spec: string): DiskConfig | string {
  const draft: Draft = {
    target: undefined,
    vdev: undefined,
    format: undefined,
    script: undefined,
    isCdrom: false,
    isWritable: true,
  };
  try {
    readParts(draft, spec);
    const { target = '', vdev, isCdrom } = draft;
    if (vdev === undefined || vdev === '') throw fault('no vdev specified');
    if (target === '' && !isCdrom) throw fault('no target specified');
    return {
      target,
      device: vdev,
      writable: draft.isWritable && !isCdrom,
      ...(isCdrom ? { cdrom: draft.target === undefined ? 'unset' : 'set' } : {}),
      ...(draft.format === undefined || draft.format === 'raw' ? {} : { format: draft.format }),
      ...(draft.script === undefined ? {} : { script: draft.script }),
    };
  } catch (error) {
    if (!(error instanceof DiskFault)) throw error;
    return `config parsing error in disk specification: ${error.message} in \`${spec}'`;
  }
}

function readParts(draft: Draft, spec: string): void {
  let hadPrefix = false;
  let hadAccess = false;
  let rest = spec;
  while (rest !== '') {
    rest = rest.replace(/^[ \t\n]+/, '');
    const prefix = PREFIX.exec(rest)?.[1];
    if (prefix !== undefined) {
      hadPrefix = true;
      if (/^(?:raw|qcow2?|vhd)$/.test(prefix)) setFormat(draft, prefix);
      if (/^(?:iscsi|e?nbd|drbd)$/.test(prefix)) setOnce(draft, 'script', `block-${prefix}`);
      rest = rest.slice(prefix.length + 1);
      continue;
    }
    if (rest.startsWith('target=')) {
      setOnce(draft, 'target', rest.slice('target='.length).replace(/,$/, ''));
      return;
    }
    const unknown = /^[a-z][a-z0-9]*:(?![a-z0-9])/.exec(rest)?.[0];
    if (unknown !== undefined) throw fault('unknown deprecated disk prefix', unknown);
    const part = /^[^,]*/.exec(rest)?.[0] ?? '';
    rest = rest.slice(part.length + 1);
    if (setNamed(draft, part)) continue;
    if (draft.target === undefined) draft.target = part;
    else if (!hadPrefix && draft.format === undefined) {
      if (draft.target === '' && setVdevAndType(draft, part)) draft.format = 'empty';
      else setFormat(draft, part);
    } else if (draft.vdev === undefined) {
      if (!setVdevAndType(draft, part)) setOnce(draft, 'vdev', part);
    } else if (!hadAccess) {
      hadAccess = true;
      setAccess(draft, part);
    } else throw fault('too many positional parameters', part);
  }
}
