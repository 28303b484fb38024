import { stat } from 'node:fs/promises';
import { reason } from '../../wire/reason.js';
import type { Dom0Settings } from '../../../config/dom0-settings.js';
import { bytesWord } from '../../../menus/operation-words.js';
import { checkImage, ImageChangedError } from '../../dom0/images/image-copy.js';
import { openImage } from '../../dom0/images/local-copy.js';
import { fail, ok, warn } from '../installation/diagnosis.js';
import type { Diagnosis } from '../installation/diagnosis.js';
import { minimumMiB } from './image-entry.js';

type ImageSettings = Dom0Settings['images'][keyof Dom0Settings['images']];

const ADD_AGAIN = 'add it again with postern image add --replace, and paste the entry that it prints';
const SECTOR_BYTES = 512;

/** Checks the images of the settings without reading them: that the files are there, and their sizes. */
export async function checkImageFiles({
  images,
}: Pick<Dom0Settings, 'images'>): Promise<readonly Diagnosis[]> {
  return Promise.all(Object.entries(images).map(([name, image]) => checkFile(name, image)));
}

/**
 * Checks images of the settings as a reinstallation does: it reads them whole, one after the other.
 *
 * @param progress called with the name and the bytes that were read
 */
export async function checkImageSums(
  images: readonly (readonly [string, ImageSettings])[],
  progress: (name: string, done: number, total: number) => void,
): Promise<readonly Diagnosis[]> {
  const found: Diagnosis[] = [];
  for (const [name, image] of images) {
    const first = await checkFile(name, image);
    found.push(first.level === 'fail' ? first : ((await wrongSum(name, image, progress)) ?? first));
  }
  return found;
}

async function checkFile(name: string, image: ImageSettings): Promise<Diagnosis> {
  const subject = `image ${name}`;
  const { file } = image;
  try {
    const stats = await stat(file);
    if (!stats.isFile()) return fail(subject, `${file} is no plain file`, ADD_AGAIN);
    if (stats.size === 0 || stats.size % SECTOR_BYTES !== 0)
      return fail(subject, `${file} has ${stats.size} bytes, so it is no raw image of a disk`, ADD_AGAIN);
    const least = minimumMiB(stats.size);
    if (image.minimumMiB !== null && image.minimumMiB < least)
      return warn(
        subject,
        `minimumMiB is ${image.minimumMiB}, and ${file} needs ${least}: customers read the wrong size`,
        `set minimumMiB to ${least} in the settings, or take the line out`,
      );
    return ok(subject, `${file}, ${bytesWord(stats.size)}`);
  } catch (error) {
    return fail(subject, `${file} cannot be read: ${reason(error)}`, ADD_AGAIN);
  }
}

async function wrongSum(
  name: string,
  { file, sha256 }: ImageSettings,
  progress: (name: string, done: number, total: number) => void,
): Promise<Diagnosis | null> {
  const subject = `image ${name}`;
  try {
    const image = await openImage(file);
    try {
      await checkImage(image, image.bytes, sha256, (done) => {
        progress(name, done, image.bytes);
      });
    } finally {
      await image.close();
    }
    return null;
  } catch (error) {
    if (error instanceof ImageChangedError)
      return fail(subject, `${file} has another SHA-256 than the settings: no server gets it`, ADD_AGAIN);
    return fail(subject, `${file} cannot be read: ${reason(error)}`, ADD_AGAIN);
  }
}
