import { duration } from '../../../menus/time-words.js';
import { isRefusal } from '../../../policy/refusal.js';
import type { Refusal } from '../../../policy/refusal.js';
import type { Identity } from '../session/identity.js';
import type { OwnRecordings } from '../customer/own-recordings.js';
import type { Recording } from '../recording/recording-store.js';
import { readRecording } from '../recording/recording-reader.js';
import type { Revocation } from '../access/revocation.js';
import type { CustomerTurns } from '../scheduling/customer-turns.js';
import { TurnTaker } from '../scheduling/turn-taker.js';
import type { Terminal } from '../session/terminal.js';
import * as recordingWords from '../text/recording-words.js';
import { aligned } from '../../../policy/columns.js';
import type { ExecOutput } from './exec-output.js';
import { EXIT } from './exit-status.js';

interface RecordingCommandParts {
  readonly own: OwnRecordings;
  readonly revocation: Pick<Revocation, 'track'>;
  readonly turns: CustomerTurns;
}

/** `recordings` and `recording ID`: the recordings of the customer's own attachments. */
export class RecordingCommand {
  readonly #own: OwnRecordings;
  readonly #revocation: Pick<Revocation, 'track'>;
  readonly #turns: CustomerTurns;
  readonly #identity: Identity;
  readonly #terminal: Terminal;
  readonly #output: ExecOutput;

  constructor(parts: RecordingCommandParts, identity: Identity, terminal: Terminal, output: ExecOutput) {
    this.#own = parts.own;
    this.#revocation = parts.revocation;
    this.#turns = parts.turns;
    this.#identity = identity;
    this.#terminal = terminal;
    this.#output = output;
  }

  /** @returns the exit status */
  async list(json: boolean): Promise<number> {
    const recordings = await this.#own.list(this.#identity);
    if (json) this.#output.json(recordings.map(shown));
    else this.#output.lines(recordingTable(recordings));
    return EXIT.done;
  }

  /**
   * Writes a recording to stdout, as fast as the client takes it, as long as the domain may be seen. @returns
   * the exit status
   */
  async fetch(id: string): Promise<number | Refusal> {
    const recording = await this.#own.take(this.#identity, id);
    if (isRefusal(recording)) return recording;
    const { domain } = recording;
    let wake = (): void => undefined;
    const lost: string[] = [];
    const tracked = this.#revocation.track({
      identity: this.#identity,
      needs: () => ({ action: 'status', domain }),
      end: (sentence) => {
        lost.push(sentence);
        wake();
      },
    });
    const turns = new TurnTaker(this.#turns, this.#identity.customer);
    try {
      const { stream } = await readRecording(recording);
      for await (const chunk of stream as AsyncIterable<Buffer>) {
        const written = await turns.take(() => {
          if (!tracked.canAct() || !this.#terminal.isOpen) return null;
          if (this.#terminal.write(chunk)) return { drained: null };
          // It begins to wait at once: the terminal may be drained in the same turn.
          const drained = this.#drained((resolve) => {
            wake = resolve;
          });
          return { drained };
        });
        if (written === null) break;
        await written.drained;
      }
    } finally {
      turns.leave();
      tracked.forget();
    }
    for (const sentence of lost) this.#output.say(sentence);
    return lost.length === 0 && this.#terminal.isOpen ? EXIT.done : EXIT.failed;
  }

  /** Waits until the terminal is drained or closed. @param orBy gets a function that ends the wait too */
  #drained(orBy: (wake: () => void) => void): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        for (const stop of stops) stop();
        resolve();
      };
      const stops = [this.#terminal.onDrain(done), this.#terminal.onClose(done)];
      orBy(done);
    });
  }
}

/** The recordings line by line, or that there are none. */
export function recordingTable(recordings: readonly Recording[]): readonly string[] {
  if (recordings.length === 0) return [recordingWords.noRecordings];
  return aligned([['ID', 'SERVER', 'BEGAN', 'LASTED', 'RECORDED'], ...recordings.map(row)]);
}

function shown({ id, domain, begunAt, endedAt, record, bytes }: Recording): object {
  return { id, domain, begunAt, endedAt, record, bytes };
}

function row({ id, domain, begunAt, endedAt, record }: Recording): string[] {
  const lasted = endedAt === null ? recordingWords.runs : duration(Date.parse(endedAt) - Date.parse(begunAt));
  return [id, domain, `${begunAt.slice(0, 19)}Z`, lasted, recordingWords.recordedParts[record]];
}
