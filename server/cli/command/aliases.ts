import type { Command } from 'commander';

/** Gives every `list` below the command its alias `ls`. */
export function giveAliases(command: Command): void {
  for (const one of command.commands) {
    if (one.name() === 'list') one.alias('ls');
    giveAliases(one);
  }
}
