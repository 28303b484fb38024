import type { Command } from 'commander';

/** Adds a command to its parent. */
export type Add = (parent: Command) => void | Promise<void>;

/** Loads and adds the named command, or all of them when the name is unknown. */
export async function addNamed(
  commands: Readonly<Record<string, () => Promise<Add>>>,
  parent: Command,
  name: string | undefined,
): Promise<void> {
  const only = name !== undefined && Object.hasOwn(commands, name) ? commands[name] : undefined;
  for (const load of only === undefined ? Object.values(commands) : [only]) await (await load())(parent);
}
