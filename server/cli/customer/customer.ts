import { counted } from '../../../policy/listing.js';
import type { Command } from 'commander';
import type { CustomerRemoved, CustomerRenamed, CustomerView } from '../../gate/control/customer-answers.js';
import type { Customer } from '../../store/records.js';
import { adminCommand, adminNoun, ask, say } from '../admin/admin-command.js';
import type { AdminOptions } from '../admin/admin-command.js';
import { withTake } from '../admin/take-option.js';
import type { TakeOption } from '../admin/take-option.js';
import { keyTable } from './key-table.js';
import { roleTable } from './role.js';
import { sessionTable } from './session.js';
import { printable } from '../../../policy/printable.js';
import { declaredBy } from '../command/declared-by.js';
import { sessionsEnded } from './sessions-ended.js';
import { shortTime, table, utc } from '../command/table.js';

/** Adds `postern customer …`. */
export function addCustomerCommand(program: Command): void {
  const customer = adminNoun(program, 'customer', 'The customers: people and firms that may log in.', [
    'postern customer add alice',
    'postern customer suspend alice --reason "unpaid since March"',
  ]);

  adminCommand(customer, 'add <customer>', 'Add a customer; keys and roles come after.', [
    'postern customer add alice',
  ]).action(async (name: string, options: AdminOptions) => {
    const added = await ask(options, 'POST', '/customers', { customer: name });
    say(
      options,
      added,
      `customer ${name} is added; next: postern key add ${name} FILE, postern role add ${name} DOMAIN owner\n`,
    );
  });

  adminCommand(customer, 'list', 'List the customers.', ['postern customer list --json']).action(
    async (options: AdminOptions) => {
      const answer = await ask<{ customers: Customer[] }>(options, 'GET', '/customers');
      const rows = answer.customers.map(({ name, since, suspendedAt, declared }) => [
        name,
        shortTime(since),
        declaredBy(declared),
        standing(suspendedAt),
      ]);
      say(
        options,
        answer.customers,
        table(['CUSTOMER', 'SINCE (UTC)', 'DECLARED BY', ''], rows, 'there are no customers'),
      );
    },
  );

  adminCommand(customer, 'show <customer>', 'Show a customer with keys, roles and live sessions.', [
    'postern customer show alice',
  ]).action(async (name: string, options: AdminOptions) => {
    const view = await ask<CustomerView>(options, 'GET', at(name));
    const { since, suspendedAt, declared } = view.customer;
    const suspended = suspendedAt === null ? '' : `, ${standing(suspendedAt)}`;
    const head = `${name}, since ${utc(since)}${suspended}${declaredText(declared)}`;
    const parts = [keyTable(view.keys), roleTable(view.roles), sessionTable(view.sessions)];
    say(options, view, `${printable(head, 4096)}\n\n${parts.join('\n')}`);
  });

  withTake(
    adminCommand(
      customer,
      'remove <customer>',
      'Remove a customer with keys and roles; live sessions end at once.',
      ['postern customer remove alice'],
    ),
  ).action(async (name: string, options: AdminOptions & TakeOption) => {
    const { take } = options;
    const answer = await ask<CustomerRemoved>(options, 'DELETE', at(name), { take });
    say(options, answer, removedText(name, answer));
    noteMentions(name, answer.mentions);
  });

  withTake(
    adminCommand(
      customer,
      'rename <customer> <name>',
      'Give a customer another login name; keys and roles stay, live sessions end at once.',
      ['postern customer rename alice alice.example'],
    ),
  ).action(async (name: string, to: string, options: AdminOptions & TakeOption) => {
    const { take } = options;
    const answer = await ask<CustomerRenamed>(options, 'POST', `${at(name)}/rename`, { to, take });
    say(options, answer, `customer ${name} is ${to} now${sessionsEnded(answer)}\n`);
    noteMentions(name, answer.mentions);
  });

  adminCommand(
    customer,
    'suspend <customer>',
    'Keep a customer from logging in; live sessions end at once.',
    ['postern customer suspend alice --reason "unpaid since March"'],
  )
    .option('--reason <text>', 'for the audit log; the customer does not read it')
    .action(async (name: string, options: AdminOptions & { readonly reason?: string }) => {
      const { reason } = options;
      const answer = await ask(options, 'POST', `${at(name)}/suspend`, { reason });
      say(options, answer, `customer ${name} is suspended${sessionsEnded(answer)}\n`);
    });

  withTake(
    adminCommand(customer, 'resume <customer>', 'Let a suspended customer log in again.', [
      'postern customer resume alice',
    ]),
  ).action(async (name: string, options: AdminOptions & TakeOption) => {
    const { take } = options;
    const answer = await ask(options, 'POST', `${at(name)}/resume`, { take });
    say(options, answer, `customer ${name} may log in\n`);
  });
}

function removedText(name: string, answer: CustomerRemoved): string {
  const { keys, roles, ownerless, recordings } = answer;
  const domains = roles.map(({ domain }) => domain).join(', ');
  const nobody = ownerless.length === 0 ? '' : `; nobody has a role on ${ownerless.join(', ')} now`;
  const kept = recordings === 0 ? '' : ` and ${counted(recordings, 'recording')} (postern recording list)`;
  // An older gate, not upgraded yet, does not send this.
  const { unowned = [] } = answer as Partial<CustomerRemoved>;
  const led = unowned.filter((domain) => !ownerless.includes(domain));
  const unled =
    led.length === 0 ? '' : `; ${led.join(', ')} ${led.length === 1 ? 'has' : 'have'} no owner now`;
  return [
    `customer ${name} is removed${sessionsEnded(answer)}`,
    `gone: ${counted(keys, 'key')}, ${domains === '' ? 'no roles' : `the roles on ${domains}`}${nobody}${unled}`,
    `kept: what is in the audit log (postern audit --customer ${name})${kept}`,
    '',
  ].join('\n');
}

/** Warns that the policy still names the customer: nothing changes its files automatically. */
function noteMentions(name: string, mentions: readonly string[] | null): void {
  const sentence =
    mentions === null
      ? `the policy files cannot be read now; they may speak of ${name}`
      : `the policy speaks of ${name} in ${mentions.join(', ')}`;
  if (mentions?.length !== 0) process.stderr.write(`note: ${sentence}\n`);
}

function at(name: string): string {
  return `/customers/${encodeURIComponent(name)}`;
}

function standing(suspendedAt: string | null): string {
  return suspendedAt === null ? '' : `suspended since ${utc(suspendedAt)}`;
}

function declaredText(declared: string | null | undefined): string {
  const file = declaredBy(declared);
  return file === '-' ? '' : `, declared by ${file}`;
}
