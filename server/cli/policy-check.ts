import type { Command } from 'commander';
import { checkPolicy } from '../../config/check-policy.js';
import { exampleText } from './admin-command.js';

/** Adds `postern policy check`. */
export function addCheckCommand(policy: Command): void {
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
}
