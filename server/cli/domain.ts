import type { Command } from 'commander';
import type { DomainDetail, DomainEntry, ParametersSet } from '../gate/control/control-answers.js';
import type { ParameterRow, RoleRow } from '../store/records.js';
import { adminCommand, adminNoun, atDesk, say } from './admin-command.js';
import type { AdminOptions } from './admin-command.js';
import { CliError, EXIT } from './exit-status.js';
import { shortTime, table } from './table.js';

/** Adds `postern domain …`. */
export function addDomainCommand(program: Command): void {
  const domain = adminNoun(
    program,
    'domain',
    "The domains that the hosts show; they come from the hosts' own config files.",
    [
      'postern domain list',
      'postern domain set horatio install-suite=bookworm',
      'postern domain adopt horatio',
    ],
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
    'show <domain>',
    'Show one domain, who has a role on it, and the parameters of boot profiles that are set for it.',
    ['postern domain show horatio'],
  ).action(async (name: string, options: AdminOptions) => {
    const detail = (await atDesk(options, (desk) => desk.ask('GET', path(name)))) as DomainDetail;
    say(options, detail, detailText(name, detail));
  });

  adminCommand(
    domain,
    'set <domain> <name=value...>',
    'Set parameters of boot profiles for a domain, as the suite that an installer installs on it.',
    [
      'postern domain set horatio install-suite=bookworm',
      'postern domain set horatio install-suite=trixie mirror=deb.example.net',
    ],
  ).action(async (name: string, assignments: readonly string[], options: AdminOptions) => {
    const body = { parameters: parametersOf(assignments) };
    const answer = (await atDesk(options, (desk) =>
      desk.ask('PUT', `${path(name)}/parameters`, body),
    )) as ParametersSet;
    say(options, answer, parameterTable(name, answer.parameters));
    for (const note of answer.notes) process.stderr.write(`note: ${note}\n`);
  });

  adminCommand(domain, 'unset <domain> <name...>', 'Take parameters of boot profiles away from a domain.', [
    'postern domain unset horatio install-suite',
  ]).action(async (name: string, names: readonly string[], options: AdminOptions) => {
    const answer = (await atDesk(options, (desk) =>
      desk.ask('DELETE', `${path(name)}/parameters`, { names }),
    )) as { parameters: ParameterRow[] };
    say(options, answer, parameterTable(name, answer.parameters));
  });

  adminCommand(
    domain,
    'adopt <domain>',
    'Say that a name which was gone and came back is the same domain: the old roles count again.',
    ['postern domain adopt horatio'],
  ).action(async (name: string, options: AdminOptions) => {
    const answer = (await atDesk(options, (desk) => desk.ask('POST', `${path(name)}/adopt`))) as {
      roles: RoleRow[];
    };
    say(options, answer, `${name} is adopted; roles on it: ${who(answer.roles)}\n`);
  });
}

function path(name: string): string {
  return `/domains/${encodeURIComponent(name)}`;
}

/** @throws CliError for what is not NAME=VALUE, and for a name that is there twice */
function parametersOf(assignments: readonly string[]): Readonly<Record<string, string>> {
  const entries = assignments.map((text): [string, string] => {
    const at = text.indexOf('=');
    if (at < 1)
      throw new CliError(`${JSON.stringify(text)} is not NAME=VALUE, as install-suite=bookworm`, EXIT.usage);
    return [text.slice(0, at), text.slice(at + 1)];
  });
  const values = Object.fromEntries(entries);
  if (Object.keys(values).length < entries.length) throw new CliError('a name is there twice', EXIT.usage);
  return values;
}

function parameterTable(name: string, parameters: readonly ParameterRow[]): string {
  const rows = parameters.map((row) => [
    row.name,
    row.value,
    row.counts ? '' : `does not count: the domain was retired (set it anew, or postern domain adopt ${name})`,
  ]);
  return table(['PARAMETER', 'VALUE', ''], rows, `no parameters are set for ${name}`);
}

function detailText(name: string, { domain, roles, parameters, asked }: DomainDetail): string {
  const seen =
    domain === null ? 'no host has shown it so far' : `${where(domain)} ${standing(domain)}`.trim();
  const rows = asked.map((offer) => [
    offer.host,
    offer.profile,
    offer.name,
    offer.values?.join(', ') ?? 'as its host allows',
    offer.default ?? 'must be set',
  ]);
  return [
    `${name}: ${seen}\nroles: ${who(roles)}\n\n`,
    parameterTable(name, parameters),
    asked.length === 0
      ? ''
      : `\n${table(['HOST', 'PROFILE', 'PARAMETER', 'VALUES', 'IF NOT SET'], rows, '')}`,
  ].join('');
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

function standing({ name, retiredAt, on }: DomainEntry): string {
  if (retiredAt === null) return '';
  const back = on.length === 0 ? '' : `; the name is back: give new roles, or postern domain adopt ${name}`;
  return `retired ${shortTime(retiredAt)}${back}`;
}
