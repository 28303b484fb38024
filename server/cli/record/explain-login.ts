import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import type { ExplainedLogin, RefusedLogins } from '../../gate/control/login-answers.js';
import { adminCommand, ask, say } from '../admin/admin-command.js';
import type { AdminOptions } from '../admin/admin-command.js';
import { CliError, EXIT } from '../command/exit-status.js';
import { printableLines } from '../command/printable-lines.js';
import { withQuery } from '../command/query.js';
import { readKeyFile } from '../customer/key-file.js';

interface ExplainOptions extends AdminOptions {
  readonly last?: string;
  readonly login?: string;
  readonly key?: string;
  readonly from?: string;
}

/** Adds `postern explain-login`. */
export function addExplainLoginCommand(program: Command): void {
  adminCommand(
    program,
    'explain-login [who]',
    'Say why logins were refused, and what to do: the last ones of a fingerprint, a customer or an address. With --login and --key, say what would become of a login now.',
    [
      'postern explain-login',
      'postern explain-login alice --last 3',
      'postern explain-login 203.0.113.7',
      'postern explain-login --login alice --key alice.pub',
      'postern explain-login --login alice --key alice-cert.pub --from 203.0.113.7',
      'postern explain-login --login horatio --key SHA256:nThbg6kXUpJWGl7E1IGOCspRomTxdCARLviKw6E5SY8',
    ],
  )
    .option('-n, --last <number>', 'at most so many; 10 when not given')
    .option('--login <name>', 'the login name of a login that is not made')
    .option(
      '--key <file|fingerprint>',
      'its key or certificate: a .pub file, `-` for stdin, or a fingerprint',
    )
    .option('--from <address>', 'with --login: coming from this address')
    .action(async (who: string | undefined, options: ExplainOptions) => {
      await (options.login === undefined && options.key === undefined
        ? tellRefused(who, options)
        : foretell(who, options));
    });
}

async function tellRefused(who: string | undefined, options: ExplainOptions): Promise<void> {
  if (options.from !== undefined) throw new CliError('--from goes with --login and --key', EXIT.usage);
  const path = withQuery('/logins/refused', { who, last: options.last });
  const answer = await ask<RefusedLogins>(options, 'GET', path);
  const none = `the gate and its audit log remember no refused login${who === undefined ? '' : ` of ${who}`}\n`;
  say(options, answer.refused, answer.refused.length === 0 ? none : printableLines(answer.text));
}

async function foretell(who: string | undefined, { last, ...options }: ExplainOptions): Promise<void> {
  const { login, key, from } = options;
  if (login === undefined || key === undefined)
    throw new CliError('give --login and --key together', EXIT.usage);
  if (who !== undefined || last !== undefined)
    throw new CliError('--login and --key ask about one login; leave the rest away', EXIT.usage);
  const text = key.startsWith('SHA256:') && !existsSync(key) ? key : readKeyFile(key);
  const body = { login, key: text, source: from };
  const answer = await ask<ExplainedLogin>(options, 'POST', '/logins/explain', body);
  say(options, answer, printableLines(answer.text));
}
