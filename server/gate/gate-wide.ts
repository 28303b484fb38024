import type { CustomerName } from '../../policy/names.js';
import { CustomerRateLimit } from './access/customer-rate-limit.js';
import type { RateLimit } from './access/customer-rate-limit.js';
import { LiveAttachments } from './access/live-attachments.js';
import type { Attachments } from './access/live-attachments.js';
import { SessionsInProcess } from './session/open-sessions.js';
import type { OpenSessions } from './session/open-sessions.js';
import { ConnectionsInProcess } from './ssh/connections-in-process.js';
import type { ConnectionPlaces } from './ssh/customer-connections.js';

/**
 * What one gate knows of all its customers at this moment, however many processes serve them: the limits are
 * the gate's and not a process's. What lasts is in the store; sockets and what is remembered of strangers are
 * the `Front`'s.
 */
export interface GateWide {
  /** @param most how many connections a customer may have; asked at each login */
  connections(most: (customer: CustomerName) => number): ConnectionPlaces;
  readonly sessions: OpenSessions;
  readonly attachments: Attachments;
  /** How fast a customer may make requests. */
  readonly requests: RateLimit;
  /** How fast a customer may log in and open sessions. */
  readonly openings: RateLimit;
}

/** A gate that is one process keeps all of it in memory. */
export class OneProcess implements GateWide {
  readonly sessions = new SessionsInProcess();
  readonly attachments = new LiveAttachments();
  readonly requests = new CustomerRateLimit();
  readonly openings = new CustomerRateLimit();

  connections(most: (customer: CustomerName) => number): ConnectionPlaces {
    return new ConnectionsInProcess(most);
  }
}
