import { CONFIG_LIMIT, readPlainFile } from '../config/plain-file.js';
import { withoutKeys } from '../config/domain-config-text.js';
import { LocalStateDisk } from '../state/local-state-disk.js';
import { writeAll } from '../state/state-disk.js';
import type { StateDisk } from '../state/state-disk.js';
import { assignmentText } from '../toolstack/config-text.js';
import type { Creation } from '../toolstack/toolstack.js';
import type { BootPlan } from './boot-plan.js';

/**
 * Turns a plan into the input for a create. Overrides become arguments, where xl takes them. Where a key must
 * go from the file, or the toolstack takes no overrides, it writes a derived file.
 *
 * @param derived path for the derived file (mode 0600); the caller removes it after the create
 * @throws when the domain's file cannot be read or the derived one cannot be written
 */
export async function creationOf(
  plan: BootPlan,
  derived: string,
  takesOverrides: boolean,
  disk: Pick<StateDisk, 'remove' | 'write'> = new LocalStateDisk(),
): Promise<Creation> {
  const asIs = plan.without.size === 0 && (takesOverrides || plan.overrides.length === 0);
  if (asIs) return { config: plan.config, paused: true, overrides: plan.overrides };
  const text = withoutKeys((await readPlainFile(plan.config, CONFIG_LIMIT)).toString('utf8'), plan.without);
  const lines = plan.overrides.map(assignmentText);
  await disk.remove(derived);
  await writeAll(disk, derived, 0, Buffer.from(`${text.trimEnd()}\n${lines.join('\n')}\n`));
  return { config: derived, paused: true, overrides: [] };
}
