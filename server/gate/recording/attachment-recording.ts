import type { Recorded } from '../../../policy/recorded.js';
import type { CustomerName, DomainName } from '../../../policy/names.js';
import type { Refusal } from '../../../policy/refusal.js';
import type { AuditEvent } from '../../store/audit-event.js';
import { AuditUnavailableError } from '../../store/store-error.js';
import { actorOf } from '../audit/customer-actor.js';
import type { DemandedPermit } from '../access/authorize.js';
import type { Logger } from '../../wire/logger.js';
import type { Terminal, Unsubscribe } from '../session/terminal.js';
import * as recordingWords from '../text/recording-words.js';
import { RecordedTerminal } from './recorded-terminal.js';
import type { Recordings, Running } from './recordings.js';

interface AttachmentRecordingParts {
  readonly recordings: Recordings;
  readonly consoleOptions: {
    /** What of an attachment is to be recorded now. */
    record(customer: CustomerName, domain: DomainName): Recorded;
    onChange(listener: () => void): Unsubscribe;
  };
  /** @throws AuditUnavailableError */
  readonly audit: { append(event: AuditEvent): unknown };
  readonly log: Logger;
}

/** Called for the console that is recorded. */
interface AttachmentRecordingCallbacks {
  /** Tells the customer. */
  tell(sentence: string): void;
  /** Shows the guest's screen anew: a recording that begins amid an attachment begins with it. */
  repaint(): void;
  /** Ends the attachment. */
  end(sentence: string): void;
}

type Ended = Extract<AuditEvent, { kind: 'recording.ended' }>['reason'];

interface Current extends Running {
  readonly record: Exclude<Recorded, 'off'>;
}

/** The wait before a failed recording is tried again. Milliseconds. */
const AGAIN_MS = 30_000;

/**
 * The recording of one attachment to a console, as policy says and for as long as it does. It begins and ends
 * with the attachment, and at once when a new policy says otherwise. It has what the customer sees.
 */
export class AttachmentRecording {
  /** The customer's terminal as the console must use it, so that it is recorded. */
  readonly terminal: Terminal;
  readonly #parts: AttachmentRecordingParts;
  readonly #demanded: DemandedPermit;
  readonly #cleanup: Unsubscribe[] = [];
  #callbacks: AttachmentRecordingCallbacks | null = null;
  #current: Current | null = null;
  /** What the policy asked for last. */
  #wanted: Recorded = 'off';
  /** Changes with each beginning and end: callbacks of an earlier recording are ignored. */
  #stretch = 0;
  #failing = false;
  #again: NodeJS.Timeout | null = null;

