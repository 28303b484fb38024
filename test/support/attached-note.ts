import type { ConsoleNote } from '../../server/wire/console.js';
import { domainName } from './temporary-store.js';

type AttachedNote = Extract<ConsoleNote, { note: 'attached' }>;

/** What dom0 says first to somebody alone at horatio's console, who has the keyboard. */
export function attachedNote(others: Partial<AttachedNote> = {}): AttachedNote {
  return {
    note: 'attached',
    attachment: 7,
    domain: domainName('horatio'),
    mode: 'write',
    present: [],
    cols: 80,
    rows: 24,
    ...others,
  };
}
