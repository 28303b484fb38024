import { basename, join } from 'node:path';
import type { Command } from 'commander';
import { reason } from '../../wire/reason.js';
import type { AcceptedPolicy } from '../../../config/accepted-policy.js';
import { keptRevisions } from '../../../config/accepted-policy.js';
import type { GateSettings } from '../../../config/gate-settings.js';
import { readPolicyTexts } from '../../../config/policy-directory.js';
import { digestOf, readPolicy } from '../../../config/policy-document.js';
import { restorePolicy, setAside } from '../../../config/policy-restoring.js';
import { problemText } from '../../../config/problem.js';
import { diffText } from '../../../policy/policy-diff.js';
import { adminCommand, withAdminClient } from '../admin/admin-command.js';
import type { AdminOptions } from '../admin/admin-command.js';
import { adminName } from '../admin/admin-name.js';
import { Dialog } from '../command/dialog.js';
import { CliError, EXIT } from '../command/exit-status.js';
import { acceptedDirectory } from '../admin/policy-files.js';
import { differenceTo, policyInForce } from './policy-in-force.js';
import { printableLines } from '../command/printable-lines.js';
import { PolicyLock } from './policy-lock.js';
import { putInForce } from './policy-reload.js';

interface RollbackOptions extends AdminOptions {
  readonly yes?: true;
}

/** Adds `postern policy rollback`. */
export function addRollbackCommand(policy: Command): void {
  adminCommand(
    policy,
    'rollback [revision]',
    'Put an earlier policy back into the policy directory and in force. Shows first who gains and loses what. Without a revision it takes the one before.',
    ['postern policy rollback', 'postern policy rollback 41 --yes'],
  )
    .option('-y, --yes', 'do not ask')
    .action(async (revision: string | undefined, options: RollbackOptions) => {
      await withAdminClient(options, async (client, settings) => {
        const lock = await PolicyLock.take(settings.policy, adminName());
        try {
          const before = await policyInForce(client, settings);
          const chosen = chooseRevision(settings, revision, before);
          const again = readPolicy(
            chosen.loaded.sources.map(({ file, text }) => ({
              file: join(settings.policy, basename(file)),
              text,
            })),
          );
          if (!again.ok) {
            const problems = problemText(again.problems);
            throw new CliError(
              `revision ${chosen.revision} is not sound today, and nothing was done:\n${problems}`,
            );
          }
          const diff = await differenceTo(client, before.loaded.policy, again.policy);
          const head = `from revision ${before.revision}, in force, to ${chosen.revision}:\n`;
          if (options.json === undefined) process.stdout.write(printableLines(head + diffText(diff)));
          if (options.yes === undefined && !(await agreed(chosen.revision)))
            throw new CliError('nothing was done', EXIT.refused);
          const aside = written('nothing was done', () => keepPresent(settings));
          // Record first: a rollback that cannot be recorded is not done.
          await client.ask('POST', '/policy/restored', { revision: chosen.revision, from: before.revision });
          written('the files are as they were', () => {
            restorePolicy(settings.policy, again.sources);
          });
          const kept = aside === null ? '' : `what the files said before is in ${aside}\n`;
          if (options.json === undefined) process.stdout.write(kept);
          await putInForce(client, options);
        } finally {
          lock.release();
        }
      });
    });
}

function chooseRevision(
  settings: GateSettings,
  asked: string | undefined,
  before: AcceptedPolicy,
): AcceptedPolicy {
  const kept = keptRevisions(acceptedDirectory(settings.state));
  if (asked === undefined) {
    const earlier = kept.find(
      ({ revision, found }) =>
        revision < before.revision &&
        typeof found !== 'string' &&
        found.loaded.digest !== before.loaded.digest,
    );
    if (earlier === undefined || typeof earlier.found === 'string')
      throw new CliError('no earlier policy is kept', EXIT.refused);
    return earlier.found;
  }
  const chosen = kept.find(({ revision }) => String(revision) === asked);
  if (chosen === undefined)
    throw new CliError(`revision ${asked} is not kept: see \`postern policy history\``, EXIT.noSuch);
  if (typeof chosen.found === 'string')
    throw new CliError(`revision ${asked} cannot be used: ${chosen.found}`, EXIT.refused);
  return chosen.found;
}

/** @throws CliError when the disk or its permissions prevent the work */
function written<T>(otherwise: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw new CliError(`${otherwise}: ${reason(error)}`);
  }
}

async function agreed(revision: number): Promise<boolean> {
  const dialog = new Dialog();
  try {
    return (await dialog.choose(`put revision ${revision} back? [y/n] `, ['y', 'n'])) === 'y';
  } finally {
    dialog.close();
  }
}

/**
 * Keeps the present files, unless they are an accepted policy that is kept already.
 *
 * @returns where; null when not needed
 */
function keepPresent({ policy, state }: GateSettings): string | null {
  const { sources, problems } = readPolicyTexts(policy);
  const digest = problems.length === 0 ? digestOf(sources) : null;
  const known = keptRevisions(acceptedDirectory(state)).some(
    ({ found }) => typeof found !== 'string' && found.loaded.digest === digest,
  );
  if (known) return null;
  return setAside(policy, join(state, 'policy-set-aside'));
}
