import type { HostClock } from '../scheduling/host-clock.js';
import type { Verb } from '../../wire/contract.js';
import type { Ending, Term } from './journal-record.js';
import { createsDomain } from './operation.js';
import type { Operation } from './operation.js';
import type { Deadlines } from './work-parts.js';

/**
 * A dom0 that was away resumes an open operation only this long after the request. A dom0 that did not see
 * the whole operation creates nothing later: an operator may have started the domain elsewhere.
 */
const RESUME_WITHIN_MS = 5 * 60_000;
/** The longest time that a create waits for its turn. */
const QUEUE_SECONDS = 30 * 60;
/** The longest time for a disk to be written, the time in which others are written before it included. */
export const WRITE_SECONDS = 12 * 60 * 60;
export const SYSRQ_SECONDS = 30;

/**
 * The term of a request that is accepted now: the seconds for its steps, plus the time for a restart of dom0.
 */
export function termOf(
  verb: Verb,
  deadlines: Deadlines,
  host: Pick<HostClock, 'boot' | 'uptime'>,
  ending: Ending | null = null,
): Term {
  const from = host.uptime();
  const force = ending?.force === true ? deadlines.destroySeconds : 0;
  const seconds = secondsOf(verb, deadlines) + force;
  return { boot: host.boot, from, until: from + seconds * 1000 + RESUME_WITHIN_MS };
}

/**
 * The term of an operation that an earlier dom0 left open. Without a recorded term, its age by the time of
 * day decides.
 *
 * @param now milliseconds since the epoch
 */
export function termOnResume(
  operation: Operation,
  host: Pick<HostClock, 'boot' | 'uptime'>,
  now: number,
): Term {
  const { term, startedAt, request } = operation;
  if (term !== null) {
    const until = createsDomain(request.verb)
      ? Math.min(term.until, term.from + RESUME_WITHIN_MS)
      : term.until;
    return { ...term, until };
  }
  const uptime = host.uptime();
  const age = now - Date.parse(startedAt);
  const isOfThisBoot = age >= 0 && age < Math.min(RESUME_WITHIN_MS, uptime);
  if (!isOfThisBoot) return { boot: 'unknown', from: 0, until: 0 };
  return { boot: host.boot, from: uptime - age, until: uptime - age + RESUME_WITHIN_MS };
}

/** Whether a term belongs to the present boot of the host. */
export function isOfThisBoot({ boot, from }: Term, host: Pick<HostClock, 'boot' | 'uptime'>): boolean {
  return boot === host.boot && from <= host.uptime();
}

function secondsOf(verb: Verb, deadlines: Deadlines): number {
  const { shutdownSeconds, createSeconds, rebootSeconds, destroySeconds } = deadlines;
  switch (verb) {
    case 'shutdown':
      return shutdownSeconds;
    case 'poweroff':
      return destroySeconds;
    case 'reboot':
      return rebootSeconds;
    case 'sysrq':
      return SYSRQ_SECONDS;
    case 'reinstall':
      return WRITE_SECONDS + shutdownSeconds + QUEUE_SECONDS + createSeconds + destroySeconds;
    default:
      return shutdownSeconds + QUEUE_SECONDS + createSeconds + destroySeconds;
  }
}
