import { NORMAL } from '../../../policy/names.js';
import { isRefusal, refusal } from '../../../policy/refusal.js';
import type { Refusal } from '../../../policy/refusal.js';
import type { DomainConfig } from '../domain-config.js';
import type { Transcripts } from '../operations/transcripts.js';
import type { ConfigReading, ConfiguredDisk, Creation, Toolstack } from '../toolstack/toolstack.js';
import { sameBoot } from './boot-profiles.js';
import type { BootPlan } from './boot-profiles.js';
import { creationOf } from './derived-config.js';

export interface BootCheckParts {
  readonly toolstack: Pick<Toolstack, 'dryRun' | 'takesOverrides'>;
  readonly transcripts: Pick<Transcripts, 'derivedConfig' | 'disk' | 'prepare'>;
}

/**
 * Whether the toolstack would make of a plan what is planned: the domain of this name, with its own disks, those of the profile, and no other.
 * It is asked by a dry run of the very configuration that would be created from.
 */
export class BootCheck {
  readonly #parts: BootCheckParts;

  constructor(parts: BootCheckParts) {
    this.#parts = parts;
  }

  /** Before anything is done. @param id names the derived file, which is removed again */
  async plan(plan: BootPlan, config: DomainConfig, id: string): Promise<Refusal | null> {
    const { toolstack, transcripts } = this.#parts;
    const derived = transcripts.derivedConfig(`${id}.check`);
    try {
      if (plan.without.size > 0 || !toolstack.takesOverrides) await transcripts.prepare();
      const creation = await creationOf(plan, derived, toolstack.takesOverrides, transcripts.disk);
      return await this.creation(creation, plan, config);
    } catch (error) {
      return refusal('toolstack-failed', 'Its configuration cannot be prepared on its host.', String(error));
    } finally {
      await transcripts.disk.remove(derived).catch(() => undefined);
    }
  }

  /** Right before it is created. */
  async creation(creation: Creation, plan: BootPlan, config: DomainConfig): Promise<Refusal | null> {
    const made = await this.#parts.toolstack.dryRun(creation);
    if (isRefusal(made)) return made;
    if ('refused' in made) {
      const sentence = 'Its configuration on the host is not accepted, so nothing was done';
      return refusal('toolstack-failed', `${sentence}: ${made.refused}`, `${config.file}: ${made.refused}`);
    }
    const wrong = difference(made, plan, config);
    if (wrong === null) return null;
    return refusal(
      'wrong-state',
      'Its configuration on the host is not what it was, so nothing was done. Try again in a minute; then ask the operator.',
      `${config.file}: ${wrong}`,
    );
  }
}

/** @returns null when there is none */
function difference(made: ConfigReading, plan: BootPlan, config: DomainConfig): string | null {
  if (made.name !== config.name) return `the toolstack takes it for ${JSON.stringify(made.name)}`;
  const planned = plan.boot.disks.map(words).join(', ');
  const found = made.boot.disks.map(words).join(', ');
  if (planned !== found) return `the toolstack reads the disks ${found}, and ${planned} were meant`;
  if (plan.profile === NORMAL || sameBoot(plan.boot, made.boot)) return null;
  return 'the toolstack would boot it with another kernel, ramdisk or command line';
}

function words({ target, vdev, writable, script = '' }: ConfiguredDisk): string {
  return [JSON.stringify(target), vdev, writable ? 'w' : 'r', script].filter((word) => word !== '').join(' ');
}
