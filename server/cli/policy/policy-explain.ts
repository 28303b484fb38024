import type { Command } from 'commander';
import { InvalidArgumentError } from 'commander';
import { loadPolicy } from '../../../config/policy-directory.js';
import { problemText } from '../../../config/problem.js';
import type { DenialExplanation, PolicyExplanation } from '../../gate/control/explain-routes.js';
import { adminCommand, withAdminClient, say } from '../admin/admin-command.js';
import type { AdminOptions } from '../admin/admin-command.js';
import { CliError, EXIT } from '../command/exit-status.js';

interface ExplainOptions extends AdminOptions {
  readonly profile?: string;
  readonly image?: string;
  readonly key?: string;
  readonly at?: string;
  readonly from?: string;
  readonly state?: string;
  readonly booted?: string;
  readonly policy?: string;
}

/** Adds `postern policy explain`. */
export function addExplainCommand(policy: Command): void {
  adminCommand(
    policy,
    'explain <customer|reference> [action] [domain]',
    'Say whether a customer may do something, by which rule, and what is left of the limits; or why a customer was refused, by the reference that they read.',
    [
      'postern policy explain alice poweroff horatio',
      'postern policy explain alice rescue horatio --profile debian',
      "postern policy explain alice console horatio --at '2026-12-24 23:00' --from 203.0.113.7",
      'postern policy explain alice console horatio --policy /root/policy.new',
      'postern policy explain bkdmtz',
    ],
  )
    .option('--profile <profile>', 'for rescue: which boot profile')
    .option('--image <image>', 'for reinstall: which system image')
    .option('--key <key>', 'for sysrq: which key')
    .option('--at <time>', "at another time than now, in this machine's zone: 2026-12-24 23:00", moment)
    .option('--from <address>', 'coming from this address')
    .option('--state <state>', 'while the domain is in this state, not as it is now')
    .option('--booted <profile>', 'while the domain runs this boot profile')
    .option('--policy <directory>', 'by the files of another directory, which are not put in force')
    .action(
      async (
        who: string,
        action: string | undefined,
        domain: string | undefined,
        options: ExplainOptions,
      ) => {
        const answer = await withAdminClient(options, (client) =>
          action === undefined
            ? client.ask('GET', `/policy/denials/${encodeURIComponent(who)}`)
            : client.ask('POST', '/policy/explain', given(who, action, domain, options)),
        );
        say(options, answer, (answer as PolicyExplanation | DenialExplanation).text);
      },
    );
}

function given(
  customer: string,
  action: string,
  domain: string | undefined,
  options: ExplainOptions,
): object {
  if (domain === undefined) throw new CliError('the domain is missing', EXIT.usage);
  const { key, at, from: source, state, booted } = options;
  const profile = action === 'reinstall' ? options.image : options.profile;
  const files = options.policy === undefined ? undefined : textsOf(options.policy);
  return { customer, action, domain, profile, key, at, source, state, booted, files };
}

/** A time as ISO 8601 in UTC: the gate may be in another time zone. @throws InvalidArgumentError */
function moment(text: string): string {
  const date = new Date(/^\d{4}-\d\d-\d\d$/.test(text) ? `${text} 00:00` : text);
  if (!/^\d{4}-\d\d-\d\d/.test(text) || Number.isNaN(date.getTime()))
    throw new InvalidArgumentError('Give a time such as 2026-12-24 23:00, or 2026-12-24T23:00Z.');
  return date.toISOString();
}

function textsOf(directory: string): readonly { readonly file: string; readonly text: string }[] {
  const loaded = loadPolicy(directory);
  if (loaded.ok) return loaded.sources;
  throw new CliError(`the policy is not sound:\n${problemText(loaded.problems)}`, EXIT.failed);
}
