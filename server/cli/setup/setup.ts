import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import { parseListenAddress } from '../../../config/listen-address.js';
import { exampleText, say } from '../admin/admin-command.js';
import { CliError, EXIT } from '../command/exit-status.js';
import { HALVES } from '../installation/installation.js';
import { LISTEN, setUp } from './set-up.js';
import { setupReportText } from './setup-report.js';

interface SetupOptions {
  readonly root: string;
  readonly site?: string;
  readonly host?: string;
  readonly listen?: readonly string[];
  readonly importHostKey?: string;
  readonly apply?: true;
  readonly json?: true;
}

/** Adds `postern setup`. */
export function addSetupCommand(program: Command): void {
  program
    .command('setup')
    .argument('<halves>', `the halves on this machine: ${HALVES.join(', ')}`)
    .description(
      'Set up this machine: user, directories, units, settings. Shows the steps, and does them only with --apply. Never overwrites your edits, and does nothing twice.',
    )
    .option('--apply', 'do it')
    .option('--site <name>', "the service's name, shown to customers; this machine's name when not given")
    .option(
      '--listen <address>',
      `an address that customers connect to; again for more; ${LISTEN.join(' and ')} when not given`,
      more,
    )
    .option('--host <name>', "the Xen host's name; this machine's when not given")
    .option(
      '--import-host-key <file>',
      'the Ed25519 host key of the sshd that customers know, so that theirs does not warn them',
    )
    .option(
      '--root <directory>',
      'set up an image or another disk below this directory; makes no users, runs nothing',
      '/',
    )
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      exampleText([
        'postern setup both',
        'postern setup both --site console.example.net --import-host-key /etc/ssh/ssh_host_ed25519_key --apply',
        'postern setup dom0 --apply',
      ]),
    )
    .action(runSetup);
}

async function runSetup(named: string, options: SetupOptions): Promise<void> {
  const halves = HALVES.find((one) => one === named);
  if (halves === undefined) throw new CliError(`say one of ${HALVES.join(', ')}`, EXIT.usage);
  if (!existsSync(options.root)) throw new CliError(`there is no directory ${options.root}`, EXIT.usage);
  const apply = options.apply === true;
  if (apply && options.root === '/' && process.geteuid?.() !== 0) {
    throw new CliError('this changes the machine: run it as root, or with --root DIR', EXIT.refused);
  }
  const listen = options.listen === undefined ? undefined : listening(options.listen);
  const report = await setUp(halves, { ...options, apply, listen });
  say(options, report, setupReportText(report));
  if (report.steps.some(({ standing, failed }) => failed !== null || standing.kind === 'wrong')) {
    process.exitCode = EXIT.failed;
  }
}

/** @throws CliError for an address that is not valid */
function listening(addresses: readonly string[]): readonly string[] {
  for (const address of addresses) {
    if (parseListenAddress(address) === undefined)
      throw new CliError(
        `${JSON.stringify(address)} is no address with a port, like ${LISTEN.join(' or ')}`,
        EXIT.usage,
      );
  }
  return addresses;
}

function more(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}
