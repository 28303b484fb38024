import type { GuestType } from '../../../policy/guest-type.js';
import { parseImageName } from '../../../policy/names.js';
import type { ImageName } from '../../../policy/names.js';
import { isRefusal, refusal } from '../../../policy/refusal.js';
import type { Refusal } from '../../../policy/refusal.js';
import type { ImageOffer } from '../../wire/contract.js';
import type { SeedKeys } from '../../wire/seed-key.js';
import { typeOf } from '../boot/profile-fit.js';
import type { DomainConfig } from '../config/domain-config.js';
import type { FileCalls } from '../config/foreign-files.js';
import { firstDiskOf } from './first-disk.js';
import type { ImageFile } from './image-job.js';

/** A system image of the settings. */
export interface ImageSettings extends ImageFile {
  readonly title: string;
  /** Whose keys go onto the seed disk of its first boot. Missing: it boots without one. */
  readonly seed?: SeedKeys;
  /** The least size of the disk, in MiB; null: the image's own size. */
  readonly minimumMiB: number | null;
  /** The types of guests that can run it. */
  readonly types: readonly GuestType[];
}

const MIB = 1024 * 1024;

/** The system images of the settings. */
export class Images {
  #images: ReadonlyMap<ImageName, ImageSettings> = new Map();

  /** @param settings by name; the settings' reader has checked the names */
  constructor(settings: Readonly<Record<string, ImageSettings>>) {
    this.replace(settings);
  }

  /** The same images, which a later `replace` does not change. */
  copy(): Images {
    return new Images(Object.fromEntries(this.#images));
  }

  /** Takes other settings. */
  replace(settings: Readonly<Record<string, ImageSettings>>): void {
    this.#images = new Map(
      Object.entries(settings).map(([text, image]) => {
        const name = parseImageName(text);
        if (name === undefined) throw new Error(`${text} is no name of an image`);
        return [name, image];
      }),
    );
  }

  /** Looks at the size of each file. One that is not there is offered: its reinstallation says what is wrong. */
  async offers(files: Pick<FileCalls, 'stat'>): Promise<readonly ImageOffer[]> {
    const offers: ImageOffer[] = [];
    for (const [name, image] of this.#images) {
      const { title, minimumMiB, seed } = image;
      const needsBytes = await neededBytes(image, files);
      offers.push({
        name,
        title,
        minimumMiB,
        ...(isRefusal(needsBytes) ? {} : { needsBytes }),
        ...(seed === undefined ? {} : { seed }),
      });
    }
    return offers;
  }

  /** The images that can be written to the domain's first disk; none where it cannot be written at all. */
  names(domain: Pick<DomainConfig, 'boot' | 'guest' | 'name'>): readonly ImageName[] {
    if (this.#images.size === 0 || isRefusal(firstDiskOf(domain))) return [];
    return [...this.#images].flatMap(([name, { types }]) =>
      types.includes(typeOf(domain.guest)) ? name : [],
    );
  }

  /** The image files. */
  files(): readonly string[] {
    return [...this.#images.values()].map(({ file }) => file);
  }

  /** Whether any image boots with a seed disk. */
  get isSeeding(): boolean {
    return [...this.#images.values()].some(({ seed }) => seed !== undefined);
  }

  /** Whose keys go onto the seed disk of the first boot; null: it boots without one. */
  seedOf(name: ImageName): SeedKeys | null {
    return this.#images.get(name)?.seed ?? null;
  }

  get(name: ImageName): ImageSettings | Refusal {
    return this.#images.get(name) ?? refusal('usage', 'There is no such image on this host.', name);
  }

  /** @returns null when guests of this type can run the image */
  unfit({ types }: Pick<ImageSettings, 'types'>, { guest }: Pick<DomainConfig, 'guest'>): Refusal | null {
    if (types.includes(typeOf(guest))) return null;
    return refusal(
      'not-on-this-host',
      'The image is for servers of another type. Choose another.',
      `it is for ${types.join(', ')}`,
    );
  }
}

/** @returns the bytes that the disk must have at least; a refusal where the image is not there */
export async function neededBytes(
  { file, minimumMiB }: ImageSettings,
  files: Pick<FileCalls, 'stat'>,
): Promise<number | Refusal> {
  try {
    const found = await files.stat(file);
    if (!found.isFile() || found.size === 0n) throw new Error('it is empty, or no plain file');
    return Math.max(Number(found.size), (minimumMiB ?? 0) * MIB);
  } catch (error) {
    return badImage(`${file}: ${String(error)}`);
  }
}

export function badImage(detail: string): Refusal {
  return refusal(
    'not-on-this-host',
    "The image on its host is damaged or missing, so nothing was done. Ask the host's operators.",
    detail,
  );
}
