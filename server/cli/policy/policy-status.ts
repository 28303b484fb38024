import type { Command } from 'commander';
import type { PolicyStatus } from '../../gate/control/status-answers.js';
import { adminCommand, withAdminClient, say } from '../admin/admin-command.js';
import type { AdminOptions } from '../admin/admin-command.js';
import { policyWarnings } from './policy-reload.js';

/** Adds `postern policy status`. */
export function addStatusCommand(policy: Command): void {
  adminCommand(policy, 'status', 'Tell which revision is in force.', ['postern policy status']).action(
    async (options: AdminOptions) => {
      let warnings = '';
      const answer = (await withAdminClient(options, async (client) => {
        warnings = await policyWarnings(client);
        return client.askGate('GET', '/policy');
      })) as PolicyStatus;
      const { revision, rules, limits, sessionLimits, problems } = answer;
      const broken =
        problems.length === 0
          ? ''
          : `The policy files are broken; what is in force is the policy accepted last:\n${problems.join('\n')}\n`;
      say(
        options,
        answer,
        `revision ${revision}: ${rules} rules, ${limits} limits, ${sessionLimits} session limits\n${broken}${warnings}`,
      );
    },
  );
}
