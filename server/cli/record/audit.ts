import type { Command } from 'commander';
import type { AuditReport } from '../../gate/control/record-answers.js';
import type { AuditRow } from '../../store/audit-event.js';
import {
  adminCommand,
  ask,
  endWithReader,
  exampleText,
  say,
  withAdminClient,
} from '../admin/admin-command.js';
import type { AdminOptions } from '../admin/admin-command.js';
import { CliError, EXIT } from '../command/exit-status.js';
import { withQuery } from '../command/query.js';
import { GATE_SETTINGS } from '../command/settings-option.js';
import { timeOrAgo } from '../command/time-or-ago.js';
import { printable } from '../../../policy/printable.js';

interface AuditOptions extends AdminOptions {
  readonly follow?: true;
  readonly since?: string;
  readonly customer?: string;
  readonly domain?: string;
  readonly limit?: string;
}

const PAGE = 1000;

/** Adds `postern audit` and `postern audit verify`. */
export function addAuditCommand(program: Command): void {
  const audit = endWithReader(program.command('audit'))
    .description('Read the audit log: logins, requests, and refusals with their reasons. Oldest first.')
    .option('--settings <file>', "the gate's settings", GATE_SETTINGS)
    .option('--json', 'print each row as one line of JSON')
    .option('-f, --follow', 'then print new rows as they come')
    .option(
      '--since <time>',
      'from a time on: 2026-01-31, 2026-01-31T12:00:00Z, or 90m, 2h, 7d ago',
      timeOrAgo,
    )
    .option('--customer <customer>', 'only rows about what this customer did, or what was done to them')
    .option('--domain <domain>', 'only rows about this domain')
    .option('-n, --limit <number>', 'at most so many rows, the last ones')
    .addHelpText(
      'after',
      exampleText([
        'postern audit --since 2h --customer alice',
        'postern audit --follow --json | jq -c .event',
        'postern audit verify',
      ]),
    )
    .action(async (options: AuditOptions) => {
      await (options.follow === true ? follow(options) : list(options));
    });

  adminCommand(
    audit,
    'verify',
    "Find changed, missing or reordered rows, and what the hosts' own journals contradict. Exit status 1 when there are any.",
    ['postern audit verify', 'postern audit verify --mark 1204:9f2c…'],
  )
    .option(
      '--mark <seq:hash>',
      "a row that the gate's log noted (`audit.mark`); may be given more than once",
      (mark: string, marks: string[]) => [...marks, mark],
      [],
    )
    .action(async (_: AdminOptions, command: Command) => {
      // commander gives options that `audit` has too to `audit`, not to this command.
      const options = command.optsWithGlobals<AdminOptions & { readonly mark: readonly string[] }>();
      const marks = options.mark;
      const report = await ask<AuditReport>(options, 'POST', '/audit/verify', { marks });
      say(options, report, reportText(report));
      if (!report.ok) process.exitCode = EXIT.failed;
    });
}

async function list(options: AuditOptions): Promise<void> {
  const { customer, domain, limit } = options;
  await withAdminClient(options, async (client) => {
    const page = async (more: Record<string, string | undefined>): Promise<AuditRow[]> => {
      const path = withQuery('/audit', { customer, domain, since: options.since, ...more });
      return ((await client.ask('GET', path)) as { rows: AuditRow[] }).rows;
    };
    if (limit !== undefined || options.since === undefined) {
      for (const row of await page({ limit: limit ?? '100' })) print(row, options);
      return;
    }
    let after = 0;
    for (
      let rows = await page({ after: '0' });
      rows.length > 0;
      rows = await page({ after: String(after) })
    ) {
      for (const row of rows) print(row, options);
      after = rows.at(-1)?.seq ?? after;
      if (rows.length < PAGE) break;
    }
  });
}

async function follow(options: AuditOptions): Promise<void> {
  const { customer, domain, limit } = options;
  const leave = new AbortController();
  process.once('SIGINT', () => {
    leave.abort();
  });
  await withAdminClient(options, async (client) => {
    const path = withQuery('/audit/follow', { customer, domain, since: options.since, limit });
    for await (const row of await client.follow(path, leave.signal)) print(row as AuditRow, options);
  });
  if (!leave.signal.aborted) throw new CliError('the gate has stopped', EXIT.hostUnreachable);
}

function print(row: AuditRow, { json }: AdminOptions): void {
  process.stdout.write(`${json === true ? JSON.stringify(row) : rowText(row)}\n`);
}

/** A row for people: number, time, kind, then its fields as `name=value`. */
function rowText({ seq, at, event }: AuditRow): string {
  const { kind, ...rest } = event;
  const words = Object.entries(rest).flatMap(([name, value]: [string, unknown]) => pairs(name, value));
  return [String(seq).padStart(6), at, kind, ...words].join(' ');
}

function pairs(name: string, value: unknown): string[] {
  if (value === null || value === undefined) return [];
  if (Array.isArray(value)) return value.length === 0 ? [] : [`${name}=${quoted(value.join('; '))}`];
  if (typeof value === 'object')
    return Object.entries(value).flatMap(([inner, part]: [string, unknown]) => pairs(inner, part));
  return [`${name}=${quoted(typeof value === 'string' ? value : JSON.stringify(value))}`];
}

function quoted(text: string): string {
  const shown = printable(text, 500);
  return /[\s"=]/.test(shown) || shown === '' ? JSON.stringify(shown) : shown;
}

function reportText({ ok, rows, head, findings, witnesses }: AuditReport): string {
  const lines = [`${rows} rows, the last one ${head.seq} with hash ${head.hash}`];
  for (const { host, entries, problem } of witnesses) {
    lines.push(
      problem === null
        ? `compared with ${entries} operations in the journal of ${host}`
        : `NOT compared with the journal of ${host}: ${printable(problem)}`,
    );
  }
  for (const { kind, detail } of findings) lines.push(`${kind.toUpperCase()}: ${printable(detail)}`);
  if (ok) lines.push('nothing was changed, removed, reordered or contradicted');
  return `${lines.join('\n')}\n`;
}
