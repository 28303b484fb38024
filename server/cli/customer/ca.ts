import type { Command } from 'commander';
import type { AuthorityRemoved, AuthorityView } from '../../gate/control/authority-answers.js';
import { adminCommand, adminNoun, say, withAdminClient } from '../admin/admin-command.js';
import type { AdminOptions } from '../admin/admin-command.js';
import { withTake } from '../admin/take-option.js';
import type { TakeOption } from '../admin/take-option.js';
import { shortTime, table } from '../command/table.js';
import { declaredBy } from '../command/declared-by.js';
import { readKeyFile } from './key-file.js';
import { sessionsEnded } from './sessions-ended.js';

interface AddOptions extends AdminOptions {
  readonly customer: readonly string[];
  readonly group: readonly string[];
  readonly everybody?: true;
}

/** Adds `postern ca …`. */
export function addCaCommand(program: Command): void {
  const ca = adminNoun(program, 'ca', 'The CAs whose OpenSSH certificates let customers in.', [
    'postern ca add site /etc/ssh/customers_ca.pub --everybody',
    'postern ca list',
  ]);

  adminCommand(
    ca,
    'add <name> <file>',
    'Trust a CA: its public key, one line as in a .pub file; `-` reads it from stdin. Say for whom it may speak.',
    [
      'postern ca add alice-ca alice_ca.pub --customer alice',
      'postern ca add staff-ca - --group staff < staff_ca.pub',
    ],
  )
    .option('--customer <customer>', 'for this customer; may be given more than once', collected, [])
    .option('--group <group>', 'for this group of the policy; may be given more than once', collected, [])
    .option('--everybody', 'for every customer, also those who come later')
    .action(async (name: string, file: string, options: AddOptions) => {
      const { customer: customers, group: groups, everybody = false } = options;
      const body = { name, key: readKeyFile(file), customers, groups, everybody };
      const added = (await withAdminClient(options, (client) =>
        client.ask('POST', '/authorities', body),
      )) as AuthorityView;
      say(options, added, `certificates of ${name} (${added.fingerprint}) let in ${scopeText(added)}\n`);
    });

  adminCommand(ca, 'list', 'List the CAs, and for whom each may speak.', ['postern ca list']).action(
    async (options: AdminOptions) => {
      const { authorities } = (await withAdminClient(options, (client) =>
        client.ask('GET', '/authorities'),
      )) as { authorities: AuthorityView[] };
      say(options, authorities, caTable(authorities));
    },
  );

  withTake(
    adminCommand(
      ca,
      'remove <name>',
      'Trust a CA no more; sessions that came by its certificates end at once.',
      ['postern ca remove alice-ca'],
    ),
  ).action(async (name: string, options: AdminOptions & TakeOption) => {
    const { take } = options;
    const answer = (await withAdminClient(options, (client) =>
      client.ask('DELETE', `/authorities/${encodeURIComponent(name)}`, { take }),
    )) as AuthorityRemoved;
    say(options, answer, `certificates of ${name} let nobody in any more${sessionsEnded(answer)}\n`);
  });
}

function collected(value: string, before: readonly string[]): readonly string[] {
  return [...before, value];
}

function caTable(authorities: readonly AuthorityView[]): string {
  const rows = authorities.map((one) => [
    one.name,
    one.fingerprint,
    one.type,
    shortTime(one.addedAt),
    declaredBy((one as Partial<AuthorityView>).declared),
    scopeText(one),
  ]);
  return table(['CA', 'KEY', 'TYPE', 'ADDED (UTC)', 'DECLARED BY', 'FOR'], rows, 'there are no CAs');
}

function scopeText({ everybody, customers, groups }: AuthorityView): string {
  if (everybody) return 'everybody';
  const all = [...customers, ...groups.map((group) => `group ${group}`)];
  return all.length === 0 ? 'nobody any more' : all.join(', ');
}
