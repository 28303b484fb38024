import type { CustomerEvent } from './customer-events.js';
import type { DomainEvent } from './domain-events.js';
import type { GateEvent } from './gate-events.js';
import type { LoginEvent } from './login-events.js';
import type { RecordingEvent } from './recording-events.js';

/**
 * The events of the audit log: a closed union, past tense. No key material, no console bytes. The hash chain
 * covers their canonical JSON.
 */
export type AuditEvent = LoginEvent | DomainEvent | CustomerEvent | RecordingEvent | GateEvent;

export type AuditKind = AuditEvent['kind'];

/**
 * A row of the audit log. `hash` is SHA-256 (hex) over `prev` and the canonical JSON of seq, at and event.
 */
export interface AuditRow {
  readonly seq: number;
  /** ISO 8601, UTC, milliseconds. */
  readonly at: string;
  readonly event: AuditEvent;
  readonly prev: string;
  readonly hash: string;
}
