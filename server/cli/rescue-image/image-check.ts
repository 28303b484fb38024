import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { reason } from '../../wire/reason.js';
import { sumOf } from '../command/file-sum.js';
import { fail, ok, warn } from '../installation/diagnosis.js';
import type { Diagnosis } from '../installation/diagnosis.js';
import { IMAGE_FILES, readManifest } from './manifest.js';
import type { ImageFile, Manifest } from './manifest.js';

/** Debian's security updates of a quarter of a year are missing in an image that is older. */
const OLD_DAYS = 90;
const DAY_MS = 86_400_000;
const BUILD_ANEW = 'build it anew: postern rescue-image build';

/**
 * Checks the rescue image in a directory: that its files are those of the manifest, and its age. Reads all of
 * it, which takes a second or two.
 *
 * @param now ms since 1970
 */
export async function checkImage(directory: string, now: number): Promise<readonly Diagnosis[]> {
  const subject = `rescue image ${directory}`;
  const manifest = await readManifest(directory);
  if (typeof manifest === 'string') return [fail(subject, manifest, BUILD_ANEW)];
  const wrong = (await Promise.all(IMAGE_FILES.map((name) => fault(directory, name, manifest)))).filter(
    (one) => one !== null,
  );
  if (wrong.length > 0) return wrong.map((finding) => fail(subject, finding, BUILD_ANEW));
  const days = Math.floor((now - Date.parse(manifest.builtAt)) / DAY_MS);
  const what = `of Debian ${manifest.suite}, built ${manifest.builtAt.slice(0, 10)}`;
  if (days > OLD_DAYS)
    return [warn(subject, `${what}, is ${days} days old: updates of Debian are missing in it`, BUILD_ANEW)];
  if (days < -1)
    return [warn(subject, `${what}, which is in the future`, 'see that the clock of this machine is right')];
  return [ok(subject, what)];
}

/** @returns a sentence about a part that is not the manifest's; null when it is */
async function fault(directory: string, name: ImageFile, { files }: Manifest): Promise<string | null> {
  const path = join(directory, name);
  try {
    const size = (await stat(path)).size;
    if (size !== files[name].bytes)
      return `${path} is not of this image: it has ${size} bytes, and the manifest says ${files[name].bytes}`;
    return (await sumOf(path)).sha256 === files[name].sha256
      ? null
      : `${path} is not of this image: its checksum is not the manifest's`;
  } catch (error) {
    return `${path} cannot be read: ${reason(error)}`;
  }
}
