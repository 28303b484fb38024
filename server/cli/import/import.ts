import type { Command } from 'commander';
import { loadGateSettings } from '../../../config/gate-settings.js';
import { isRole } from '../../../policy/roles.js';
import type { Role } from '../../../policy/roles.js';
import type { ImportResult } from '../../store/imports.js';
import { adminCommand, withAdminClient, say } from '../admin/admin-command.js';
import type { AdminOptions } from '../admin/admin-command.js';
import { CliError, EXIT } from '../command/exit-status.js';
import { MENUS } from './console-command.js';
import { findCustomerFiles } from './customer-file.js';
import { DomainFiles } from './domain-files.js';
import { Evidence } from './evidence.js';
import { Findings } from './findings.js';
import { ImportPlan } from './import-plan.js';
import type { PlannedCustomer } from './import-plan.js';
import { importReportJson, importReportText } from './import-report.js';
import { RootDirectory } from '../command/root-directory.js';
import { valid } from '../command/settings-option.js';

interface ImportOptions extends AdminOptions {
  readonly authorizedKeys?: readonly string[];
  readonly sudoers?: string;
  readonly xen: string;
  readonly root: string;
  readonly role: string;
  readonly menu?: readonly string[];
  readonly shell?: readonly string[];
  readonly rename?: readonly string[];
  readonly same?: readonly string[];
  readonly suffix?: string;
  readonly trustAuthorizedKeys?: true;
  readonly dropFrom?: true;
  readonly merge?: true;
  readonly leaveOut?: true;
  readonly apply?: true;
}

const KEYS = '/home/*/.ssh/authorized_keys';

/** Adds `postern import`. */
export function addImportCommand(program: Command): void {
  adminCommand(
    program,
    'import',
    'Take over customers from the accounts, sudoers, forced commands and xen-shell lines of a Xen host. It only shows what it would do until --apply.',
    [
      "postern import --authorized-keys '/home/*/.ssh/authorized_keys' --sudoers /etc/sudoers --xen /etc/xen",
      'postern import --sudoers /etc/sudoers --leave-out --apply',
    ],
  )
    .option(
      '--authorized-keys <pattern>',
      `their keys; * is the account; again for more (default: ${KEYS})`,
      more,
    )
    .option('--sudoers <file>', 'which account may work on which domain')
    .option('--xen <directory>', 'the domains, with their xen_shell lines', '/etc/xen')
    .option('--root <directory>', 'where the files are, when they are of another machine or disk', '/')
    .option('--role <role>', 'their role on their domains: owner, operator or watcher', 'owner')
    .option(
      '--menu <name>',
      `a script that takes a domain as its only word, like ${MENUS.join(', ')}; again for more`,
      more,
    )
    .option(
      '--shell <name>',
      'a login shell that shows the console of the domain called like the account, like xen-login-shell; again for more',
      more,
    )
    .option('--rename <account=name>', 'another name for an account; again for more', more)
    .option('--suffix <text>', 'put behind the names of accounts that are called like a domain')
    .option(
      '--same <customer>',
      'a customer who is there already is the one of this name; again for more',
      more,
    )
    .option('--trust-authorized-keys', "believe forced commands that only the customer's own file has")
    .option('--drop-from', 'take keys although their from= is lost')
    .option('--merge', 'make one customer of an account whose keys are for different domains')
    .option('--leave-out', 'skip everything that is for you to decide, and do the rest')
    .option('--apply', 'do it')
    .action(runImport);
}

async function runImport(options: ImportOptions): Promise<void> {
  const { role } = options;
  if (!isRole(role)) throw new CliError('--role is owner, operator or watcher', EXIT.usage);
  const findings = new Findings();
  const customers = readPlan(options, findings);
  const problems = findings.all.filter(({ kind }) => kind === 'problem').length;
  const held = problems > 0 && options.leaveOut !== true;
  const apply = options.apply === true && !held;
  const result = await askTwice(options, customers, role, apply);
  const report = { customers, findings: findings.all, held, result };
  say(options, importReportJson(report), importReportText(report));
  if (options.apply === true && held) {
    throw new CliError(
      `nothing was done: ${problems} for you to decide; --leave-out skips them and does the rest`,
      EXIT.refused,
    );
  }
  if (result !== null && !result.applied && result.refused.length > 0) {
    throw new CliError('nothing was done: see the refusals above', EXIT.refused);
  }
}

