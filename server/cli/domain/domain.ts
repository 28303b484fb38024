import type { Command } from 'commander';
import { guestTypeWord } from '../../../policy/guest-type.js';
import type {
  DomainDetail,
  DomainEntry,
  DomainsDecided,
  ParametersSet,
} from '../../gate/control/domain-answers.js';
import type { DomainRecord, ParameterRow, RoleRow } from '../../store/records.js';
import { adminCommand, adminNoun, ask, say, withAdminClient } from '../admin/admin-command.js';
import type { AdminOptions } from '../admin/admin-command.js';
import { withTake } from '../admin/take-option.js';
import type { TakeOption } from '../admin/take-option.js';
import { CliError, EXIT } from '../command/exit-status.js';
import { missingText } from './missing-reason.js';
import { table, utc } from '../command/table.js';

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
      'postern domain retire --waiting',
    ],
  );

  adminCommand(domain, 'list', 'List the domains, where they are, and who has a role on them.', [
    'postern domain list',
  ]).action(async (options: AdminOptions) => {
    const answer = await ask<{ domains: DomainEntry[] }>(options, 'GET', '/domains');
    const rows = answer.domains.map((entry) => [
      entry.name,
      where(entry),
      who(entry.roles),
      typeOf(entry),
      standing(entry),
    ]);
    say(
      options,
      answer.domains,
      table(['DOMAIN', 'HOST', 'ROLES', 'TYPE', ''], rows, 'no host has shown a domain so far'),
    );
  });

  adminCommand(
    domain,
    'show <domain>',
    'Show one domain, who has a role on it, and the parameters of boot profiles that are set for it.',
    ['postern domain show horatio'],
  ).action(async (name: string, options: AdminOptions) => {
    const detail = await ask<DomainDetail>(options, 'GET', path(name));
    say(options, detail, detailText(name, detail));
  });

  withTake(
    adminCommand(
      domain,
      'set <domain> <name=value...>',
      'Set parameters of boot profiles for a domain, such as the suite that an installer installs.',
      [
        'postern domain set horatio install-suite=bookworm',
        'postern domain set horatio install-suite=trixie mirror=deb.example.net',
      ],
    ),
  ).action(async (name: string, assignments: readonly string[], options: AdminOptions & TakeOption) => {
    const body = { parameters: parametersOf(assignments), take: options.take };
    const answer = await ask<ParametersSet>(options, 'PUT', `${path(name)}/parameters`, body);
    say(options, answer, parameterTable(name, answer.parameters));
    for (const note of answer.notes) process.stderr.write(`note: ${note}\n`);
  });

  withTake(
    adminCommand(domain, 'unset <domain> <name...>', 'Take parameters of boot profiles away from a domain.', [
      'postern domain unset horatio install-suite',
    ]),
  ).action(async (name: string, names: readonly string[], options: AdminOptions & TakeOption) => {
    const answer = await ask<{ parameters: ParameterRow[] }>(options, 'DELETE', `${path(name)}/parameters`, {
      names,
      take: options.take,
    });
    say(options, answer, parameterTable(name, answer.parameters));
  });

  adminCommand(
    domain,
    'adopt <domain...>',
    'Say that names which were gone and came back are the same domains: the old roles count again.',
    ['postern domain adopt horatio'],
  ).action(async (names: readonly string[], options: AdminOptions) => {
    const answers = await withAdminClient(options, async (client) => {
      const each: { domain: DomainRecord; roles: RoleRow[] }[] = [];
      for (const name of names)
        each.push((await client.ask('POST', `${path(name)}/adopt`)) as (typeof each)[number]);
      return each;
    });
    const [only, ...more] = answers;
    say(
      options,
      only !== undefined && more.length === 0 ? only : answers,
      answers
        .map(({ domain: { name }, roles }) => `${name} is adopted; roles on it: ${who(roles)}\n`)
        .join(''),
    );
  });

  decision(
    domain,
    'retire',
    'Say that domains are gone for good: the roles on them count no more.',
    'is retired',
  );
  decision(
    domain,
    'keep',
    'Say that domains are not gone, though no host shows them: they are not retired by themselves.',
    'is kept',
  );
}

