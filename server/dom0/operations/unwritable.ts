import { refusal } from '../../../policy/refusal.js';
import type { Refusal } from '../../../policy/refusal.js';

/** What cannot be recorded is not done. */
export function unwritable(): Refusal {
  return refusal('audit-unavailable', 'The host cannot record what is done at the moment, so nothing is.');
}

/** Whether something was recorded cannot be said before the journal is read. */
export function unread(): Refusal {
  return refusal('audit-unavailable', 'The host cannot read what it has recorded at the moment.');
}

/** It could neither be recorded for certain nor be taken back: the next half may find it, and do it. */
export function inDoubt(): Refusal {
  return refusal(
    'audit-unavailable',
    'The host cannot record what is done at the moment. It may still be done: look before you ask again.',
  );
}
