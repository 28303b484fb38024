import { basename } from 'node:path';
import { refusal } from '../../../policy/refusal.js';
import type { Refusal } from '../../../policy/refusal.js';
import { TEXT_LIMITS } from '../../wire/text-limits.js';
import { presentable } from '../toolstack/reason.js';
import type { Disk } from '../toolstack/toolstack.js';
import { isAbsent } from './config-file-status.js';
import type { DomainConfig } from './domain-config.js';
import type { FileCalls } from './foreign-files.js';
import { namedPaths } from './named-paths.js';
import { CONFIG_LIMIT, NotPlainError } from './plain-file.js';

/** The disks that one configuration file names. */
export interface DiskClaim {
  /** The domain's name where the toolstack read the file, else null. */
  readonly domain: string | null;
  /** For people: `horatio`, or `broken.cfg, which cannot be used`. */
  readonly by: string;
  /** Without `vdev`: anything in the file that may be a disk. */
  readonly disks: readonly (Pick<Disk, 'target' | 'script'> & Partial<Pick<Disk, 'vdev'>>)[];
}

/** The configuration files of all domains, of which some cannot be used now. */
export interface ConfigSource {
  /** As read last, also of files that cannot be used now and of names that are not managed. */
  readings(): readonly DomainConfig[];
  /** The paths of the files that cannot be used now. */
  unusable(): readonly string[];
}

/**
 * Which disks the configuration files name, whoever manages their domains. A file that the toolstack refuses,
 * or that has no name for a domain, is searched for paths: its domain may have run before, and may run again.
 */
export class DiskClaims {
  readonly #configs: ConfigSource;
  readonly #files: Pick<FileCalls, 'read'>;

  constructor(configs: ConfigSource, files: Pick<FileCalls, 'read'>) {
    this.#configs = configs;
    this.#files = files;
  }

  /** @returns a refusal when a file cannot be read now, so that any disk may be in it */
  async list(): Promise<readonly DiskClaim[] | Refusal> {
    const claims: DiskClaim[] = this.#configs
      .readings()
      .map(({ name, boot }) => ({ domain: name, by: name, disks: boot.disks }));
    for (const path of this.#configs.unusable()) {
      const file = presentable(basename(path), TEXT_LIMITS.file);
      const text = await this.#text(path);
      if (text === null)
        return refusal(
          'wrong-state',
          "A configuration file on its host cannot be read, so nothing is erased. Ask the host's operators.",
          `${file} cannot be read, and may name any disk`,
        );
      const disks = [...namedPaths(text)].map((target) => ({ target }));
      claims.push({ domain: null, by: `${file}, which cannot be used`, disks });
    }
    return claims;
  }

  /** @returns an empty text for what can be no configuration file, null when it cannot be read */
  async #text(path: string): Promise<string | null> {
    try {
      return (await this.#files.read(path, CONFIG_LIMIT)).toString('utf8');
    } catch (error) {
      const isNone = isAbsent(error) || (error instanceof NotPlainError && !error.isTooBig);
      return isNone ? '' : null;
    }
  }
}
