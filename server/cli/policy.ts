import type { Command } from 'commander';
import { checkPolicy } from '../../config/check-policy.js';
import type { PolicyReload, PolicyStatus } from '../gate/control/control-answers.js';
import { printable } from '../gate/printable.js';
import { adminCommand, adminNoun, atDesk, exampleText, say } from './admin-command.js';
import type { AdminOptions } from './admin-command.js';
import { EXIT } from './exit-status.js';
import { addExplainCommand } from './policy-explain.js';

/** Adds `postern policy …`. */
export function addPolicyCommand(program: Command): void {
  const policy = adminNoun(
    program,
    'policy',
    'What customers may do: check files, put them in force, ask why.',
    [
      'postern policy check /etc/postern/policy.d',
      'postern policy reload',
      'postern policy explain alice poweroff horatio',
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

  adminCommand(
    policy,
    'reload',
    'Put the policy files in force. With any problem the old policy stays. Who lost a right is ended at once.',
    ['postern policy reload'],
  ).action(async (options: AdminOptions) => {
    const answer = (await atDesk(options, (desk) => desk.askGate('POST', '/policy/reload'))) as PolicyReload;
    const { accepted, changed, revision, problems } = answer;
    if (accepted) {
      say(
        options,
        answer,
        `${changed ? 'the policy is in force' : 'the files are those in force'}: revision ${revision}\n`,
      );
      return;
    }
    const shown = problems.map((problem) => `${printable(problem, 1000)}\n`).join('');
    say(options, answer, `${shown}the policy was not loaded; revision ${revision} stays in force\n`);
    process.exitCode = EXIT.failed;
  });

  adminCommand(policy, 'status', 'Tell which revision is in force.', ['postern policy status']).action(
    async (options: AdminOptions) => {
      const answer = (await atDesk(options, (desk) => desk.askGate('GET', '/policy'))) as PolicyStatus;
      const { revision, rules, limits, sessionLimits, problems } = answer;
      const broken =
        problems.length === 0
          ? ''
          : `The policy files are broken; what is in force is the policy accepted last:\n${problems.join('\n')}\n`;
      say(
        options,
        answer,
        `revision ${revision}: ${rules} rules, ${limits} limits, ${sessionLimits} session limits\n${broken}`,
      );
    },
  );
}
