import type { Command } from 'commander';
import type { PolicyReload } from '../gate/control/control-answers.js';
import type { PolicyWarnings } from '../gate/control/policy-routes.js';
import { printable } from '../gate/printable.js';
import { adminCommand, atDesk, say } from './admin-command.js';
import type { AdminOptions } from './admin-command.js';
import type { Desk } from './desk.js';
import { EXIT } from './exit-status.js';
import { printableLines } from './printable-lines.js';

/** Adds `postern policy reload`. */
export function addReloadCommand(policy: Command): void {
  adminCommand(
    policy,
    'reload',
    'Put the policy files in force. With any problem the old policy stays. Who lost a right is ended at once.',
    ['postern policy reload'],
  ).action(async (options: AdminOptions) => {
    await atDesk(options, async (desk) => {
      const answer = (await desk.askGate('POST', '/policy/reload')) as PolicyReload;
      await tell(desk, options, answer);
    });
  });
}

/** Whom the policy in force speaks of without there being anybody: a line each. */
export async function policyWarnings(desk: Desk): Promise<string> {
  const { warnings } = (await desk.askGate('GET', '/policy/warnings')) as PolicyWarnings;
  return warnings.map((warning) => `warning: ${printable(warning, 1000)}\n`).join('');
}

/** Lets the gate read the files, if one runs, and says what became of it. */
export async function putInForce(desk: Desk, options: AdminOptions): Promise<void> {
  const answer = (await desk.askRunningGate('POST', '/policy/reload')) as PolicyReload | null;
  if (answer !== null) await tell(desk, options, answer);
  else say(options, { running: false }, 'no gate is running: the next one that starts reads the files\n');
}

async function tell(desk: Desk, options: AdminOptions, answer: PolicyReload): Promise<void> {
  const { accepted, changed, revision, problems } = answer;
  if (accepted) {
    const what = changed ? 'the policy is in force' : 'the files are those in force';
    say(options, answer, `${what}: revision ${revision}\n`);
    if (options.json !== true) process.stdout.write(await policyWarnings(desk));
    return;
  }
  // Each with the line it is about, and a caret under it.
  const shown = printableLines(problems.map((problem) => `${problem}\n`).join(''));
  say(options, answer, `${shown}the policy was not loaded; revision ${revision} stays in force\n`);
  process.exitCode = EXIT.failed;
}