/** @throws CliError for options that cannot be used */
function readPlan(options: ImportOptions, findings: Findings): readonly PlannedCustomer[] {
  const root = new RootDirectory(options.root);
  const menus = [...MENUS, ...(options.menu ?? [])];
  const domains = DomainFiles.read(root, options.xen, (place, sentence) => {
    findings.left(place, sentence);
  });
  if (typeof domains === 'string') throw new CliError(domains, EXIT.usage);
  const files = (options.authorizedKeys ?? [KEYS]).flatMap((pattern) => {
    const found = findCustomerFiles(root, pattern);
    if (typeof found === 'string') throw new CliError(found, EXIT.usage);
    return found;
  });
  const evidence = Evidence.read(
    root,
    domains,
    options.sudoers ?? null,
    menus,
    findings,
    options.shell ?? [],
  );
  const { rsaMinimumBits } = valid(loadGateSettings(options.settings)).keys;
  const choices = {
    rsaMinimumBits,
    menus,
    now: new Date(),
    dropFrom: options.dropFrom === true,
    trustAuthorizedKeys: options.trustAuthorizedKeys === true,
    merge: options.merge === true,
    suffix: options.suffix ?? null,
    renames: renames(options.rename ?? []),
  };
  const customers = new ImportPlan(evidence, choices, findings).make(files);
  const taken = new Set(customers.flatMap((one) => [...one.domains.keys()]));
  for (const { name, place } of domains.domains)
    if (!taken.has(name)) findings.left(place, `nobody becomes ${options.role} of ${name}`);
  return customers;
}

/** As `ask`. With `--leave-out` it asks again without the customers that the gate refused. */
async function askTwice(
  options: ImportOptions,
  customers: readonly PlannedCustomer[],
  role: Role,
  apply: boolean,
): Promise<ImportResult | null> {
  const result = await ask(options, customers, role, apply);
  if (result === null || result.refused.length === 0 || options.leaveOut !== true) return result;
  const refused = new Set<string>(result.refused.map(({ customer }) => customer));
  const rest = await ask(
    options,
    customers.filter(({ name }) => !refused.has(name)),
    role,
    apply,
  );
  return rest === null ? null : { ...rest, refused: [...result.refused, ...rest.refused] };
}

/** Without `--apply` no gate is needed: the report then shows only what the files say. */
async function ask(
  options: ImportOptions,
  customers: readonly PlannedCustomer[],
  role: Role,
  apply: boolean,
): Promise<ImportResult | null> {
  const wanted = customers.map(({ name, keys, domains }) => ({
    customer: name,
    keys: keys.map(({ text, expiresAt }) => ({ key: text, expires: expiresAt })),
    roles: [...domains.keys()].map((domain) => ({ domain, role })),
    same: options.same?.includes(name) ?? false,
  }));
  try {
    return (await withAdminClient(options, (client) =>
      client.ask('POST', '/import', { customers: wanted, apply }),
    )) as ImportResult;
  } catch (error) {
    if (apply || !(error instanceof CliError)) throw error;
    process.stderr.write(`note: this was not compared with the database: ${error.message}\n`);
    return null;
  }
}

function renames(pairs: readonly string[]): ReadonlyMap<string, string> {
  return new Map(
    pairs.map((pair) => {
      const [account = '', name = '', ...rest] = pair.split('=');
      if (account === '' || name === '' || rest.length > 0)
        throw new CliError(`--rename is ACCOUNT=NAME, not ${JSON.stringify(pair)}`, EXIT.usage);
      return [account, name];
    }),
  );
}

function more(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}
