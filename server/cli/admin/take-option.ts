import type { Command } from 'commander';

/** The option of commands that change rows which files may declare. */
export interface TakeOption {
  readonly take?: true;
}

/** Adds `--take`. */
export function withTake(command: Command): Command {
  return command.option('--take', 'also when a file declares it (postern apply); it is then changed by hand');
}
