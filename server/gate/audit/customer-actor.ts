import type { CustomerActor } from '../../store/audit-actor.js';
import type { Identity } from '../session/identity.js';

/** The identity, as audit rows name it. */
export function actorOf(identity: Identity): CustomerActor {
  const { customer, fingerprint, source, connection } = identity;
  return { customer, fingerprint, source, connection };
}
