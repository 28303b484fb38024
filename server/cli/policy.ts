import type { Command } from 'commander';
import { checkPolicy } from '../../config/check-policy.js';
import type { PolicyStatus } from '../gate/control/control-answers.js';
import { adminCommand, adminNoun, atDesk, exampleText, say } from './admin-command.js';
import type { AdminOptions } from './admin-command.js';
import { addDiffCommand } from './policy-diff.js';
import { addEditCommand } from './policy-edit.js';
import { addExplainCommand } from './policy-explain.js';
import { addHistoryCommand } from './policy-history.js';
import { addReloadCommand, policyWarnings } from './policy-reload.js';
import { addRollbackCommand } from './policy-rollback.js';

/** Adds `postern policy …`. */
export function addPolicyCommand(program: Command): void {
  const policy = adminNoun(
    program,
    'policy',
    'What customers may do: check files, put them in force, ask why.',
    [
      'postern policy check /etc/postern/policy.d',
      'postern policy edit',
      'postern policy diff',
      'postern policy reload',
      'postern policy explain alice poweroff horatio',
      'postern policy rollback',
    ],
  );

  policy
    .command('check <file...>')
    .description('Check policy files and directories, read as one policy. Nothing is put in force.')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      exampleText([
        'postern policy check /etc/postern/policy.d',
        'postern policy check 10-base.yaml 20-vip.yaml --json',
      ]),
    )
    .action((files: string[], { json = false }: { readonly json?: boolean }) => {
      const { text, exitStatus } = checkPolicy(files, { json });
      process.stdout.write(text);
      process.exitCode = exitStatus;
    });

  addExplainCommand(policy);
  addDiffCommand(policy);
  addEditCommand(policy);
  addReloadCommand(policy);
  addHistoryCommand(policy);
  addRollbackCommand(policy);

  adminCommand(policy, 'status', 'Tell which revision is in force.', ['postern policy status']).action(
    async (options: AdminOptions) => {
      let warnings = '';
      const answer = (await atDesk(options, async (desk) => {
        warnings = await policyWarnings(desk);
        return desk.askGate('GET', '/policy');
      })) as PolicyStatus;
      const { revision, rules, limits, sessionLimits, problems } = answer;
      const broken =
        problems.length === 0
          ? ''
          : `The policy files are broken; what is in force is the policy accepted last:\n${problems.join('\n')}\n`;
      say(
        options,
        answer,
        `revision ${revision}: ${rules} rules, ${limits} limits, ${sessionLimits} session limits\n${broken}${warnings}`,
      );
    },
  );
}
