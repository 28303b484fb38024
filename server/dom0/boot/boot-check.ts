import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import { NORMAL } from '../../../policy/names.js';
import { isRefusal, refusal } from '../../../policy/refusal.js';
import type { Refusal } from '../../../policy/refusal.js';
import type { DomainConfig } from '../config/domain-config.js';
import { CONFIG_LIMIT, readPlainFile } from '../config/plain-file.js';
import type { Transcripts } from '../toolstack/transcripts.js';
import type { ConfigReading, ConfiguredDisk, Creation, Toolstack } from '../toolstack/toolstack.js';
import { isSameBoot } from './boot-profiles.js';
import type { BootPlan } from './boot-plan.js';
import { creationOf } from './derived-config.js';

interface BootCheckParts {
  readonly toolstack: Pick<Toolstack, 'dryRun' | 'takesOverrides'>;
  readonly transcripts: Pick<Transcripts, 'derivedConfig' | 'disk' | 'prepare'>;
}

/**
 * Whether the toolstack would really make what a plan says: the domain of this name as its own file
 * has it, with its own disks and the profile's, and no others. A dry run of the very configuration
 * for the create answers this.
 */
export class BootCheck {
  readonly #parts: BootCheckParts;

  constructor(parts: BootCheckParts) {
    this.#parts = parts;
  }

  /** To be called before anything is done. @param id names the derived file, which is removed again */
  async plan(plan: BootPlan, config: DomainConfig, id: string): Promise<Refusal | null> {
    const { toolstack, transcripts } = this.#parts;
    const derived = transcripts.derivedConfig(`${id}.check`);
    try {
      if (plan.without.size > 0 || !toolstack.takesOverrides) await transcripts.prepare();
      const creation = await creationOf(plan, derived, toolstack.takesOverrides, transcripts.disk);
      return await this.creation(creation, plan, config, 'nothing was done');
    } catch (error) {
      return refusal(
        'toolstack-failed',
        "Its host cannot prepare its configuration. Ask the host's operators.",
        String(error),
      );
    } finally {
      await transcripts.disk.remove(derived).catch(() => undefined);
    }
  }

  /**
   * To be called right before the create. @param then how a refusal ends: the domain may
   * have been shut down for this
   */
  async creation(
    creation: Creation,
    plan: BootPlan,
    config: DomainConfig,
    then = 'it was left off',
  ): Promise<Refusal | null> {
    const made = await this.#parts.toolstack.dryRun(creation);
    if (isRefusal(made)) return made;
    if ('refused' in made) {
      const sentence = `Its configuration on the host is not accepted, so ${then}`;
      // Name the domain's own file instead of the copy that we made.
      const said = made.refused.replaceAll(basename(creation.config), basename(config.file));
      return refusal('toolstack-failed', `${sentence}: ${said}`, `${config.file}: ${said}`);
    }
    const wrong = difference(made, plan, config);
    return wrong === null
      ? null
      : refusal('wrong-state', sentenceOf(made, plan, config, then), `${config.file}: ${wrong}`);
  }

  /** A hash of the text that a create reads; null when it cannot be read. A touch does not change it. */
  async text({ config }: Pick<Creation, 'config'>): Promise<string | null> {
    const text = await readPlainFile(config, CONFIG_LIMIT).catch(() => null);
    return text === null ? null : createHash('sha256').update(text).digest('hex');
  }
}

function sentenceOf(made: ConfigReading, plan: BootPlan, config: DomainConfig, then: string): string {
  if (made.name !== config.name)
    return `Its configuration file on the host has another name in it, so ${then}. Ask the operator.`;
  if (plan.profile === NORMAL)
    return `Its configuration file on the host was changed just now, so ${then}. Try again in a minute.`;
  return `Its configuration on the host does not go with this boot profile, so ${then}. Ask the operator.`;
}

/** @returns the first difference as text; null when there is none */
function difference(made: ConfigReading, plan: BootPlan, config: DomainConfig): string | null {
  if (made.name !== config.name) return `the toolstack takes it for ${JSON.stringify(made.name)}`;
  const own = new Set<ConfiguredDisk>(config.boot.disks);
  const planned = plan.boot.disks.map((disk) => words(disk, own.has(disk)));
  const found = made.boot.disks.map((disk, at) => words(disk, own.has(plan.boot.disks[at] ?? disk)));
  if (planned.join() !== found.join())
    return `the toolstack reads the disks ${found.join(', ')}, and ${planned.join(', ')} were meant`;
  if (!isSameBoot(plan.boot, made.boot))
    return 'the toolstack would boot it with another kernel, ramdisk or command line';
  if (config.rest === made.rest) return null;
  return 'the toolstack would make something else of it than of its own file, besides disks and kernel';
}

/** @param isOwn the domain's own disk must be the same in everything that the toolstack says of it */
function words(
  { target, vdev, writable, script = '', format = '', more = '' }: ConfiguredDisk,
  isOwn: boolean,
): string {
  const own = isOwn ? [format, more] : [];
  return [JSON.stringify(target), vdev, writable ? 'w' : 'r', script, ...own]
    .filter((word) => word !== '')
    .join(' ');
}
