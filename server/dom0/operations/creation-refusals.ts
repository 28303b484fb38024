import { refusal } from '../../../policy/refusal.js';
import type { Refusal } from '../../../policy/refusal.js';

/** Why a start ended without a running domain of ours. Each takes the detail for the log. */

export const byHand = (detail: string): Refusal =>
  refusal(
    'undone',
    'It was started by somebody else meanwhile, or rebooted by itself; nothing more was done.',
    detail,
  );
export const ended = (detail: string): Refusal =>
  refusal('undone', 'It was ended by somebody else while it was started.', detail);
export const away = (detail: string): Refusal =>
  refusal('undone', "The host's Postern was restarted while it was started; it is off.", detail);
export const tooLate = (detail: string): Refusal =>
  refusal('deadline-passed', 'It could not be started in time, so it was left off. Try again.', detail);

export const unprepared = (detail: string): Refusal =>
  refusal('toolstack-failed', 'Its configuration cannot be prepared on its host.', detail);
export const exchanged = (detail: string): Refusal =>
  refusal(
    'wrong-state',
    'Its configuration file on the host was changed while it was started, so it was left off. Try again.',
    detail,
  );
