import type { Command } from 'commander';
import { loadDom0Settings } from '../../../config/dom0-settings.js';
import { parseDomainName } from '../../../policy/names.js';
import { exampleText } from '../admin/admin-command.js';
import { adminName } from '../admin/admin-name.js';
import { ConsoleConnection, passesEscape } from './console-connection.js';
import { releaseConsole, releaseSeconds } from './console-release.js';
import { AdminAttachment } from './admin-attachment.js';
import { CliError, EXIT } from '../command/exit-status.js';
import { DOM0_SETTINGS, valid } from '../command/settings-option.js';

interface ConsoleCommandOptions {
  readonly settings: string;
  readonly socket?: string;
  readonly watch?: true;
  readonly take?: true;
  readonly release?: string;
}

/** Adds `postern console`. */
export function addConsoleCommand(program: Command): void {
  program
    .command('console <domain>')
    .description(
      "Join a domain's console, beside customers, on the Xen host itself. It asks the dom0 half, and needs no gate.",
    )
    .option('--settings <file>', "the dom0 half's settings", DOM0_SETTINGS)
    .option('--socket <path>', "the dom0 half's socket, instead of the one of the settings")
    .option('--watch', 'only watch')
    .option('--take', 'take the keyboard from whoever has it')
    .option(
      '--release <time>',
      'leave the console to your own `xl console` for so long, like 10m; 0 ends that',
    )
    .addHelpText(
      'after',
      exampleText([
        'postern console horatio',
        'postern console horatio --watch',
        'postern console horatio --take',
        'postern console horatio --release 10m && xl console horatio',
      ]),
    )
    .addHelpText('after', 'Leave with Ctrl-] and then a dot; Ctrl-] ? tells more.\n')
    .action(async (name: string, options: ConsoleCommandOptions) => {
      process.exitCode = await visit(name, options);
    });
}

async function visit(name: string, options: ConsoleCommandOptions): Promise<number> {
  const domain = parseDomainName(name);
  if (domain === undefined)
    throw new CliError(`${JSON.stringify(name.slice(0, 80))} is not the name of a guest`, EXIT.usage);
  const { watch, take, release } = options;
  if ([watch, take, release].filter((given) => given !== undefined).length > 1)
    throw new CliError('--watch, --take and --release contradict each other', EXIT.usage);
  const seconds = release === undefined ? null : releaseSeconds(release);
  const socket = options.socket ?? valid(loadDom0Settings(options.settings)).socket;
  const admin = adminName();
  if (seconds !== null) {
    process.stdout.write(`${await releaseConsole(socket, domain, { seconds, admin })}\n`);
    return EXIT.done;
  }
  const escape = await passesEscape(socket);
  const { stdin, stdout, stderr } = process;
  const connection = await ConsoleConnection.open(socket, {
    domain,
    mode: watch === true ? 'watch' : 'write',
    takeover: take ?? false,
    columns: stdout.isTTY ? stdout.columns : 80,
    rows: stdout.isTTY ? stdout.rows : 24,
    admin,
  });
  const seat = { input: stdin, output: stdout, notices: stderr, term: process.env['TERM'] ?? 'dumb' };
  const visitor = new AdminAttachment(seat, connection, escape);
  return visitor.run();
}
