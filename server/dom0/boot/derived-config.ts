import { open, readFile, rm } from 'node:fs/promises';
import { constants } from 'node:fs';
import { withoutKeys } from '../domain-config-text.js';
import { assignmentText } from '../toolstack/config-text.js';
import type { Creation } from '../toolstack/toolstack.js';
import type { BootPlan } from './boot-profiles.js';

/**
 * Makes a plan into what the toolstack creates from. Overrides are given as arguments, as xl takes them; where a key must go
 * from the file, or the toolstack takes none, a derived file is written.
 *
 * @param derived where the derived file may be written (mode 0600); the caller removes it when the domain is made
 * @throws when the domain's file cannot be read or the derived one not be written
 */
export async function creationOf(
  plan: BootPlan,
  derived: string,
  takesOverrides: boolean,
): Promise<Creation> {
  const asIs = plan.without.size === 0 && (takesOverrides || plan.overrides.length === 0);
  if (asIs) return { config: plan.config, paused: true, overrides: plan.overrides };
  const text = withoutKeys(await readFile(plan.config, 'utf8'), plan.without);
  const lines = plan.overrides.map(assignmentText);
  await rm(derived, { force: true });
  const { O_CREAT, O_EXCL, O_WRONLY, O_NOFOLLOW } = constants;
  const file = await open(derived, O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW, 0o600);
  try {
    await file.writeFile(`${text.trimEnd()}\n${lines.join('\n')}\n`);
  } finally {
    await file.close();
  }
  return { config: derived, paused: true, overrides: [] };
}
