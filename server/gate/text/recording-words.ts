import type { DomainName } from '../../../policy/names.js';
import type { Recorded } from '../../../policy/recorded.js';
import { refusal } from '../../../policy/refusal.js';
import type { Refusal } from '../../../policy/refusal.js';

/** Sentences about the recordings of visits, for customers. */

/**
 * Shown to a customer who comes to a console, or is on it when its recording begins. In 80 columns it is one
 * line, so that the ID is whole.
 */
export function recorded(id: string, record: Exclude<Recorded, 'off'>): string {
  const what = record === 'input' ? 'all you see and type, passwords too' : 'the screen, not your keys';
  return `This visit is recorded: ${what}. ID ${id}.`;
}

export const notRecorded = 'This visit cannot be recorded just now. It goes on without a recording.';

export const noLongerRecorded = 'This visit is no longer recorded.';

export const noRoomToRecord = 'The recording of this visit is full. The rest is not recorded.';

export function mustBeRecorded(domain: DomainName, detail: string): Refusal {
  return refusal(
    'recording-unavailable',
    `Visits to the console of ${domain} must be recorded, and that is not possible just now. Please tell us.`,
    detail,
  );
}

export function cannotBeRecorded(domain: DomainName): string {
  return `The console of ${domain} was left: the visit must be recorded, and that is not possible any more. Please tell us.`;
}

export function recordingFull(domain: DomainName): string {
  return `The console of ${domain} was left: the visit must be recorded, and its recording is full. Come again for a new one.`;
}

export const noRecordings = 'No visit of yours to a console is recorded.';

/** Shown in place of how long a recording took. */
export const runs = 'goes on';

export const recordedParts: Readonly<Record<Exclude<Recorded, 'off'>, string>> = {
  output: 'screen',
  input: 'screen and keys',
};

/** One sentence for every recording that the customer may not see, whatever the reason. */
export function noSuchRecording(detail: string): Refusal {
  return refusal('no-such-recording', 'There is no such recording, or it is not yours.', detail);
}
