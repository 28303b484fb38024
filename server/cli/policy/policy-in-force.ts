import type { AcceptedPolicy } from '../../../config/accepted-policy.js';
import { keptRevisions } from '../../../config/accepted-policy.js';
import type { GateSettings } from '../../../config/gate-settings.js';
import type { PolicyDiff } from '../../../policy/policy-diff.js';
import { policyDiff } from '../../../policy/policy-diff.js';
import type { Policy } from '../../../policy/policy.js';
import type { PolicyStatus } from '../../gate/control/status-answers.js';
import type { RoleRow } from '../../store/records.js';
import type { AdminClient } from '../admin/admin-client.js';
import { CliError, EXIT } from '../command/exit-status.js';
import { acceptedDirectory } from '../admin/policy-files.js';

/**
 * The policy in force, from its copy in the state directory. While no gate runs, it is the last one that was
 * in force.
 *
 * @returns null when none ever was
 * @throws CliError when no copy of it is kept
 */
export async function lastInForce(
  client: AdminClient,
  settings: GateSettings,
): Promise<AcceptedPolicy | null> {
  const status = (await client.askRunningGate('GET', '/policy')) as PolicyStatus | null;
  const directory = acceptedDirectory(settings.state);
  const sound = keptRevisions(directory).flatMap(({ found }) => (typeof found === 'string' ? [] : [found]));
  const found = sound.find(({ loaded }) => status === null || loaded.digest === status.digest);
  if (found !== undefined) return found;
  if (status === null && sound.length === 0) return null;
  throw new CliError(
    `the policy in force, revision ${status?.revision ?? 'unknown'}, is not kept in ${directory}: \`postern policy reload\` keeps it when there is room on the disk`,
    EXIT.refused,
  );
}

/** As `lastInForce`. @throws CliError also when there never was one */
export async function policyInForce(client: AdminClient, settings: GateSettings): Promise<AcceptedPolicy> {
  const found = await lastInForce(client, settings);
  if (found !== null) return found;
  throw new CliError('no policy was ever in force: nothing can be compared with it', EXIT.refused);
}

/**
 * How the rights of the present customers, domains and roles change from one policy to another. Only roles
 * that count are compared.
 */
export async function differenceTo(client: AdminClient, before: Policy, after: Policy): Promise<PolicyDiff> {
  const { roles } = (await client.ask('GET', '/roles')) as { readonly roles: readonly RoleRow[] };
  const counting = roles.filter(({ counts }) => counts);
  return policyDiff(before, after, counting);
}