  constructor(parts: AttachmentRecordingParts, demanded: DemandedPermit, terminal: Terminal) {
    this.#parts = parts;
    this.#demanded = demanded;
    this.terminal = new RecordedTerminal(terminal, {
      shown: (data) => {
        this.#current?.recorder.shown(data);
      },
      typed: (data) => {
        this.#current?.recorder.typed(data);
      },
    });
    this.#cleanup.push(
      terminal.onResize((columns, rows) => {
        this.#current?.recorder.resized(columns, rows);
      }),
    );
  }

  /** What the customer is told about the recording; null for nothing. */
  get sentence(): string | null {
    if (this.#current !== null) return recordingWords.recorded(this.#current.id, this.#current.record);
    return this.#failing ? recordingWords.notRecorded : null;
  }

  /** Begins before the console is opened. @returns a refusal when there must be a recording and cannot be */
  async begin(): Promise<Refusal | null> {
    this.#wanted = this.#asked();
    const error = this.#wanted === 'off' ? null : await this.#start(this.#wanted);
    if (error === null || !this.#parts.recordings.isRequired) return null;
    return recordingWords.mustBeRecorded(this.#demanded.domain, error.message);
  }

  /** Call it when the console is open; the console tells the customer `sentence`. */
  attach(callbacks: AttachmentRecordingCallbacks): void {
    this.#callbacks = callbacks;
    this.#recordBegin();
    this.#cleanup.push(
      this.#parts.consoleOptions.onChange(() => {
        this.#review();
      }),
    );
    // While the host was asked, the recording may have ended, and the policy may have changed.
    const missing = this.#wanted !== 'off' && this.#current === null;
    if (missing && this.#parts.recordings.isRequired) this.#without();
    this.#review();
  }

  /** Call it when the attachment is over, or never began. Twice is harmless. */
  dispose(): void {
    for (const undo of this.#cleanup.splice(0)) undo();
    this.#stop('left');
  }

  #asked(): Recorded {
    const { identity, domain } = this.#demanded;
    return this.#parts.consoleOptions.record(identity.customer, domain);
  }

  #review(): void {
    const wanted = this.#asked();
    if (wanted === this.#wanted) return;
    const recorded = this.#current !== null;
    this.#wanted = wanted;
    this.#stop('policy');
    if (wanted !== 'off') this.#resume(wanted);
    else if (recorded) this.#callbacks?.tell(recordingWords.noLongerRecorded);
  }

  /** Begins a recording amid the attachment. */
  #resume(record: Current['record']): void {
    const known = this.#failing;
    void this.#start(record).then((error) => {
      if (error !== null && !known) this.#without();
      if (error !== null || this.#current === null) return;
      this.#recordBegin();
      this.#callbacks?.repaint();
      this.#callbacks?.tell(recordingWords.recorded(this.#current.id, record));
    });
  }

  /** @returns why it cannot be written; null when it runs, or is not wanted any more */
  async #start(record: Current['record']): Promise<Error | null> {
    const stretch = ++this.#stretch;
    const { recordings } = this.#parts;
    const { identity, domain } = this.#demanded;
    const { columns, rows, term } = this.terminal;
    try {
      const context = { customer: identity.customer, domain, record, columns, rows, term };
      const running = await recordings.begin(context, {
        full: () => {
          if (stretch === this.#stretch) this.#full();
        },
        failed: (error) => {
          if (stretch !== this.#stretch) return;
          this.#fail(error);
          this.#without();
        },
      });
      if (stretch !== this.#stretch) {
        void recordings.discard(running);
        return null;
      }
      this.#current = { ...running, record };
      this.#failing = false;
      return null;
    } catch (error) {
      if (stretch !== this.#stretch) return null;
      this.#fail(error as Error);
      return error as Error;
    }
  }

  /** Reports a failure once until a recording runs again, and tries again later. */
  #fail(error: Error): void {
    const known = this.#failing;
    const record = this.#wanted;
    this.#stop('failed');
    this.#failing = true;
    if (record !== 'off') {
      this.#again = setTimeout(() => {
        this.#resume(record);
      }, AGAIN_MS);
    }
    if (known) return;
    const { operation, domain, identity } = this.#demanded;
    const { connection } = identity;
    this.#parts.log.error({ connection, domain, err: error }, 'recording.failed');
    const detail = error.message.slice(0, 300);
    this.#record({ kind: 'recording.failed', actor: actorOf(identity), domain, operation, detail });
  }

  /**
   * The recording cannot be written any more: tells the customer, or ends the attachment when it is required.
   */
  #without(): void {
    const { domain } = this.#demanded;
    if (this.#parts.recordings.isRequired) this.#callbacks?.end(recordingWords.cannotBeRecorded(domain));
    else this.#callbacks?.tell(recordingWords.notRecorded);
  }

  #full(): void {
    const { domain } = this.#demanded;
    this.#stop('full');
    if (this.#parts.recordings.isRequired) this.#callbacks?.end(recordingWords.recordingFull(domain));
    else this.#callbacks?.tell(recordingWords.noRoomToRecord);
  }

  #stop(reason: Ended): void {
    const { recordings } = this.#parts;
    const current = this.#current;
    this.#current = null;
    this.#stretch += 1;
    this.#failing = false;
    if (this.#again !== null) clearTimeout(this.#again);
    this.#again = null;
    if (current === null) return;
    if (this.#callbacks === null) {
      void recordings.discard(current);
      return;
    }
    void recordings.end(current);
    const { operation, domain, identity } = this.#demanded;
    const { id: recording, recorder } = current;
    const { bytes, missed } = recorder;
    const actor = actorOf(identity);
    this.#record({ kind: 'recording.ended', actor, domain, operation, recording, reason, bytes, missed });
  }

  #recordBegin(): void {
    if (this.#current === null) return;
    const { operation, domain, identity } = this.#demanded;
    const { id: recording, record } = this.#current;
    this.#record({ kind: 'recording.began', actor: actorOf(identity), domain, operation, recording, record });
  }

  /** Looking at a console must not wait for room on the disk. */
  #record(event: AuditEvent): void {
    try {
      this.#parts.audit.append(event);
    } catch (fault) {
      if (!(fault instanceof AuditUnavailableError)) throw fault;
      const { connection } = this.#demanded.identity;
      this.#parts.log.error({ kind: event.kind, connection }, 'audit.unwritable');
    }
  }
}
