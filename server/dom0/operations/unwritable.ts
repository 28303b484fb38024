import { refusal } from '../../../policy/refusal.js';
import type { Refusal } from '../../../policy/refusal.js';

/** An act that cannot be recorded is not done. */
export function unwritable(): Refusal {
  return refusal(
    'audit-unavailable',
    'The host cannot record changes at the moment, so it makes none. Try again later.',
  );
}

/** Until the journal is read, we cannot say whether something was recorded. */
export function unread(): Refusal {
  return refusal('audit-unavailable', 'The host cannot read its records at the moment. Try again later.');
}

/**
 * The record could neither be written for certain nor be taken back: the next dom0 may find it, and do it.
 */
export function inDoubt(): Refusal {
  return refusal(
    'audit-unavailable',
    'The host cannot record this change for certain. It may still be done: look before you ask again.',
  );
}
