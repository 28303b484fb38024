import { basename } from 'node:path';
import type { BootProfileName, DomainName, ParameterName } from '../policy/names.js';
import { NORMAL, parseDomainName, UNKNOWN_PROFILE } from '../policy/names.js';
import { schemaCheck } from '../policy/schema-check.js';
import type { DocumentPath } from '../policy/schema-fault.js';
import type { Dom0Document } from './dom0-schema.js';
import { DOM0_SCHEMA } from './dom0-schema.js';
import type { LoadedSettings } from './settings-file.js';
import { commandLine } from './profile-parameters.js';
import type { ProfileParameter } from './profile-parameters.js';
import { loadSettings } from './settings-file.js';
import type { SettingsReader } from './settings-reader.js';

/** What customers read about a boot profile. */
interface ProfileWords {
  readonly title: string;
  readonly disks: string;
  readonly hint: string;
}

/** A kernel and ramdisk that dom0 owns. Paths are absolute. */
export interface DirectProfile extends ProfileWords {
  readonly kind: 'direct';
  readonly kernel: string;
  readonly ramdisk: string | null;
  /** The kernel's command line. `${NAME}` stands for each of the parameters, and for `domain`. */
  readonly extra: string;
  readonly parameters: Readonly<Record<ParameterName, ProfileParameter>>;
  /** xl disk specifications, after the domain's own. */
  readonly addDisks: readonly string[];
}

/**
 * A rescue disk before the domain's own disks. Either a PV-GRUB image or pygrub boots it: exactly one is not
 * null.
 */
interface DiskProfile extends ProfileWords {
  readonly kind: 'disk';
  /** An xl disk specification. */
  readonly disk: string;
  readonly kernel: string | null;
  readonly bootloader: string | null;
}

type ProfileSettings = DirectProfile | DiskProfile;

/** dom0.yaml after loading: frozen, nothing optional, every path absolute. */
export interface Dom0Settings extends Pick<
  Dom0Document,
  'limits' | 'deadlines' | 'observe' | 'console' | 'sysrqKeys' | 'socketGroup' | 'toolstack' | 'log'
> {
  readonly host: string;
  readonly socket: string;
  readonly state: string;
  /** Absolute; `*` and `?` in the last part. */
  readonly domains: readonly string[];
  readonly unmanaged: readonly DomainName[];
  /** By name; never `normal` or `unknown`. */
  readonly profiles: Readonly<Record<BootProfileName, ProfileSettings>>;
}

/** Reads dom0.yaml. Never throws because of its content. */
export function loadDom0Settings(file: string): LoadedSettings<Dom0Settings> {
  return loadSettings(file, schemaCheck(DOM0_SCHEMA), dom0Settings);
}

function dom0Settings(value: unknown, reader: SettingsReader): Dom0Settings {
  const document = value as Dom0Document;
  const command = reader.absolute(['toolstack', 'command']);
  if (reader.text(['toolstack', 'kind']) === 'xm' && basename(command) === 'xl') {
    reader.warn(['toolstack', 'kind'], `This is the way xm speaks, and the command is ${command}.`);
  }
  if (reader.text(['toolstack', 'kind']) === 'xm' && document.toolstack.consoleEscapeOption) {
    // `xm` would take Ctrl-] as its own end, and the console would end for everybody.
    reader.error(
      ['toolstack', 'consoleEscapeOption'],
      'The console of `xm` has no other escape character.',
      'false',
    );
  }
  reader.mapping(['toolstack', 'environment'], (_, path) => reader.line(path));
  return {
    ...document,
    host: reader.text(['host']),
    socket: reader.socket(['socket']),
    state: reader.path(['state']),
    domains: reader.list(['domains'], (path) => reader.fileGlob(path)),
    unmanaged: reader
      .list(['unmanaged'], (path) => unmanaged(path, reader))
      .filter((name) => name !== undefined),
    profiles: reader.mapping(['profiles'], (name, path) => profile(name, path, reader)),
  };
}

/** Domain-0 is never managed, so naming it is harmless and changes nothing. */
function unmanaged(path: DocumentPath, reader: SettingsReader): DomainName | undefined {
  const text = reader.text(path);
  const name = parseDomainName(text);
  if (name === undefined && text !== 'Domain-0')
    reader.error(path, `No domain can ever be called "${text}".`);
  return name;
}

function profile(name: string, path: DocumentPath, reader: SettingsReader): ProfileSettings {
  const at = (key: string): DocumentPath => [...path, key];
  if (name === NORMAL || name === UNKNOWN_PROFILE) {
    reader.error(path, `A profile cannot be called \`${name}\`: the word has its own meaning.`);
  }
  const words = {
    title: reader.line(at('title')),
    disks: reader.line(at('disks')),
    hint: reader.line(at('hint')),
  };
  const kernel = reader.orNull(at('kernel'), (kernelPath) => reader.absolute(kernelPath));
  if (reader.text(at('kind')) === 'direct') {
    return {
      kind: 'direct',
      ...words,
      kernel: kernel ?? '',
      ramdisk: reader.orNull(at('ramdisk'), (ramdisk) => reader.absolute(ramdisk)),
      ...commandLine(path, reader),
      addDisks: reader.list(at('addDisks'), (disk) => reader.line(disk)),
    };
  }
  const loads = reader.orNull(at('bootloader'), (loader) => bootloader(loader, reader));
  if ((kernel === null) === (loads === null)) {
    reader.error(
      path,
      'A disk profile boots by `kernel` (a PV-GRUB image) or by `bootloader`, one of the two.',
    );
  }
  return { kind: 'disk', ...words, disk: reader.line(at('disk')), kernel, bootloader: loads };
}

/** xl looks up a bare name in its own directory of boot loaders (xl.cfg(5), `bootloader=`). */
function bootloader(path: DocumentPath, reader: SettingsReader): string {
  const text = reader.text(path);
  return /^[a-z][a-z0-9-]*$/.test(text) ? text : reader.absolute(path);
}
