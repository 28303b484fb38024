import { refusal } from '../../../policy/refusal.js';
import type { Refusal } from '../../../policy/refusal.js';

/** Refuses text that is no command. @param message a sentence for the customer */
export function usage(message: string): Refusal {
  return refusal('usage', `${message} For all commands: help`, message);
}

/** Refuses a command that has other words than its form. @param form such as `NAME log on|off [--json]` */
export function wrongForm(form: string): Refusal {
  return usage(`The form is: ${form}.`);
}
