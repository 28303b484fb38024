import type { Command } from 'commander';
import type { KeyView } from '../../gate/control/key-answers.js';
import { adminCommand, adminNoun, withAdminClient, say } from '../admin/admin-command.js';
import type { AdminOptions } from '../admin/admin-command.js';
import { withTake } from '../admin/take-option.js';
import type { TakeOption } from '../admin/take-option.js';
import { readKeyFile } from './key-file.js';
import { addKeyRolloverCommands } from './key-rollover.js';
import { keyTable } from './key-table.js';
import { withQuery } from '../command/query.js';
import { sessionsEnded } from './sessions-ended.js';
import { timeOrAgo, timeOrAhead } from '../command/time-or-ago.js';

interface ListOptions extends AdminOptions {
  readonly group?: string;
  readonly addedBefore?: string;
  readonly usedSince?: string;
  readonly unusedSince?: string;
}

/** Adds `postern key …`. */
export function addKeyCommand(program: Command): void {
  const key = adminNoun(program, 'key', 'The public keys that customers log in with.', [
    'postern key add alice alice.pub',
    'ssh-keygen -y -f key | postern key add alice -',
  ]);

  withTake(
    adminCommand(
      key,
      'add <customer> <file>',
      'Add a public key: one line as in a .pub file; `-` reads it from stdin.',
      ['postern key add alice /root/alice.pub', 'postern key add alice - < alice.pub'],
    ),
  )
    .option('--expires <time>', 'until when it is good: 2027-01-31, or for 90d', timeOrAhead)
    .action(
      async (
        customer: string,
        file: string,
        options: AdminOptions & TakeOption & { readonly expires?: string },
      ) => {
        const { expires, take } = options;
        const body = { key: readKeyFile(file), expires, take };
        const added = (await withAdminClient(options, (client) =>
          client.ask('POST', keysOf(customer), body),
        )) as KeyView;
        say(options, added, `${customer} may log in with ${added.fingerprint} (${added.type})\n`);
      },
    );

  adminCommand(key, 'list [customer]', 'List the keys of a customer, or of all.', [
    'postern key list alice',
    'postern key list --group staff --added-before 2026-11-01 --used-since 30d',
  ])
    .option('--group <group>', 'only those of this group of the policy')
    .option('--added-before <time>', 'only those that were there before: 2026-01-31, or 90d ago', timeOrAgo)
    .option('--used-since <time>', 'only those somebody logged in with since then', timeOrAgo)
    .option('--unused-since <time>', 'only those nobody logged in with since then', timeOrAgo)
    .action(async (customer: string | undefined, options: ListOptions) => {
      const { group, addedBefore, usedSince, unusedSince } = options;
      const path = withQuery('/keys', { customer, group, addedBefore, usedSince, unusedSince });
      const answer = (await withAdminClient(options, (client) => client.ask('GET', path))) as {
        keys: KeyView[];
      };
      say(options, answer.keys, keyTable(answer.keys));
    });

  withTake(
    adminCommand(
      key,
      'expire <customer> <fingerprint> <time>',
      'Say until when a key is good; then sessions that came with it end. `never` takes that back.',
      ['postern key expire alice SHA256:nThbg6kXUpJWGl7E1IGOCspRomTxdCARLviKw6E5SY8 30d'],
    ),
  ).action(
    async (customer: string, fingerprint: string, when: string, options: AdminOptions & TakeOption) => {
      const { take } = options;
      const at = when === 'never' ? null : timeOrAhead(when);
      const path = `${keysOf(customer)}/${encodeURIComponent(fingerprint)}/expiry`;
      const set = (await withAdminClient(options, (client) =>
        client.ask('PUT', path, { at, take }),
      )) as KeyView;
      say(options, set, keyTable([set]));
    },
  );

  withTake(
    adminCommand(
      key,
      'remove <customer> <fingerprint>',
      'Remove a key; sessions that came with it end at once.',
      ['postern key remove alice SHA256:nThbg6kXUpJWGl7E1IGOCspRomTxdCARLviKw6E5SY8'],
    ),
  )
    .option('--last', 'even when it is the last one, without which the customer cannot log in')
    .action(
      async (
        customer: string,
        fingerprint: string,
        options: AdminOptions & TakeOption & { readonly last?: true },
      ) => {
        const path = `${keysOf(customer)}/${encodeURIComponent(fingerprint)}`;
        const { take, last: allowLast = false } = options;
        const answer = await withAdminClient(options, (client) =>
          client.ask('DELETE', path, { allowLast, take }),
        );
        say(options, answer, `${fingerprint} is removed from ${customer}${sessionsEnded(answer)}\n`);
      },
    );

  addKeyRolloverCommands(key);
}

function keysOf(customer: string): string {
  return `/customers/${encodeURIComponent(customer)}/keys`;
}
