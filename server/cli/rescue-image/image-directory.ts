import { randomBytes } from 'node:crypto';
import {
  chmod,
  lstat,
  mkdir,
  readdir,
  readFile,
  readlink,
  rename,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { CliError, EXIT } from '../command/exit-status.js';
import { sumOf, synced } from '../command/file-sum.js';
import { StagingDirectory } from '../command/staging-directory.js';
import type { BuildRequest } from './builder.js';
import { IMAGE_FILES, MANIFEST, packagesIn } from './manifest.js';
import type { ImageFile, Manifest } from './manifest.js';
import { profileText } from './profile-text.js';

/** The link to the image in use: profiles name their files through it. */
export const CURRENT = 'current';

const BUILT = /^\d{8}T\d{6}Z-[0-9a-f]{16}$/;

/**
 * The directory with the rescue images of a host. Each image has a directory of its own, and `current` is a link
 * to the one in use. A new image is made aside, and the link changes in one step, so that a boot never
 * finds half of one. The image before stays, for a guest that was booted with it and for the way back.
 */
export class ImageDirectory {
  readonly #path: string;

  /** @param path absolute */
  constructor(path: string) {
    this.#path = path;
  }

  /** Where the parts of the image in use are found. */
  get current(): string {
    return join(this.#path, CURRENT);
  }

  /**
   * Builds an image and puts it in the place of the present one.
   *
   * @param build fills the directory that it is given
   * @param now ms since 1970
   * @throws CliError when `current` is not ours; as the build and the file system do. Then nothing has changed
   */
  async add(
    asked: Omit<BuildRequest, 'into' | 'id'>,
    build: (request: BuildRequest) => Promise<void>,
    now: number,
  ): Promise<Manifest> {
    await mkdir(this.#path, { recursive: true, mode: 0o755 });
    const before = await this.#currentName();
    const id = randomBytes(8).toString('hex');
    const staging = await StagingDirectory.make(this.#path, 'building', 0o755);
    const into = staging.path;
    try {
      await build({ ...asked, into, id });
      const manifest = await this.#complete(into, { ...asked, id }, now);
      const stamp = new Date(now).toISOString().replaceAll(/[:-]|\.\d+/g, '');
      const name = `${stamp}-${id}`;
      await rename(into, join(this.#path, name));
      await this.#point(name);
      await this.#removeOthers(new Set([name, before]));
      return manifest;
    } catch (error) {
      await staging.remove();
      throw error;
    }
  }

  /** Writes the manifest and the profile, and brings all to the disk. */
  async #complete(
    into: string,
    { id, suite, size }: Pick<BuildRequest, 'id' | 'suite' | 'size'>,
    now: number,
  ): Promise<Manifest> {
    const list = join(into, 'packages.txt');
    const manifest: Manifest = {
      format: 1,
      id,
      suite,
      size,
      builtAt: new Date(now).toISOString(),
      files: Object.fromEntries(
        await Promise.all(IMAGE_FILES.map(async (name) => [name, await sumOf(join(into, name))] as const)),
      ) as Record<ImageFile, Manifest['files'][ImageFile]>,
      packages: packagesIn(await readFile(list, 'utf8')),
    };
    await rm(list);
    await writeFile(join(into, MANIFEST), `${JSON.stringify(manifest, null, 2)}\n`);
    await writeFile(join(into, 'profile.yaml'), profileText(this.current));
    for (const name of await readdir(into)) {
      await chmod(join(into, name), 0o644);
      await synced(join(into, name));
    }
    await chmod(into, 0o755);
    await synced(into);
    return manifest;
  }

  /** @returns the name that `current` leads to; null when there is none */
  async #currentName(): Promise<string | null> {
    const stats = await lstat(this.current).catch(() => null);
    if (stats === null) return null;
    if (!stats.isSymbolicLink()) {
      throw new CliError(
        `${this.current} is no link that this command made: move it away, or name another directory with --output`,
        EXIT.refused,
      );
    }
    return readlink(this.current);
  }

  async #point(name: string): Promise<void> {
    const link = join(this.#path, `.${CURRENT}-${process.pid}`);
    await rm(link, { force: true });
    await symlink(name, link);
    await rename(link, this.current);
    await synced(this.#path);
  }

  async #removeOthers(kept: ReadonlySet<string | null>): Promise<void> {
    for (const name of await readdir(this.#path)) {
      if (BUILT.test(name) && !kept.has(name))
        await rm(join(this.#path, name), { recursive: true, force: true });
    }
  }
}
