import type { Command } from 'commander';
import type { RoleRow } from '../../store/records.js';
import { adminCommand, adminNoun, ask, say } from '../admin/admin-command.js';
import type { AdminOptions } from '../admin/admin-command.js';
import { withTake } from '../admin/take-option.js';
import type { TakeOption } from '../admin/take-option.js';
import { withQuery } from '../command/query.js';
import { declaredBy } from '../command/declared-by.js';
import { CliError, EXIT } from '../command/exit-status.js';
import { shortTime, table, utc } from '../command/table.js';
import { timeOrNever } from '../command/time-or-ago.js';

/** `PUT /roles`. An older gate does not send all of it. */
interface RoleAdded {
  readonly role: Omit<RoleRow, 'until'> & Partial<Pick<RoleRow, 'until'>>;
  readonly seen: boolean;
  readonly unowned?: boolean;
}

/** Adds `postern role …`. */
export function addRoleCommand(program: Command): void {
  const role = adminNoun(program, 'role', 'The roles of customers on domains: owner, operator or watcher.', [
    'postern role add alice horatio owner',
    'postern role list --domain horatio',
  ]);

  withTake(
    adminCommand(
      role,
      'add <customer> <domain> <role>',
      'Give a role: owner, operator or watcher; or change it.',
      ['postern role add alice horatio owner', 'postern role add bob horatio operator --until 14d'],
    ),
  )
    .option(
      '--until <time>',
      'when it ends by itself: 2027-01-31, or in 14d; `never` takes that back (default: as before)',
      timeOrNever,
    )
    .action(
      async (
        customer: string,
        domain: string,
        given: string,
        options: AdminOptions & TakeOption & { readonly until?: string },
      ) => {
        const body = { customer, domain, role: given, until: options.until, take: options.take };
        const answer = await ask<RoleAdded>(options, 'PUT', '/roles', body);
        const { role: added, seen, unowned } = answer;
        // An older gate, not upgraded yet, knows of no end.
        const until = added.until ?? null;
        if (options.until !== undefined && options.until !== 'never' && until === null)
          throw new CliError('this gate is of an older version: the role has no end', EXIT.failed);
        const end = until === null ? '' : ` until ${utc(until)}`;
        say(options, answer, `${customer} is ${added.role} of ${domain}${end}\n`);
        if (!seen)
          process.stderr.write(`note: no host has shown a domain ${domain} so far; is the name right?\n`);
        if (unowned === true) noteUnowned(domain);
      },
    );

  adminCommand(role, 'list', 'List the roles.', ['postern role list', 'postern role list --customer alice'])
    .option('--customer <customer>', 'only those of this customer')
    .option('--domain <domain>', 'only those on this domain')
    .action(async (options: AdminOptions & { readonly customer?: string; readonly domain?: string }) => {
      const { customer, domain } = options;
      const answer = await ask<{ roles: RoleRow[] }>(
        options,
        'GET',
        withQuery('/roles', { customer, domain }),
      );
      say(options, answer.roles, roleTable(answer.roles));
    });

  withTake(
    adminCommand(
      role,
      'remove <customer> <domain>',
      "Take a role away; the customer's console ends at once.",
      ['postern role remove alice horatio'],
    ),
  ).action(async (customer: string, domain: string, options: AdminOptions & TakeOption) => {
    const answer: { readonly unowned?: boolean } = await ask(options, 'DELETE', '/roles', {
      customer,
      domain,
      take: options.take,
    });
    say(options, answer, `${customer} has no role on ${domain} any more\n`);
    if (answer.unowned === true) noteUnowned(domain);
  });
}

function noteUnowned(domain: string): void {
  process.stderr.write(
    `note: ${domain} has no owner any more (postern role add CUSTOMER ${domain} owner gives it one)\n`,
  );
}

export function roleTable(roles: readonly RoleRow[]): string {
  const rows = roles.map((row) => [
    row.customer,
    row.domain,
    row.role,
    shortTime(row.since),
    // An older gate, not upgraded yet, does not send it.
    shortTime((row as Partial<RoleRow>).until ?? null),
    declaredBy((row as Partial<RoleRow>).declared),
    remark(row),
  ]);
  return table(
    ['CUSTOMER', 'DOMAIN', 'ROLE', 'SINCE (UTC)', 'UNTIL', 'DECLARED BY', ''],
    rows,
    'there are no roles',
  );
}

function remark({ domain, until, counts }: RoleRow): string {
  if (counts) return '';
  return until !== null && until <= new Date().toISOString()
    ? 'does not count: its time is over'
    : `does not count: the domain was retired (postern domain adopt ${domain})`;
}
