import { openSync, readSync } from 'node:fs';
import type { Command } from 'commander';
import type { KeyView } from '../gate/control/control-answers.js';
import { adminCommand, adminNoun, atDesk, say } from './admin-command.js';
import type { AdminOptions } from './admin-command.js';
import { CliError, EXIT } from './exit-status.js';
import { sessionsEnded } from './sessions-ended.js';
import { shortTime, table } from './table.js';

/** More than any public key. */
const LARGEST_FILE = 32 * 1024;

/** Adds `postern key …`. */
export function addKeyCommand(program: Command): void {
  const key = adminNoun(program, 'key', 'The public keys that customers log in with.', [
    'postern key add alice alice.pub',
    'ssh-keygen -y -f key | postern key add alice -',
  ]);

  adminCommand(
    key,
    'add <customer> <file>',
    'Add a public key: one line as in a .pub file; `-` reads it from stdin.',
    ['postern key add alice /root/alice.pub', 'postern key add alice - < alice.pub'],
  ).action(async (customer: string, file: string, options: AdminOptions) => {
    const text = readKey(file);
    const added = (await atDesk(options, (desk) =>
      desk.ask('POST', keysOf(customer), { key: text }),
    )) as KeyView;
    say(options, added, `${customer} may log in with ${added.fingerprint} (${added.type})\n`);
  });

  adminCommand(key, 'list <customer>', "List a customer's keys.", ['postern key list alice']).action(
    async (customer: string, options: AdminOptions) => {
      const answer = (await atDesk(options, (desk) => desk.ask('GET', keysOf(customer)))) as {
        keys: KeyView[];
      };
      say(options, answer.keys, keyTable(answer.keys));
    },
  );

  adminCommand(
    key,
    'remove <customer> <fingerprint>',
    'Remove a key; sessions that came with it end at once.',
    ['postern key remove alice SHA256:nThbg6kXUpJWGl7E1IGOCspRomTxdCARLviKw6E5SY8'],
  )
    .option('--last', 'even when it is the last one, without which the customer cannot log in')
    .action(
      async (customer: string, fingerprint: string, options: AdminOptions & { readonly last?: true }) => {
        const path = `${keysOf(customer)}/${encodeURIComponent(fingerprint)}`;
        const allowLast = options.last ?? false;
        const answer = await atDesk(options, (desk) => desk.ask('DELETE', path, { allowLast }));
        say(options, answer, `${fingerprint} is removed from ${customer}${sessionsEnded(answer)}\n`);
      },
    );
}

function keysOf(customer: string): string {
  return `/customers/${encodeURIComponent(customer)}/keys`;
}

/** What is not a key is found later; here only that no device or huge file is read. */
function readKey(file: string): string {
  const buffer = Buffer.alloc(LARGEST_FILE + 1);
  let size = 0;
  try {
    const descriptor = file === '-' ? 0 : openSync(file, 'r');
    for (let read = -1; read !== 0 && size < buffer.length; size += read) {
      read = readSync(descriptor, buffer, size, buffer.length - size, null);
    }
  } catch (error) {
    throw new CliError(`the key ${file} cannot be read: ${(error as Error).message}`, EXIT.usage);
  }
  if (size > LARGEST_FILE) throw new CliError(`${file} is too long for a public key`, EXIT.usage);
  return buffer.toString('utf8', 0, size);
}

export function keyTable(keys: readonly KeyView[]): string {
  const rows = keys.map((key) => [
    key.fingerprint,
    key.type,
    shortTime(key.addedAt),
    shortTime(key.lastUsedAt),
    key.comment,
  ]);
  return table(['KEY', 'TYPE', 'ADDED', 'LAST USED', 'COMMENT'], rows, 'there are no keys');
}
