import { refusal } from '../../../policy/refusal.js';
import type { Refusal } from '../../../policy/refusal.js';

/** Refuses text that is no command. @param message a sentence for the customer */
export function usage(message: string): Refusal {
  return refusal('usage', `${message} For all commands: help`, message);
}
