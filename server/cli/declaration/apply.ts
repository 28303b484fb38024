import { InvalidArgumentError } from 'commander';
import type { Command } from 'commander';
import type { Problem } from '../../../config/problem.js';
import { problemText } from '../../../config/problem.js';
import { inOrder } from '../../../config/problem-report.js';
import type { DeclarationsApplied } from '../../gate/control/declaration-answers.js';
import type { AdminClient } from '../admin/admin-client.js';
import { adminCommand, say, withAdminClient } from '../admin/admin-command.js';
import type { AdminOptions } from '../admin/admin-command.js';
import { CliError, EXIT } from '../command/exit-status.js';
import { applyReportText, rightsChanged, staleText } from './apply-report.js';
import { readCustomerFiles, unsound } from './customer-files.js';
import type { CustomerFiles } from './customer-files.js';

interface ApplyOptions extends AdminOptions {
  readonly diff?: true;
  readonly prune?: true;
  readonly yes?: true;
  readonly take?: true;
  readonly as: string;
  readonly onlyCustomers?: string;
  readonly onlyDomains?: string;
}

/** Adds `postern apply`. */
export function addApplyCommand(program: Command): void {
  adminCommand(
    program,
    'apply <path>',
    'Bring customers, keys, roles, parameters and CAs to what a file declares, or all files of a directory; `-` reads stdin. All or nothing.',
    [
      'postern apply /etc/postern/customers.d --diff',
      'postern apply /etc/postern/customers.d --prune',
      "postern apply - --as billing --only-customers 'shop-*' --only-domains 'shop-*'",
    ],
  )
    .option('--diff', 'write nothing, and show who would gain and lose what')
    .option('--prune', 'remove what these files declared once and do not declare any more')
    .option('--yes', 'prune also more than a tenth of the declared customers, keys, roles, parameters or CAs')
    .option('--take', 'also change what hands or other files have, and give again what hands removed')
    .option('--as <name>', 'the name of what comes from stdin', nameOfText, 'stdin')
    .option('--only-customers <glob>', 'refuse files that declare other customers, or a CA')
    .option('--only-domains <glob>', 'refuse files that declare something on other domains, or a CA')
    .addHelpText(
      'after',
      '\nExit status: 0 done, or no difference; 1 with --diff some difference; 2 the files are not sound; 3 refused.\n',
    )
    .action(async (path: string, options: ApplyOptions) => {
      const files = await readCustomerFiles(path, options.as, options.prune === true);
      if (files.problems.length > 0) throw await withKeyProblems(files, options);
      tell(await ask(files, options), files, options);
    });
}

/** The files are not sound. The gate says what is wrong with keys and CAs too, so that one round tells all. */
async function withKeyProblems(files: CustomerFiles, options: ApplyOptions): Promise<CliError> {
  const { declared, problems } = files;
  const has = declared.authorities.length > 0 || declared.customers.some(({ keys }) => keys.length > 0);
  if (!has) return unsound(problemText(problems));
  try {
    const { objections } = await ask(files, options);
    return unsound(problemText(inOrder([...problems, ...placed(declared, objections)], files.files)));
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    return unsound(`${problemText(problems)}Keys and CAs were not looked at: ${error.message}\n`);
  }
}

async function ask(files: CustomerFiles, options: ApplyOptions): Promise<DeclarationsApplied> {
  const asked = (client: AdminClient): Promise<object> =>
    client.ask('POST', '/declarations', body(files, options));
  return (await withAdminClient(options, asked)) as DeclarationsApplied;
}

function body(
  { declared, problems, files, directory, source }: CustomerFiles,
  options: ApplyOptions,
): object {
  const { customers, parameters, authorities } = declared;
  const { diff = false, prune, yes: many, take, onlyCustomers, onlyDomains } = options;
  const what = { customers, parameters, authorities, files, directory, source };
  const only = { onlyCustomers, onlyDomains };
  // The halves of an upgrade may differ: an older gate must be asked nothing that it does not know.
  if (problems.length > 0) return { ...what, parameters: [], ...only, onlyKeys: true };
  return { ...what, prune, many, take, ...only, apply: !diff };
}

/** @throws CliError when nothing was changed although it was to be */
function tell(answer: DeclarationsApplied, { declared }: CustomerFiles, options: ApplyOptions): void {
  const { objections, notes, excess, changes } = answer;
  const isDiff = options.diff === true;
  if (objections.length > 0) {
    const placeless = objections.filter(({ at }) => at === null).map(({ sentence }) => `${sentence}\n`);
    throw unsound(`${problemText(placed(declared, objections))}${placeless.join('')}`);
  }
  process.stderr.write(problemText(placed(declared, notes), 'warning'));
  const stale = staleText(answer);
  if (stale !== null) process.stderr.write(`note: ${stale}\n`);
  const isHeld = excess !== null && !isDiff;
  if (!isHeld || options.json === true)
    say(options, { ...answer, notes: told(declared, notes) }, applyReportText(answer, answer.applied));
  if (isHeld) throw new CliError(`nothing was changed: ${excess}`, EXIT.refused);
  if (excess !== null) process.stderr.write(`note: ${excess}\n`);
  if (isDiff) process.exitCode = rightsChanged(changes).length === 0 ? EXIT.done : EXIT.failed;
}

/** A name at the beginning stays as it is spelt. */
function asSentence(text: string): string {
  return `${text.replace(/^(the|this|a|there) /, (word) => word.charAt(0).toUpperCase() + word.slice(1))}.`;
}

type Said = readonly { readonly at: number | null; readonly sentence: string }[];

function placed(declared: CustomerFiles['declared'], said: Said): readonly Problem[] {
  return said.flatMap(({ at, sentence }) =>
    at === null ? [] : [declared.problem(at, asSentence(sentence))],
  );
}

function told(declared: CustomerFiles['declared'], said: Said): readonly object[] {
  return said.map(({ at, sentence }) => ({
    place: at === null ? null : declared.problem(at, '').place,
    sentence,
  }));
}

/** A path would look like another file's rows. */
function nameOfText(text: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(text)) return text;
  throw new InvalidArgumentError('Give a name of letters, digits, ., _ and -, at most 64.');
}
