/** Every "no" of Postern, by name; tests assert which one. */
export const REFUSAL_CODES = [
  // who
  'not-authenticated',
  'customer-suspended',
  'key-revoked',
  // what
  'usage',
  'no-such-customer',
  'no-such-domain',
  'no-such-profile',
  'no-such-boot',
  'no-such-key',
  'no-such-authority',
  'no-such-recording',
  'no-such-role',
  'no-such-group',
  'no-such-parameter',
  'no-such-session',
  'no-such-channel',
  'no-such-reference',
  'name-reserved',
  // may
  'no-role',
  'no-rule',
  'rule-denies',
  'limit-reached',
  'profile-not-allowed',
  'key-not-allowed',
  'condition-not-met',
  'needs-confirmation',
  'domain-retired',
  'maintenance',
  'declared',
  // can
  'wrong-state',
  'busy',
  'console-taken',
  'not-on-this-host',
  'host-unreachable',
  'host-limit',
  'audit-unavailable',
  'recording-unavailable',
  'toolstack-failed',
  'toolstack-timeout',
  'deadline-passed',
  'undone',
  'key-invalid',
  'key-exists',
  'authority-exists',
  'last-key',
  'too-many',
  'internal',
] as const;

export type RefusalCode = (typeof REFUSAL_CODES)[number];

/**
 * A "no" for two audiences: `message` is for the customer, `detail` for the log. Returned, not thrown (house
 * rules 4 and 17).
 */
export interface Refusal {
  readonly refused: true;
  readonly code: RefusalCode;
  /** One printable sentence for the customer. It names nothing that the customer may not know. */
  readonly message: string;
  /** For the admin. It may name anything but secrets. */
  readonly detail: string;
  /** The short name of its record in the audit log; absent when there is none. */
  readonly reference?: string;
}

/** Makes a frozen refusal. @param detail for the log; the message when absent */
export function refusal(code: RefusalCode, message: string, detail: string = message): Refusal {
  return Object.freeze({ refused: true, code, message, detail });
}

/** The customer's text: the message, and the reference to quote. */
export function shownRefusal({ message, reference }: Pick<Refusal, 'message' | 'reference'>): string {
  return reference === undefined ? message : `${message} Reference: ${reference}.`;
}

export function isRefusal(value: unknown): value is Refusal {
  return typeof value === 'object' && value !== null && (value as { refused?: unknown }).refused === true;
}
