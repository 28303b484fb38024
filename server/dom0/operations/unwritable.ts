import { refusal } from '../../../policy/refusal.js';
import type { Refusal } from '../../../policy/refusal.js';

/** What cannot be recorded is not done. */
export function unwritable(): Refusal {
  return refusal('audit-unavailable', 'The host cannot record what is done at the moment, so nothing is.');
}
