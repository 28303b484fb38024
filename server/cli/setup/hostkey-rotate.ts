import type { Command } from 'commander';
import type { HostKeyList, HostKeyStep } from '../../gate/control/host-key-answers.js';
import { adminCommand, ask, say } from '../admin/admin-command.js';
import type { AdminOptions } from '../admin/admin-command.js';
import { CliError, EXIT } from '../command/exit-status.js';
import { shortTime, table, utc } from '../command/table.js';

interface RotateOptions extends AdminOptions {
  readonly finish?: true;
  readonly now?: true;
  readonly cancel?: true;
}

/** Adds `postern hostkey list` and `postern hostkey rotate`. */
export function addRotationCommands(hostkey: Command): void {
  adminCommand(hostkey, 'list', 'List the host keys: those in use, the next and the former ones.', [
    'postern hostkey list',
  ]).action(async (_: AdminOptions, command: Command) => {
    // commander gives options that `hostkey` has too to `hostkey`, not to this command.
    const options = command.optsWithGlobals<AdminOptions>();
    const list = await ask<HostKeyList>(options, 'GET', '/host-keys');
    say(options, list, listText(list));
  });

  adminCommand(
    hostkey,
    'rotate [type]',
    "Replace a host key in two steps. The first makes the next key and announces it, so that customers' ssh learns it. Some weeks later, --finish offers it and retires the former one.",
    [
      'postern hostkey rotate',
      'postern hostkey rotate rsa',
      'postern hostkey rotate --finish',
      'postern hostkey rotate --cancel',
    ],
  )
    .option('--finish', 'offer the next key from now on, and retire the former one')
    .option(
      '--now',
      'with --finish: also when customers have not logged in meanwhile; their ssh will warn them',
    )
    .option('--cancel', 'drop the next key')
    .action(async (type: string | undefined, _: RotateOptions, command: Command) => {
      const options = command.optsWithGlobals<RotateOptions>();
      const step = await ask<HostKeyStep>(options, ...requestOf(type, options));
      say(options, step, stepText(step));
    });
}

function requestOf(
  type: string | undefined,
  { finish, now, cancel }: RotateOptions,
): ['POST' | 'DELETE', string, object] {
  if (finish === true && cancel === true)
    throw new CliError('give --finish or --cancel, not both', EXIT.usage);
  if (now === true && finish !== true) throw new CliError('--now goes with --finish', EXIT.usage);
  if (cancel === true) return ['DELETE', '/host-keys/rotation', { type }];
  return finish === true
    ? ['POST', '/host-keys/rotation/finish', { type, now: now === true }]
    : ['POST', '/host-keys/rotation', { type }];
}

function stepText({ step, type, fingerprint, former, file }: HostKeyStep): string {
  const key = `${fingerprint ?? 'that could not be read'} (${type})`;
  switch (step) {
    case 'began':
      return `The next host key ${key} is announced from now on, and ${former} stays the one in use.\nOpenSSH clients learn it at their next login. Some weeks later: postern hostkey rotate --finish\n`;
    case 'finished':
      return `The host key ${key} is in use from now on, and ${former} is retired: it is kept in ${file}.retired\nOpenSSH clients that have logged in meanwhile drop the retired one at their next login.\n`;
    case 'cancelled':
      return `The next host key ${key} is dropped, and ${former} stays the one in use.\n`;
  }
}

function listText({ keys, problems, rotations }: HostKeyList): string {
  const rows = keys.map(({ use, type, bits, fingerprint, madeAt, file }) => [
    use,
    bits === null ? type : `${type} ${bits}`,
    fingerprint,
    shortTime(madeAt),
    file,
  ]);
  const lines = rotations.map(({ since, customers, behind, fingerprint }) => {
    const came = `${customers - behind.length} of ${customers} customers have logged in since`;
    return `the rotation to ${fingerprint} was begun on ${utc(since)}: ${came}${behind.length === 0 ? '' : `; missing: ${behind.join(', ')}`}\n`;
  });
  return [
    table(['USE', 'TYPE', 'FINGERPRINT', 'MADE (UTC)', 'FILE'], rows, 'there are no host keys'),
    ...lines,
    ...problems.map((problem) => `not used: ${problem}\n`),
  ].join('');
}
