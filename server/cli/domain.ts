import type { Command } from 'commander';
import type { DomainEntry } from '../gate/control/control-answers.js';
import type { RoleRow } from '../store/records.js';
import { adminCommand, adminNoun, atDesk, say } from './admin-command.js';
import type { AdminOptions } from './admin-command.js';
import { shortTime, table } from './table.js';

/** Adds `postern domain …`. */
export function addDomainCommand(program: Command): void {
  const domain = adminNoun(
    program,
    'domain',
    "The domains that the hosts show; they come from the hosts' own config files.",
    ['postern domain list', 'postern domain adopt horatio'],
  );

  adminCommand(domain, 'list', 'List the domains, where they are, and who has a role on them.', [
    'postern domain list',
  ]).action(async (options: AdminOptions) => {
    const answer = (await atDesk(options, (desk) => desk.ask('GET', '/domains'))) as {
      domains: DomainEntry[];
    };
    const rows = answer.domains.map((entry) => [entry.name, where(entry), who(entry.roles), standing(entry)]);
    say(
      options,
      answer.domains,
      table(['DOMAIN', 'HOST', 'ROLES', ''], rows, 'no host has shown a domain so far'),
    );
  });

  adminCommand(
    domain,
    'adopt <domain>',
    'Say that a name which was gone and came back is the same domain: the old roles count again.',
    ['postern domain adopt horatio'],
  ).action(async (name: string, options: AdminOptions) => {
    const answer = (await atDesk(options, (desk) =>
      desk.ask('POST', `/domains/${encodeURIComponent(name)}/adopt`),
    )) as {
      roles: RoleRow[];
    };
    say(options, answer, `${name} is adopted; roles on it: ${who(answer.roles)}\n`);
  });
}

function where({ on }: DomainEntry): string {
  if (on.length === 0) return '-';
  return on
    .map(({ host, state, profile, reachable }) => {
      const shown = profile === 'normal' ? state : `${state}, ${profile}`;
      return `${host} (${shown}${reachable ? '' : '; host not reachable'})`;
    })
    .join(' ');
}

function who(roles: readonly RoleRow[]): string {
  if (roles.length === 0) return 'nobody';
  return roles
    .map(({ customer, role, counts }) => `${customer} ${role}${counts ? '' : ' (does not count)'}`)
    .join(', ');
}

function standing({ retiredAt }: DomainEntry): string {
  return retiredAt === null ? '' : `retired ${shortTime(retiredAt)}`;
}
