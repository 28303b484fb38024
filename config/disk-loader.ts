import { basename } from 'node:path';
import { GUEST_TYPES, parseGuestType } from '../policy/guest-type.js';
import type { GuestType } from '../policy/guest-type.js';
import type { DocumentPath } from '../policy/schema-fault.js';
import type { SettingsReader } from './settings-reader.js';

/** The way to boot a rescue disk, and the types of guests for it. Exactly one of the three ways is not null. */
export interface DiskLoader {
  readonly types: readonly GuestType[];
  /** A PV-GRUB image for all of `types`. Absolute. */
  readonly kernel: string | null;
  /** An image for each of `types`. Absolute. */
  readonly kernels: Readonly<Partial<Record<GuestType, string>>> | null;
  readonly bootloader: string | null;
}

const PV_ONLY: readonly GuestType[] = ['pv'];
/** The types that boot a kernel which the toolstack loads. */
export const KERNEL_TYPES: readonly GuestType[] = ['pv', 'pvh'];

/** Reads the loader of a disk profile, and reports what does not go together. */
export function diskLoader(profile: DocumentPath, reader: SettingsReader): DiskLoader {
  const at = (key: string): DocumentPath => [...profile, key];
  const kernel = reader.orNull(at('kernel'), (image) => reader.absolute(image));
  const kernels = reader.orNull(at('kernels'), (images) => imagesIn(images, reader));
  const bootloader = reader.orNull(at('bootloader'), (name) => loaderName(name, reader));
  const given = guestTypes(at('types'), reader);
  if ([kernel, kernels, bootloader].filter((way) => way !== null).length !== 1) {
    reader.error(
      profile,
      'A disk profile boots by `kernel` (a PV-GRUB image), by `kernels` (one for each type of guest) or by `bootloader`, one of the three.',
    );
  }
  if (kernels !== null && given !== null)
    reader.error(at('types'), 'The keys of `kernels` are the types already.', '`types` left out');
  if (kernel !== null && given === null && /pvh/i.test(basename(kernel))) {
    reader.warn(
      at('kernel'),
      `${basename(kernel)} seems to be for PVH guests, and \`kernel\` is for PV guests. Write \`kernels: {pvh: ${kernel}}\`.`,
    );
  }
  const byDefault = bootloader === null ? PV_ONLY : KERNEL_TYPES;
  const types =
    kernels === null ? (given ?? byDefault) : GUEST_TYPES.filter((type) => kernels[type] !== undefined);
  return { types, kernel, kernels, bootloader };
}

/** @returns null when no types are given */
export function guestTypes(path: DocumentPath, reader: SettingsReader): readonly GuestType[] | null {
  return reader.orNull(path, (list) =>
    reader
      .list(list, (type) => parseGuestType(reader.text(type)))
      .filter((type): type is GuestType => type !== undefined),
  );
}

function imagesIn(path: DocumentPath, reader: SettingsReader): DiskLoader['kernels'] {
  const images = KERNEL_TYPES.flatMap((type) => {
    const image = reader.orNull([...path, type], (each) => reader.absolute(each));
    return image === null ? [] : [[type, image] as const];
  });
  return Object.fromEntries(images);
}

/** xl looks up a bare name in its own directory of boot loaders (xl.cfg(5), `bootloader=`). */
function loaderName(path: DocumentPath, reader: SettingsReader): string {
  const text = reader.text(path);
  return /^[a-z][a-z0-9-]*$/.test(text) ? text : reader.absolute(path);
}
