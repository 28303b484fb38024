import type { Command } from 'commander';
import { checkPolicy } from '../../../config/check-policy.js';
import { adminCommand } from '../admin/admin-command.js';
import type { AdminOptions } from '../admin/admin-command.js';
import { valid } from '../command/settings-option.js';

/** Adds `postern policy check`. */
export function addCheckCommand(policy: Command): void {
  adminCommand(
    policy,
    'check [file...]',
    "Check policy files and directories, read as one policy; the settings' directory when none is named. Nothing is put in force.",
    ['postern policy check', 'postern policy check 10-base.yaml 20-vip.yaml --json'],
  ).action(async (files: readonly string[], options: AdminOptions) => {
    const paths = files.length > 0 ? files : [await policyDirectory(options.settings)];
    const { text, exitStatus } = checkPolicy(paths, { json: options.json === true });
    process.stdout.write(text);
    process.exitCode = exitStatus;
  });
}

async function policyDirectory(settings: string): Promise<string> {
  const { loadGateSettings } = await import('../../../config/gate-settings.js');
  return valid(loadGateSettings(settings)).policy;
}
