import type { Command } from 'commander';
import { isRefusal } from '../../../policy/refusal.js';
import type { KeysExpiring, KeyView } from '../../gate/control/key-answers.js';
import { adminCommand, withAdminClient, say } from '../admin/admin-command.js';
import type { AdminOptions } from '../admin/admin-command.js';
import { withTake } from '../admin/take-option.js';
import type { TakeOption } from '../admin/take-option.js';
import { EXIT } from '../command/exit-status.js';
import { readKeyDirectory } from './key-file.js';
import { keyTable } from './key-table.js';
import { table } from '../command/table.js';
import { timeOrAgo, timeOrAhead } from '../command/time-or-ago.js';

interface ExpireOptions extends AdminOptions {
  readonly at: string;
  readonly addedBefore: string;
  readonly group?: string;
  readonly customer?: string;
  readonly last?: true;
}

/** Adds the `postern key …` commands that act on many customers at once. */
export function addKeyRolloverCommands(key: Command): void {
  withTake(
    adminCommand(
      key,
      'add-all <directory>',
      'Add the keys in files CUSTOMER.pub of a directory, beside the keys that are there.',
      ['postern key add-all /root/new-keys'],
    ),
  )
    .option('--expires <time>', 'until when they are good: 2027-01-31, or for 90d', timeOrAhead)
    .action(async (directory: string, options: AdminOptions & TakeOption & { readonly expires?: string }) => {
      const { expires, take } = options;
      const keys = readKeyDirectory(directory);
      const outcomes = await withAdminClient(options, async (client) => {
        const all: { customer: string; outcome: string; added: boolean; failed: boolean }[] = [];
        for (const { customer, text } of keys) {
          const path = `/customers/${encodeURIComponent(customer)}/keys`;
          const answer = await client.tryTo('POST', path, { key: text, expires, take });
          const there = isRefusal(answer) && answer.code === 'key-exists';
          const outcome = isRefusal(answer) ? answer.message : `added ${(answer as KeyView).fingerprint}`;
          all.push({ customer, outcome, added: !isRefusal(answer), failed: isRefusal(answer) && !there });
        }
        return all;
      });
      const rows = outcomes.map(({ customer, outcome }) => [customer, outcome]);
      say(options, outcomes, table(['CUSTOMER', 'KEY'], rows, ''));
      if (outcomes.some(({ failed }) => failed)) process.exitCode = EXIT.failed;
    });

  adminCommand(
    key,
    'expire-old',
    'Let keys that were added before a time expire. A customer without another key keeps theirs.',
    ['postern key expire-old --added-before 2026-11-01 --at 2026-12-01 --group staff'],
  )
    .requiredOption('--added-before <time>', 'which are old: 2026-01-31, or older than 90d', timeOrAgo)
    .requiredOption('--at <time>', 'when they expire: 2026-12-01, or in 30d', timeOrAhead)
    .option('--group <group>', 'only those of this group of the policy')
    .option('--customer <customer>', 'only those of this customer')
    .option('--last', 'also the last key of a customer, who then cannot log in')
    .action(async (options: ExpireOptions) => {
      const { addedBefore, at, group, customer, last: allowLast } = options;
      const body = { addedBefore, at, group, customer, allowLast };
      const answer = (await withAdminClient(options, (client) =>
        client.ask('POST', '/keys/expire', body),
      )) as KeysExpiring;
      say(options, answer, keyTable(answer.keys, 'no key is as old as that'));
      if (answer.left.length > 0)
        process.stderr.write(`note: left as they are, with no other key: ${answer.left.join(', ')}\n`);
    });

  adminCommand(key, 'prune', 'Remove the keys that have expired.', ['postern key prune']).action(
    async (options: AdminOptions) => {
      const answer = (await withAdminClient(options, (client) => client.ask('POST', '/keys/prune'))) as {
        keys: KeyView[];
      };
      say(options, answer.keys, keyTable(answer.keys, 'no key has expired'));
    },
  );
}
