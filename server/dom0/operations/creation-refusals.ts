import { refusal } from '../../../policy/refusal.js';
import type { Refusal } from '../../../policy/refusal.js';

/** Why a start ended without a running domain of ours. Each takes the detail for the log. */

export const byHand = (detail: string): Refusal =>
  refusal(
    'undone',
    'Somebody else started it meanwhile, or it rebooted by itself. Nothing more was done.',
    detail,
  );
export const ended = (detail: string): Refusal =>
  refusal('undone', 'Somebody else ended it while it was being started.', detail);
export const away = (detail: string): Refusal =>
  refusal(
    'undone',
    'Postern restarted on its host in the middle of the start, so it is off. Start it again.',
    detail,
  );
export const tooLate = (detail: string): Refusal =>
  refusal('deadline-passed', 'It could not be started in time, so it was left off. Try again.', detail);

export const unprepared = (detail: string): Refusal =>
  refusal('toolstack-failed', "Its host cannot prepare its configuration. Ask the host's operators.", detail);
export const exchanged = (detail: string): Refusal =>
  refusal(
    'wrong-state',
    'Its configuration file changed while it was being started, so it was left off. Try again.',
    detail,
  );
