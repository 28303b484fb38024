import type { AuditEvent, EventActor } from '../../store/audit-event.js';
import { AuditUnavailable } from '../../store/store-error.js';
import type { Log } from '../log.js';
import type { Recording, RecordingShelf } from './recording-shelf.js';

/** As the settings have them. */
export interface RetentionLimits {
  readonly days: number;
  readonly totalMiB: number;
}

export interface Outgrown {
  readonly recording: Recording;
  readonly reason: 'age' | 'size';
}

const DAY = 86_400_000;
const MIB = 1024 * 1024;

/**
 * Which recordings have to go: those that ended too long ago; then, while all together are too large, the oldest of the customer
 * whose take the most room, so that nobody's flood costs another's. One that runs never has.
 *
 * @param recordings oldest first
 * @param before milliseconds since 1970
 * @param most bytes of all together
 */
export function outgrown(
  recordings: readonly Recording[],
  before: number,
  most: number,
): readonly Outgrown[] {
  const old = recordings.filter(({ endedAt }) => endedAt !== null && Date.parse(endedAt) < before);
  const rest = recordings.filter((recording) => !old.includes(recording));
  return [
    ...old.map((recording) => ({ recording, reason: 'age' }) as const),
    ...tooMuch(rest, most).map((recording) => ({ recording, reason: 'size' }) as const),
  ];
}

function tooMuch(recordings: readonly Recording[], most: number): readonly Recording[] {
  const shelves = new Map<string, { bytes: number; readonly ended: Recording[] }>();
  let total = 0;
  for (const recording of recordings) {
    const shelf = shelves.get(recording.customer) ?? { bytes: 0, ended: [] };
    shelves.set(recording.customer, shelf);
    shelf.bytes += recording.bytes;
    total += recording.bytes;
    if (recording.endedAt !== null) shelf.ended.push(recording);
  }
  const gone: Recording[] = [];
  while (total > most) {
    const [largest] = [...shelves.values()]
      .filter(({ ended }) => ended.length > 0)
      .sort((one, other) => other.bytes - one.bytes);
    const oldest = largest?.ended.shift();
    if (largest === undefined || oldest === undefined) break;
    largest.bytes -= oldest.bytes;
    total -= oldest.bytes;
    gone.push(oldest);
  }
  return gone;
}

export interface RetentionParts {
  readonly shelf: RecordingShelf;
  readonly limits: RetentionLimits;
  /** @throws AuditUnavailable */
  readonly audit: { append(event: AuditEvent): unknown };
}

/** Removes what has to go, and says so in the audit log. */
export class Retention {
  readonly #parts: RetentionParts;

  constructor(parts: RetentionParts) {
    this.#parts = parts;
  }

  /** @param before ISO 8601; null: as the settings say. @throws Error */
  async outgrown(before: string | null = null): Promise<readonly Outgrown[]> {
    const { shelf, limits } = this.#parts;
    const age = before === null ? Date.now() - limits.days * DAY : Date.parse(before);
    const most = before === null ? limits.totalMiB * MIB : Infinity;
    return outgrown(await shelf.list(), age, most);
  }

  /** What an admin wants removed is not when that cannot be recorded. @throws AuditUnavailable, Error */
  async prune(actor: EventActor, before: string | null): Promise<readonly Outgrown[]> {
    return this.#remove(await this.outgrown(before), (gone) => {
      this.#record(actor, gone);
    });
  }

  /** As the settings say. It is not put off for want of room in the audit log. @throws Error */
  async sweep(log: Log): Promise<void> {
    await this.#remove(await this.outgrown(), (gone) => {
      try {
        this.#record(null, gone);
      } catch (fault) {
        if (!(fault instanceof AuditUnavailable)) throw fault;
        const { recording, reason } = gone;
        log.error(
          { recording: recording.id, reason },
          'a removed recording cannot be recorded in the audit log',
        );
      }
    });
  }

  async #remove(all: readonly Outgrown[], record: (gone: Outgrown) => void): Promise<readonly Outgrown[]> {
    for (const gone of all) {
      record(gone);
      await this.#parts.shelf.remove(gone.recording);
    }
    return all;
  }

  #record(actor: EventActor | null, { recording: { id, customer, domain }, reason }: Outgrown): void {
    this.#parts.audit.append({ kind: 'recording.removed', actor, customer, domain, recording: id, reason });
  }
}
