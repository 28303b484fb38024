import { shortList } from '../../../policy/listing.js';
import type { Command } from 'commander';
import type { GateSettings } from '../../../config/gate-settings.js';
import { problemText } from '../../../config/problem.js';
import { diffText } from '../../../policy/policy-diff.js';
import type { PolicyDiff } from '../../../policy/policy-diff.js';
import type { PolicyReload } from '../../gate/control/status-answers.js';
import type { PolicyWarnings } from '../../gate/control/policy-routes.js';
import type { RoleRow } from '../../store/records.js';
import { adminCommand, withAdminClient, say } from '../admin/admin-command.js';
import type { AdminOptions } from '../admin/admin-command.js';
import type { AdminClient } from '../admin/admin-client.js';
import { Dialog } from '../command/dialog.js';
import { CliError, EXIT } from '../command/exit-status.js';
import { printable } from '../../../policy/printable.js';
import { differenceTo, lastInForce } from './policy-in-force.js';
import { printableLines } from '../command/printable-lines.js';

/** Adds `postern policy reload`. */
export function addReloadCommand(policy: Command): void {
  adminCommand(
    policy,
    'reload',
    'Put the policy files in force. With any problem the old policy stays. Sessions that lost a right end at once.',
    ['postern policy reload'],
  )
    .option('-y, --yes', 'do not ask, even when a customer loses everything')
    .action(async (options: AdminOptions & { readonly yes?: true }) => {
      await withAdminClient(options, async (client, settings) => {
        if (options.json !== true) await announce(client, settings, options.yes === true);
        const answer = (await client.askGate('POST', '/policy/reload')) as PolicyReload;
        await tell(client, options, answer);
      });
    });
}

/**
 * Shows what the files would change before they are put in force, as far as they can be read here. On a
 * terminal it asks first when a customer would lose everything.
 *
 * @throws CliError when the answer is no
 */
async function announce(client: AdminClient, settings: GateSettings, yes: boolean): Promise<void> {
  const { loadPolicy } = await import('../../../config/policy-directory.js');
  const after = loadPolicy(settings.policy);
  process.stdout.write(printableLines(problemText(after.warnings, 'warning')));
  // The gate itself reports what is wrong with the files.
  if (!after.ok) return;
  const before = await lastInForce(client, settings).catch(() => null);
  if (before === null) return;
  const diff = await differenceTo(client, before.loaded.policy, after.policy);
  process.stdout.write(`${diffText(diff).trimEnd().split('\n').at(-1) ?? ''}\n`);
  const losers = await whoLosesAll(client, diff);
  if (losers.length === 0) return;
  process.stdout.write(`${shortList(losers)} would see no server at all any more (postern policy diff)\n`);
  if (yes || !process.stdin.isTTY || !process.stderr.isTTY) return;
  const dialog = new Dialog();
  try {
    if ((await dialog.choose('put this in force? [y]es or [n]o? ', ['y', 'n'])) !== 'y')
      throw new CliError('nothing was put in force', EXIT.refused);
  } finally {
    dialog.close();
  }
}

/** Customers who would no longer see any of their domains. */
async function whoLosesAll(client: AdminClient, diff: PolicyDiff): Promise<readonly string[]> {
  const { roles } = (await client.ask('GET', '/roles')) as { readonly roles: readonly RoleRow[] };
  const lost = diff.rights.filter(
    ({ kind, actions, after }) => kind === 'lose' && actions.includes('status') && after.standing === 'never',
  );
  const loses = ({ customer, domain }: RoleRow): boolean =>
    lost.some(({ customers, domains }) => customers.includes(customer) && domains.includes(domain));
  const held = roles.filter(({ counts }) => counts);
  return [...new Set(held.map(({ customer }) => customer))].filter((name) =>
    held.filter(({ customer }) => customer === name).every(loses),
  );
}

/** The customers and domains that the policy names although they do not exist: one line each. */
export async function policyWarnings(client: AdminClient): Promise<string> {
  const { warnings } = (await client.askGate('GET', '/policy/warnings')) as PolicyWarnings;
  return warnings.map((warning) => `warning: ${printable(warning, 1000)}\n`).join('');
}

/** Makes a running gate read the files, and prints the result. */
export async function putInForce(client: AdminClient, options: AdminOptions): Promise<void> {
  const answer = (await client.askRunningGate('POST', '/policy/reload')) as PolicyReload | null;
  if (answer !== null) await tell(client, options, answer);
  else say(options, { running: false }, 'no gate is running: the next one that starts reads the files\n');
}

async function tell(client: AdminClient, options: AdminOptions, answer: PolicyReload): Promise<void> {
  const { accepted, changed, revision, problems } = answer;
  if (accepted) {
    const what = changed ? 'the policy is in force' : 'the files are those in force';
    say(options, answer, `${what}: revision ${revision}\n`);
    if (options.json !== true) process.stdout.write(await policyWarnings(client));
    return;
  }
  // Each problem comes with its line, and a caret below.
  const shown = printableLines(problems.map((problem) => `${problem}\n`).join(''));
  say(options, answer, `${shown}the policy was not loaded; revision ${revision} stays in force\n`);
  process.exitCode = EXIT.failed;
}
