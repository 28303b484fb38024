import type { GateStatus, HostStatus } from '../../gate/control/status-answers.js';
import { fail } from '../installation/diagnosis.js';
import type { Diagnosis } from '../installation/diagnosis.js';

/** Milliseconds. The gate waits up to 5 s between two attempts, and up to 10 s for an answer. */
const PATIENCE = 16_000;
/** Milliseconds between two questions to the gate. */
const EVERY = 250;

/** Dependencies of the check. Times are in milliseconds. */
export interface ReachPorts {
  /** Asks for the running gate's status; null when the gate no longer answers. */
  readonly status: () => Promise<GateStatus | null>;
  readonly now: () => number;
  readonly wait: (milliseconds: number) => Promise<void>;
}

/**
 * Whether the running gate reaches a host that answered here. It waits for a gate that has not tried since
 * then: the gate may have started before the host, or before its link.
 *
 * @param answeredAt when the host answered here; milliseconds since 1970
 */
export async function checkReach(
  name: string,
  answeredAt: number,
  { status, now, wait }: ReachPorts,
): Promise<Diagnosis[]> {
  const until = now() + PATIENCE;
  for (;;) {
    const host = (await status())?.hosts.find((each) => each.name === name);
    if (host === undefined || host.reachable) return [];
    if (hasTriedSince(host, answeredAt)) return [unreached(host, 'the running gate does not reach it')];
    if (now() >= until) return [unreached(host, 'the running gate has not reached it yet')];
    await wait(EVERY);
  }
}

function hasTriedSince({ failure }: HostStatus, answeredAt: number): boolean {
  return failure !== undefined && Date.parse(failure.at) >= answeredAt;
}

function unreached({ name, failure }: HostStatus, finding: string): Diagnosis {
  const tried = failure === undefined ? '' : `; it tried last at ${failure.at}: ${failure.reason}`;
  return fail(
    `host ${name}`,
    `it answers here, and ${finding}${tried}`,
    "see that the gate's user may use the socket (socketGroup in dom0.yaml), and the log of the gate (journalctl -u postern-gate)",
  );
}
