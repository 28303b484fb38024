import { Argument, Command } from 'commander';
import { exampleText } from '../admin/admin-command.js';
import { giveAliases } from '../command/aliases.js';
import { GATE_SETTINGS } from '../command/settings-option.js';
import { candidatesAt } from './candidates.js';
import { typedLine } from './command-words.js';
import { SCRIPTS, SHELLS } from './scripts.js';
import type { Shell } from './scripts.js';

/** Adds `postern completion`, and `postern complete`, which its scripts call. */
export function addCompletionCommand(program: Command): void {
  program
    .command('completion')
    .description('Print a script for your shell that completes commands, options and names.')
    .addArgument(new Argument('<shell>', 'your shell').choices(SHELLS))
    .addHelpText(
      'after',
      exampleText([
        'postern completion bash > /etc/bash_completion.d/postern',
        'postern completion zsh > /usr/local/share/zsh/site-functions/_postern',
        'postern completion fish > /etc/fish/completions/postern.fish',
      ]),
    )
    .action((shell: Shell) => {
      process.stdout.write(SCRIPTS[shell]);
    });
}

/**
 * Adds the command that the scripts of `postern completion` call. It never fails: a shell would print that.
 *
 * @param addCommands adds the command of this name, or all
 */
export function addCompleteCommand(
  program: Command,
  addCommands: (parent: Command, first: string | undefined) => Promise<void>,
): void {
  program
    .command('complete <line>', { hidden: true })
    .description('Say what may stand at the end of a line. For the scripts of `postern completion`.')
    .action(async (line: string) => {
      const typed = typedLine(line);
      const all = new Command('postern');
      await addCommands(all, typed.before[0]);
      giveAliases(all);
      const { kind, candidates } = await candidatesAt(all, typed, GATE_SETTINGS);
      const lines = candidates.map(({ word, about }) => (about === '' ? word : `${word}\t${about}`));
      process.stdout.write([kind, ...lines].map((one) => `${one}\n`).join(''));
    });
}
