import type { Command } from 'commander';
import type { RoleRow } from '../../store/records.js';
import { adminCommand, adminNoun, ask, say } from '../admin/admin-command.js';
import type { AdminOptions } from '../admin/admin-command.js';
import { withQuery } from '../command/query.js';
import { shortTime, table } from '../command/table.js';

/** Adds `postern role …`. */
export function addRoleCommand(program: Command): void {
  const role = adminNoun(program, 'role', 'The roles of customers on domains: owner, operator or watcher.', [
    'postern role add alice horatio owner',
    'postern role list --domain horatio',
  ]);

  adminCommand(
    role,
    'add <customer> <domain> <role>',
    'Give a role: owner, operator or watcher; or change it.',
    ['postern role add alice horatio owner'],
  ).action(async (customer: string, domain: string, given: string, options: AdminOptions) => {
    const body = { customer, domain, role: given };
    const answer = await ask<{
      role: RoleRow;
      seen: boolean;
      unowned?: boolean;
    }>(options, 'PUT', '/roles', body);
    say(options, answer, `${customer} is ${answer.role.role} of ${domain}\n`);
    if (!answer.seen)
      process.stderr.write(`note: no host has shown a domain ${domain} so far; is the name right?\n`);
    if (answer.unowned === true) noteUnowned(domain);
  });

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

  adminCommand(role, 'remove <customer> <domain>', "Take a role away; the customer's console ends at once.", [
    'postern role remove alice horatio',
  ]).action(async (customer: string, domain: string, options: AdminOptions) => {
    const answer: { readonly unowned?: boolean } = await ask(options, 'DELETE', '/roles', {
      customer,
      domain,
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
  const rows = roles.map(({ customer, domain, role, since, counts }) => [
    customer,
    domain,
    role,
    shortTime(since),
    counts ? '' : `does not count: the domain was retired (postern domain adopt ${domain})`,
  ]);
  return table(['CUSTOMER', 'DOMAIN', 'ROLE', 'SINCE (UTC)', ''], rows, 'there are no roles');
}
