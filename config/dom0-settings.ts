import { basename } from 'node:path';
import { GUEST_TYPES } from '../policy/guest-type.js';
import type { GuestType } from '../policy/guest-type.js';
import type { BootProfileName, DomainName, ImageName, ParameterName } from '../policy/names.js';
import { NORMAL, parseDomainName, UNKNOWN_PROFILE } from '../policy/names.js';
import { AT_ENDS } from '../server/wire/rescue-end.js';
import type { AtEnd } from '../server/wire/rescue-end.js';
import { schemaCheck } from '../policy/schema-check.js';
import type { DocumentPath } from '../policy/schema-fault.js';
import { diskLoader, guestTypes, KERNEL_TYPES } from './disk-loader.js';
import type { DiskLoader } from './disk-loader.js';
import type { Dom0Document } from './dom0-schema.js';
import { DOM0_SCHEMA } from './dom0-schema.js';
import { SEED_KEYS } from '../server/wire/seed-key.js';
import type { SeedKeys } from '../server/wire/seed-key.js';
import type { LoadedSettings } from './settings-file.js';
import { commandLine } from './profile-parameters.js';
import type { ProfileParameter } from './profile-parameters.js';
import { seedSettings } from './seed-settings.js';
import type { SeedSettings } from './seed-settings.js';
import { loadSettings } from './settings-file.js';
import type { SettingsReader } from './settings-reader.js';

/** What customers read about a boot profile. */
interface ProfileWords {
  readonly title: string;
  readonly disks: string;
  readonly hint: string;
  /** Whose keys go onto the seed disk. Missing: it boots without one. */
  readonly seed?: SeedKeys;
  /** The types of guests that it can boot. */
  readonly types: readonly GuestType[];
  /** Whether it has no end. */
  readonly keep: boolean;
  /** Its end, when its time is over. */
  readonly atEnd: AtEnd;
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

/** A rescue disk before the domain's own disks. */
interface DiskProfile extends ProfileWords, DiskLoader {
  readonly kind: 'disk';
  /** An xl disk specification. */
  readonly disk: string;
}

type ProfileSettings = DirectProfile | DiskProfile | CdromProfile | OwnProfile;

/** The domain's own kernel with more words, or another kernel in its place. */
interface OwnProfile extends ProfileWords {
  readonly kind: 'own';
  readonly extra: string;
  readonly parameters: Readonly<Record<ParameterName, ProfileParameter>>;
  /** Absolute; null keeps the domain's own kernel and ramdisk. */
  readonly kernel: string | null;
  readonly ramdisk: string | null;
}

/** A CD image that an HVM guest boots. */
interface CdromProfile extends ProfileWords {
  readonly kind: 'cdrom';
  /** An xl disk specification of a CD drive. */
  readonly disk: string;
}

/** A system image for a reinstallation. */
interface ImageSettings {
  readonly title: string;
  /** Absolute. */
  readonly file: string;
  readonly sha256: string;
  /** Whose keys go onto the seed disk of its first boot. Missing: it boots without one. */
  readonly seed?: SeedKeys;
  readonly minimumMiB: number | null;
  readonly types: readonly GuestType[];
}

/** dom0.yaml after loading: frozen, nothing optional, every path absolute. */
export interface Dom0Settings extends Pick<
  Dom0Document,
  | 'acpiButton'
  | 'limits'
  | 'reinstall'
  | 'deadlines'
  | 'observe'
  | 'console'
  | 'sysrqKeys'
  | 'socketGroup'
  | 'toolstack'
  | 'log'
> {
  readonly host: string;
  readonly socket: string;
  readonly state: string;
  /** Absolute; `*` and `?` in the last part. */
  readonly domains: readonly string[];
  readonly unmanaged: readonly DomainName[];
  /** By name; never `normal` or `unknown`. */
  readonly profiles: Readonly<Record<BootProfileName, ProfileSettings>>;
  readonly seeds: SeedSettings;
  readonly images: Readonly<Record<ImageName, ImageSettings>>;
  readonly usage: { readonly xentop: string | null };
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
  const profiles = reader.mapping(['profiles'], (name, path) => profile(name, path, reader));
  const images = reader.mapping(['images'], (name, path) => image(document.images[name], path, reader));
  if (
    reader.path(['state']).includes(',') &&
    [...Object.values(profiles), ...Object.values(images)].some(({ seed }) => seed !== undefined)
  )
    reader.error(['state'], 'With seed disks the path may have no comma: it stands in a disk specification.');
  return {
    ...document,
    host: reader.text(['host']),
    socket: reader.socket(['socket']),
    state: reader.path(['state']),
    domains: reader.list(['domains'], (path) => reader.fileGlob(path)),
    unmanaged: reader
      .list(['unmanaged'], (path) => unmanaged(path, reader))
      .filter((name) => name !== undefined),
    profiles,
    seeds: seedSettings(document, reader),
    usage: { xentop: reader.orNull(['usage', 'xentop'], (path) => reader.absolute(path)) },
    images,
  };
}

function image(
  given: Dom0Document['images'][string] | undefined,
  path: DocumentPath,
  reader: SettingsReader,
): ImageSettings {
  const at = (key: string): DocumentPath => [...path, key];
  if (reader.text(['toolstack', 'kind']) === 'xm')
    reader.warn(path, 'With `xm` no image is offered: it does not say for certain what a disk is.');
  const seed = given?.seed ?? undefined;
  return {
    title: reader.line(at('title')),
    file: reader.absolute(at('file')),
    sha256: reader.text(at('sha256')),
    ...(seed === undefined ? {} : { seed }),
    minimumMiB: given?.minimumMiB ?? null,
    types: guestTypes(at('types'), reader) ?? GUEST_TYPES,
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
  const seed = SEED_KEYS.find((known) => known === reader.text(at('seed')));
  const words = {
    title: reader.line(at('title')),
    disks: reader.line(at('disks')),
    hint: reader.line(at('hint')),
    keep: reader.flag(at('keep')),
    atEnd: AT_ENDS.find((known) => known === reader.text(at('atEnd'))) ?? 'normal',
    ...(seed === undefined ? {} : { seed }),
  };
  const kind = reader.text(at('kind'));
  if (kind === 'direct') {
    return {
      kind,
      ...words,
      types: guestTypes(at('types'), reader) ?? KERNEL_TYPES,
      kernel: reader.absolute(at('kernel')),
      ramdisk: reader.orNull(at('ramdisk'), (ramdisk) => reader.absolute(ramdisk)),
      ...commandLine(path, reader),
      addDisks: reader.list(at('addDisks'), (disk) => reader.line(disk)),
    };
  }
  if (kind === 'own') {
    const kernel = reader.orNull(at('kernel'), (image) => reader.absolute(image));
    const ramdisk = reader.orNull(at('ramdisk'), (image) => reader.absolute(image));
    if (kernel === null && ramdisk !== null)
      reader.error(at('ramdisk'), '`ramdisk` goes with `kernel`: without it the domain keeps its own.');
    const line = commandLine(path, reader);
    if (kernel === null && line.extra.trim() === '')
      reader.error(path, 'This profile changes nothing: it needs words in `extra`, or a `kernel`.');
    return {
      kind,
      ...words,
      types: guestTypes(at('types'), reader) ?? GUEST_TYPES,
      ...line,
      kernel,
      ramdisk,
    };
  }
  const disk = reader.line(at('disk'));
  if (kind === 'cdrom') return { kind, ...words, types: ['hvm'], disk };
  return { kind: 'disk', ...words, disk, ...diskLoader(path, reader) };
}
