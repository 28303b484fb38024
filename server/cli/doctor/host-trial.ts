import { reason } from '../../wire/reason.js';
import { shortList } from '../../../policy/listing.js';
import { isRefusal } from '../../../policy/refusal.js';
import type { HostCheck } from '../../wire/host-check.js';
import { fail, ok, warn } from '../installation/diagnosis.js';
import type { Diagnosis } from '../installation/diagnosis.js';
import { readOrRefuse } from '../../wire/answer-fields.js';
import { readHostCheck } from '../../wire/answers.js';
import { askDom0, checkDom0 } from './dom0-answer.js';
import { folderFound } from './folder-found.js';

/** Milliseconds. The half itself gives up after four seconds, but its disk may be slow. */
const TRIAL_MS = 20_000;
const MOST_NAMES = 10;

/**
 * Checks that a dom0 half answers, and what it finds when it tries its own parts. A half that does not answer
 * is one finding.
 */
export async function checkHost(subject: string, socket: string): Promise<Diagnosis[]> {
  const answered = await checkDom0(subject, socket);
  if (!isAnswering([answered])) return [answered];
  const check = await trial(socket);
  if (typeof check === 'string') return [answered, warn(subject, check, 'upgrade the dom0 half')];
  // The half already reports a failing disk in its answer: one finding is enough.
  const told = answered.level === 'fail';
  const folders = check.folders
    .filter(({ problem }) => problem === null || !told)
    .map((folder) => folderFound(subject, `its ${folder.what}`, folder));
  return [
    answered,
    toolstackFound(subject, check),
    ...folders,
    ...bootloadersFound(subject, check),
    ...seedsFound(subject, check),
    ...hostKeysFound(subject, check),
  ];
}

/** Whether the half answered, with any answer. */
export function isAnswering(found: readonly Diagnosis[]): boolean {
  return !found.some(({ finding }) => finding.startsWith('the dom0 half does not answer'));
}

async function trial(socket: string): Promise<HostCheck | string> {
  try {
    const { status, text } = await askDom0(socket, '/check', TRIAL_MS);
    if (status === 404) return 'its version is too old to test its toolstack and its disk';
    const check = readOrRefuse(readHostCheck, JSON.parse(text));
    return isRefusal(check) ? `its answer about itself was not understood: ${check.detail}` : check;
  } catch (error) {
    return `it gave no answer about its toolstack: ${reason(error)}`;
  }
}

function toolstackFound(subject: string, { toolstack: { age, problem } }: HostCheck): Diagnosis {
  if (problem === null) return ok(subject, 'its toolstack answers: the domains were listed just now');
  const last = age === null ? 'it has not answered yet' : `it answered last ${Math.round(age)} s ago`;
  return fail(
    subject,
    `its toolstack does not answer: ${problem}; ${last}`,
    'run `xl list` on that host, and see the log of the dom0 half (journalctl -u postern-dom0)',
  );
}

function bootloadersFound(subject: string, { bootloaderAsRoot: names }: HostCheck): Diagnosis[] {
  if (names.length === 0) return [];
  return [
    warn(
      subject,
      `PyGRUB reads the disks of ${shortList(names, MOST_NAMES)} as root at each start`,
      'let it run as an unprivileged user: docs/install-dom0.md, Domains that boot by PyGRUB',
    ),
  ];
}

/** Only where a profile boots with a seed disk. */
function seedsFound(subject: string, { seeds }: HostCheck): Diagnosis[] {
  if (seeds === undefined) return [];
  return [
    seeds.problem === null
      ? ok(subject, 'it can make seed disks')
      : fail(
          subject,
          `it can make no seed disks: ${seeds.problem}`,
          'install it on that host, or mend seeds.command there',
        ),
  ];
}

/** Without them rescue systems work, and only their console tells their host key. */
function hostKeysFound(subject: string, { rescueHostKeys }: HostCheck): Diagnosis[] {
  if ((rescueHostKeys?.problem ?? null) === null) return [];
  return [
    warn(
      subject,
      `it cannot read the SSH host keys of rescue systems: ${rescueHostKeys?.problem ?? ''}`,
      'install it on that host, or mend seeds.xenstoreRead there',
    ),
  ];
}
