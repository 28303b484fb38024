import { resolve } from 'node:path';
import type { Command } from 'commander';
import { loadPolicy } from '../../../config/policy-directory.js';
import { problemText } from '../../../config/problem.js';
import { diffJson, diffText, isEmpty } from '../../../policy/policy-diff.js';
import { adminCommand, withAdminClient, say } from '../admin/admin-command.js';
import type { AdminOptions } from '../admin/admin-command.js';
import { CliError, EXIT } from '../command/exit-status.js';
import { printableLines } from '../command/printable-lines.js';
import { differenceTo, policyInForce } from './policy-in-force.js';

/** Adds `postern policy diff`. */
export function addDiffCommand(policy: Command): void {
  adminCommand(
    policy,
    'diff [directory]',
    'Show which rights customers would gain and lose by these files: the policy directory, or another. It compares rights, not lines of text.',
    ['postern policy diff', 'postern policy diff ~/policy.d --json'],
  )
    .addHelpText('after', '\nExit status: 0 no difference, 1 some, 2 the files are not sound.\n')
    .action(async (directory: string | undefined, options: AdminOptions) => {
      await withAdminClient(options, async (client, settings) => {
        const path = directory === undefined ? settings.policy : resolve(directory);
        const after = loadPolicy(path);
        if (!after.ok)
          throw new CliError(`the policy is not sound:\n${problemText(after.problems)}`, EXIT.usage);
        const before = await policyInForce(client, settings);
        const diff = await differenceTo(client, before.loaded.policy, after.policy);
        const head = `from revision ${before.revision}, in force, to ${path}:\n`;
        say(
          options,
          { revision: before.revision, path, ...diffJson(diff) },
          printableLines(head + diffText(diff)),
        );
        process.exitCode = isEmpty(diff) ? EXIT.done : EXIT.failed;
      });
    });
}