/** Adds a command that decides about names that no host shows. */
function decision(domain: Command, verb: 'retire' | 'keep', what: string, done: string): void {
  adminCommand(domain, `${verb} [domain...]`, what, [
    `postern domain ${verb} horatio ophelia`,
    `postern domain ${verb} --waiting`,
  ])
    .option('--waiting', 'all that wait for an admin')
    .action(async (names: readonly string[], options: AdminOptions & { readonly waiting?: boolean }) => {
      const body = { domains: names, waiting: options.waiting === true };
      const answer = await ask<DomainsDecided>(options, 'POST', `/domains/${verb}`, body);
      say(
        options,
        answer,
        answer.domains
          .map(({ name }) => {
            const roles = answer.roles.filter((role) => role.domain === name);
            return `${name} ${done}; roles on it: ${who(roles)}\n`;
          })
          .join(''),
      );
    });
}

function path(name: string): string {
  return `/domains/${encodeURIComponent(name)}`;
}

/** @throws CliError for a text that is not NAME=VALUE, or a name given twice */
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
    row.counts
      ? declaredText(row)
      : `does not count: the domain was retired (set it anew, or postern domain adopt ${name})`,
  ]);
  return table(['PARAMETER', 'VALUE', ''], rows, `no parameters are set for ${name}`);
}

/** An older gate, not upgraded yet, says nothing of it. */
function declaredText({ declared }: Partial<Pick<ParameterRow, 'declared'>>): string {
  return typeof declared === 'string' ? `declared by ${declared}` : '';
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
    `${name}: ${seen}\n${domain === null ? '' : `type: ${typeOf(domain)}\n`}roles: ${who(roles)}\n\n`,
    parameterTable(name, parameters),
    asked.length === 0
      ? ''
      : `\n${table(['HOST', 'PROFILE', 'PARAMETER', 'VALUES', 'IF NOT SET'], rows, '')}`,
  ].join('');
}

function where({ on, missing }: DomainEntry): string {
  const places = on.map(({ host, state, profile, reachable, managed }) => {
    const shown = profile === 'normal' || !managed ? state : `${state}, ${profile}`;
    const how = managed || isMoving(state) ? '' : ', without a configuration file there';
    return `${host} (${shown}${how}${reachable ? '' : '; host not reachable'})`;
  });
  const lost = missing
    .filter(({ host }) => !on.some((one) => one.managed && one.host === host))
    .map((one) => `${one.host} (${missingText(one)})`);
  return [...places, ...lost].join(' ') || '-';
}

/** `PVH`; of several hosts that differ, each one's. */
function typeOf({ on }: DomainEntry): string {
  const types = new Set(on.flatMap(({ type }) => (type === null ? [] : guestTypeWord(type))));
  return [...types].join(', ') || '-';
}

/** Whether a guest in this state is a part of a migration. */
function isMoving(state: string): boolean {
  return state === 'arriving' || state === 'leaving';
}

function who(roles: readonly RoleRow[]): string {
  if (roles.length === 0) return 'nobody';
  return roles
    .map(({ customer, role, until, counts }) => {
      // An older gate, not upgraded yet, does not send `until`.
      const end = (until ?? null) === null ? '' : ` until ${utc(until ?? '')}`;
      return `${customer} ${role}${end}${counts ? '' : ' (does not count)'}`;
    })
    .join(', ');
}

function standing({
  name,
  retiredAt,
  retiredWhy,
  presence,
  absentSince,
  waiting,
  kept,
  missing,
  on,
}: DomainEntry): string {
  const moving = on.find(({ state }) => isMoving(state));
  if (moving !== undefined)
    return `moving: changes are refused until it is there; if no migration runs any more, look at ${moving.host}`;
  if (retiredAt !== null) {
    const why = retiredWhy === 'returned' ? 'went and came back' : 'retired';
    const back =
      presence === 'present' ? `; the name is back: give new roles, or postern domain adopt ${name}` : '';
    return `${why} ${utc(retiredAt)}${back}`;
  }
  if (presence === 'present') return missing.map((one) => `${one.host}: ${missingText(one)}`).join('; ');
  const since = absentSince === null ? '' : ` since ${utc(absentSince)}`;
  const ask = `postern domain retire ${name}, or postern domain keep ${name}`;
  if (kept) return `on no host${since}; an admin keeps it`;
  if (waiting) return `gone${since}; waits for you, as too many went at once: ${ask}`;
  if (presence === 'suspected') return `gone${since}; will be retired`;
  return `on no host${since}; nobody says that it is gone: if it is, postern domain retire ${name}`;
}
