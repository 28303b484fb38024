import type { EventActor } from '../../store/audit-actor.js';
import type { AuditEvent } from '../../store/audit-event.js';
import { AuditUnavailableError } from '../../store/store-error.js';
import type { Logger } from '../../wire/logger.js';
import { MaxHeap } from './max-heap.js';
import type { Recording, RecordingStore } from './recording-store.js';

/** The limits, as the settings have them. */
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
 * Chooses the recordings that have to go: first those that ended too long ago. Then, while all together are
 * too large, the oldest of the customer whose recordings take the most room, so that nobody's flood costs
 * another's. A recording that runs never has to go.
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
  const gone: Outgrown[] = [];
  const rest: Recording[] = [];
  for (const recording of recordings) {
    const { endedAt } = recording;
    if (endedAt !== null && Date.parse(endedAt) < before) gone.push({ recording, reason: 'age' });
    else rest.push(recording);
  }
  for (const recording of tooMuch(rest, most)) gone.push({ recording, reason: 'size' });
  return gone;
}

/** The room that one customer's recordings take, and which of them may go. */
interface Share {
  bytes: number;
  readonly order: number;
  /** Oldest first. */
  readonly ended: Recording[];
  /** How many of `ended` have gone. */
  gone: number;
}

function tooMuch(recordings: readonly Recording[], most: number): readonly Recording[] {
  const shares = new Map<string, Share>();
  let total = 0;
  for (const recording of recordings) {
    const share = shares.get(recording.customer) ?? { bytes: 0, order: shares.size, ended: [], gone: 0 };
    shares.set(recording.customer, share);
    share.bytes += recording.bytes;
    total += recording.bytes;
    if (recording.endedAt !== null) share.ended.push(recording);
  }
  if (total <= most) return [];
  const largest = new MaxHeap([...shares.values()].filter(({ ended }) => ended.length > 0));
  const gone: Recording[] = [];
  while (total > most) {
    const share = largest.first;
    const oldest = share?.ended[share.gone];
    if (share === undefined || oldest === undefined) break;
    share.gone += 1;
    share.bytes -= oldest.bytes;
    total -= oldest.bytes;
    gone.push(oldest);
    if (share.gone === share.ended.length) largest.drop();
    else largest.sink();
  }
  return gone;
}

interface RetentionParts {
  readonly recordingStore: RecordingStore;
  readonly limits: RetentionLimits;
  /** @throws AuditUnavailableError */
  readonly audit: { append(event: AuditEvent): unknown };
}

/** Removes the recordings that have to go, and records that in the audit log. */
export class Retention {
  readonly #parts: RetentionParts;

  constructor(parts: RetentionParts) {
    this.#parts = parts;
  }

  /** @param before ISO 8601; null for the limits of the settings. @throws Error */
  async outgrown(before: string | null = null): Promise<readonly Outgrown[]> {
    const { recordingStore, limits } = this.#parts;
    const age = before === null ? Date.now() - limits.days * DAY : Date.parse(before);
    const most = before === null ? limits.totalMiB * MIB : Infinity;
    return outgrown(await recordingStore.list(), age, most);
  }

  /** Deletes nothing unless the audit log records it. @throws AuditUnavailableError, Error */
  async prune(actor: EventActor, before: string | null): Promise<readonly Outgrown[]> {
    return this.#remove(await this.outgrown(before), (gone) => {
      this.#record(actor, gone);
    });
  }

  /** Removes by the limits of the settings, also when the audit log cannot be written. @throws Error */
  async sweep(log: Logger): Promise<void> {
    await this.#remove(await this.outgrown(), (gone) => {
      try {
        this.#record(null, gone);
      } catch (fault) {
        if (!(fault instanceof AuditUnavailableError)) throw fault;
        const { recording, reason } = gone;
        log.error({ recording: recording.id, reason }, 'recording.removal-not-recorded');
      }
    });
  }

  async #remove(all: readonly Outgrown[], record: (gone: Outgrown) => void): Promise<readonly Outgrown[]> {
    for (const gone of all) {
      record(gone);
      await this.#parts.recordingStore.remove(gone.recording);
    }
    return all;
  }

  #record(actor: EventActor | null, { recording: { id, customer, domain }, reason }: Outgrown): void {
    this.#parts.audit.append({ kind: 'recording.removed', actor, customer, domain, recording: id, reason });
  }
}
