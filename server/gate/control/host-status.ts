import type { HostStatus } from './status-answers.js';
import type { Host } from './control-ports.js';

/** A host, for the answers to admins. */
export function hostStatus({ name, reachable, failure, domains, names, contract }: Host): HostStatus {
  return {
    name,
    reachable,
    ...(reachable || failure === null ? {} : { failure }),
    domains: domains.size,
    tellsNames: contract === null || contract.names === true,
    missing: (names?.missing ?? []).map((one) => ({
      name: one.name,
      why: one.why,
      ...(one.note === undefined ? {} : { note: one.note }),
    })),
  };
}
