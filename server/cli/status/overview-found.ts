import { counted, shortList } from '../../../policy/listing.js';
import type { HostOverview, Overview } from '../../gate/control/overview.js';
import type { NoticeChannelStatus } from '../../gate/notices/notice-delivery.js';
import { lowRoom } from '../doctor/folder-found.js';
import { auditFound, namesFound } from '../doctor/gate-found.js';
import { fail, warn } from '../installation/diagnosis.js';
import type { Diagnosis } from '../installation/diagnosis.js';

/** A toolstack that has not answered for so long shows no domain's state any more. Milliseconds. */
const STALE_MS = 15_000;

/** Notices that cannot be sent for so long need an admin. Milliseconds. */
const STUCK_MS = 600_000;

/** What an admin must look at or mend. Nothing when all is well. */
export function overviewFound(overview: Overview): readonly Diagnosis[] {
  const { hosts, audit, policy, folders, maintenance, expiring, notices = [] } = overview;
  const now = Date.parse(overview.at);
  return [
    ...hosts.flatMap((host) => hostFound(host, now)),
    ...auditFound(audit.trouble),
    ...folders.flatMap((folder) => lowRoom(folder.what, 'the gate', folder) ?? []),
    ...(policy.problems.length === 0
      ? []
      : [
          fail(
            'policy',
            `revision ${policy.revision} is in force, not the files as they are: ${policy.problems.join('\n')}`,
            'postern policy check, then postern policy reload',
          ),
        ]),
    ...namesFound(overview),
    ...(maintenance === null
      ? []
      : [warn('maintenance', `on: ${maintenance.sentence}`, 'postern maintenance off, when it is over')]),
    ...(expiring.count === 0
      ? []
      : [
          warn(
            'keys',
            `${expiring.count} expire within ${expiring.within} days: ${shortList(
              expiring.next.map(({ customer, expiresAt }) => `${customer} on ${expiresAt.slice(0, 10)}`),
            )}`,
            'postern key list CUSTOMER; postern key expire gives a key more time',
          ),
        ]),
    ...notices.flatMap((channel) => noticesFound(channel, now)),
  ];
}

function noticesFound(channel: NoticeChannelStatus, now: number): Diagnosis[] {
  const { name, waiting, stuckSince, trouble, failed } = channel;
  const subject = `notices ${name}`;
  const todo = `postern notice list, then postern notice test ${name}`;
  const stuck =
    stuckSince !== null && now - Date.parse(stuckSince) > STUCK_MS
      ? [
          warn(
            subject,
            `${counted(waiting, 'notice')} cannot be sent since ${stuckSince}: ${trouble ?? 'unknown'}`,
            todo,
          ),
        ]
      : [];
  return failed === 0
    ? stuck
    : [...stuck, warn(subject, `${counted(failed, 'message')} could not be sent in three days`, todo)];
}

function hostFound({ name, reachable, failure, half, lookedAt }: HostOverview, now: number): Diagnosis[] {
  const subject = `host ${name}`;
  if (!reachable)
    return [
      fail(
        subject,
        failure === undefined ? 'it has not answered yet' : `it does not answer: ${failure.reason}`,
        'postern doctor says what to do',
      ),
    ];
  const stale = lookedAt !== null && now - Date.parse(lookedAt) > STALE_MS;
  return [
    ...(stale
      ? [
          fail(
            subject,
            `its toolstack has not answered since ${lookedAt}`,
            'see the log of the dom0 half there (journalctl -u postern-dom0), and try `xl list`',
          ),
        ]
      : []),
    ...(half === null
      ? [warn(subject, 'its half does not say its version', 'upgrade the dom0 half there')]
      : [
          ...half.troubles.map((trouble) => fail(subject, trouble, 'see to it on the host')),
          ...half.folders.flatMap((folder) => lowRoom(subject, `its ${folder.what}`, folder) ?? []),
        ]),
  ];
}
