import type { Command } from 'commander';
import { adminNoun } from '../admin/admin-command.js';
import { addNamed } from '../command/add-named.js';
import type { Add } from '../command/add-named.js';

/** In the order of the help. */
const COMMANDS: Readonly<Record<string, () => Promise<Add>>> = {
  check: async () => (await import('./policy-check.js')).addCheckCommand,
  explain: async () => (await import('./policy-explain.js')).addExplainCommand,
  diff: async () => (await import('./policy-diff.js')).addDiffCommand,
  edit: async () => (await import('./policy-edit.js')).addEditCommand,
  reload: async () => (await import('./policy-reload.js')).addReloadCommand,
  history: async () => (await import('./policy-history.js')).addHistoryCommand,
  rollback: async () => (await import('./policy-rollback.js')).addRollbackCommand,
  status: async () => (await import('./policy-status.js')).addStatusCommand,
};

/** Adds `postern policy …`. */
export async function addPolicyCommand(program: Command): Promise<void> {
  const policy = adminNoun(program, 'policy', 'The policy: check its files, put them in force, ask why.', [
    'postern policy check /etc/postern/policy.d',
    'postern policy edit',
    'postern policy diff',
    'postern policy reload',
    'postern policy explain alice poweroff horatio',
    'postern policy rollback',
  ]);
  await addNamed(COMMANDS, policy, process.argv[3]);
}
