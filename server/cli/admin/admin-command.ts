import type { Command } from 'commander';
import { reason } from '../../wire/reason.js';
import type { GateSettings } from '../../../config/gate-settings.js';
import { adminName } from './admin-name.js';
import type { AdminClient } from './admin-client.js';
import { EXIT } from '../command/exit-status.js';
import { GATE_SETTINGS, valid } from '../command/settings-option.js';

/** The options of every command of an admin. */
export interface AdminOptions {
  readonly settings: string;
  readonly json?: true;
}

/**
 * Adds a command with `--settings`, `--json` and examples.
 *
 * @param usage name and arguments, as commander takes them
 */
export function adminCommand(
  parent: Command,
  usage: string,
  description: string,
  examples: readonly string[],
): Command {
  return endWithReader(parent.command(usage))
    .description(description)
    .option('--settings <file>', "the gate's settings", GATE_SETTINGS)
    .option('--json', 'print JSON')
    .addHelpText('after', exampleText(examples));
}

/**
 * Ends the process when its output cannot be written: with success when nobody reads it any more, as in
 * `postern audit | head`, else with the reason.
 */
export function endWithReader(command: Command): Command {
  return command.hook('preAction', () => {
    process.stdout.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') process.exit(EXIT.done);
      process.stderr.write(`postern: the output cannot be written: ${reason(error)}\n`);
      process.exit(EXIT.failed);
    });
  });
}

/** Adds a command that only groups subcommands. */
export function adminNoun(
  program: Command,
  name: string,
  description: string,
  examples: readonly string[],
): Command {
  return program.command(name).description(description).addHelpText('after', exampleText(examples));
}

export function exampleText(examples: readonly string[]): string {
  return `\nExamples:\n${examples.map((example) => `  ${example}\n`).join('')}`;
}

/** Does the work with an AdminClient, and closes it. @throws CliError */
export async function withAdminClient<T>(
  options: AdminOptions,
  work: (client: AdminClient, settings: GateSettings) => Promise<T>,
): Promise<T> {
  // Imported only when a command runs: help and usage errors need neither.
  const { loadGateSettings } = await import('../../../config/gate-settings.js');
  const settings = valid(loadGateSettings(options.settings));
  const { AdminClient } = await import('./admin-client.js');
  const client = new AdminClient(settings, adminName());
  try {
    return await work(client, settings);
  } finally {
    client.close();
  }
}

/** Asks the running gate, or its database while none runs. T is what this path answers. @throws CliError */
export async function ask<T extends object>(
  options: AdminOptions,
  ...request: Parameters<AdminClient['ask']>
): Promise<T> {
  return (await withAdminClient(options, (client) => client.ask(...request))) as T;
}

/** As `ask`, for requests that only a running gate can answer. @throws CliError */
export async function askGate<T extends object>(
  options: AdminOptions,
  ...request: Parameters<AdminClient['askGate']>
): Promise<T> {
  return (await withAdminClient(options, (client) => client.askGate(...request))) as T;
}

/** Prints the answer as JSON, or the text for people. */
export function say(options: Pick<AdminOptions, 'json'>, answer: object, text: string): void {
  process.stdout.write(options.json === true ? `${JSON.stringify(answer, null, 2)}\n` : text);
}
