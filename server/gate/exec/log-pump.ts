import type { CustomerName } from '../../../policy/names.js';
import type { LogStream } from '../hosts/log-stream.js';
import type { CustomerTurns } from '../scheduling/customer-turns.js';
import { TurnTaker } from '../scheduling/turn-taker.js';
import { lastLines } from './last-lines.js';
import type { LogPrinter } from './log-printer.js';
import { RestTimer } from './rest-timer.js';

interface LogPumpParts {
  readonly turns: CustomerTurns;
  readonly customer: CustomerName;
  /** Asked at every piece: whether the customer still may read. */
  readonly canAct: () => boolean;
  /** Whether nobody wants more. */
  readonly isCut: () => boolean;
}

/** Prints the streams of a log one after the other, as fast as the terminal takes them, in the customer's turns. */
export class LogPump {
  readonly #parts: LogPumpParts;
  #stream: LogStream | null = null;
  /**
   * The position of the first byte that has not come, of the stream that follows; null before it, and where the host
   * does not tell it.
   */
  #position: number | null = null;
  #wake: () => void = () => undefined;

  constructor(parts: LogPumpParts) {
    this.#parts = parts;
  }

  /** Where a stream that follows goes on when it is opened again; null where that cannot be told. */
  get position(): number | null {
    return this.#position;
  }

  /** Ends the wait for the terminal: it takes more, or nobody wants more. */
  wake(): void {
    this.#wake();
  }

  /** @param wake ends another wait instead */
  waits(wake: () => void): void {
    this.#wake = wake;
  }

  /** Ends the stream that is printed. */
  close(): void {
    this.#stream?.close();
  }

  /**
   * Prints a stream to its end, and closes it.
   *
   * @param isFollowed whether it is the one that follows
   * @param lines the last lines alone, of a host that cannot count them; null: all
   * @returns whether the host was lost before the end
   */
  async print(
    stream: LogStream,
    printer: LogPrinter,
    isFollowed: boolean,
    lines: number | null,
  ): Promise<boolean> {
    this.#stream = stream;
    this.#position = isFollowed ? (stream.head?.from ?? null) : null;
    const lost = await this.#pump(stream, printer, lines);
    stream.close();
    return lost;
  }

  async #pump(stream: LogStream, printer: LogPrinter, lines: number | null): Promise<boolean> {
    const { turns: all, customer, canAct, isCut } = this.#parts;
    const resting = new RestTimer(printer);
    const turns = new TurnTaker(all, customer);
    try {
      const bytes = stream.head === null && lines !== null ? lastLines(stream.bytes, lines) : stream.bytes;
      for await (const chunk of bytes) {
        const printed = await turns.take(() => {
          if (!canAct()) return null;
          resting.restart();
          if (this.#position !== null) this.#position += chunk.length;
          // It begins to wait at once: the terminal may be drained in the same turn.
          return { drained: printer.take(chunk) ? null : this.#drained() };
        });
        if (printed === null) break;
        if (printed.drained === null) continue;
        await printed.drained;
        if (isCut()) break;
      }
      return false;
    } catch {
      return true;
    } finally {
      resting.stop();
      turns.leave();
    }
  }

  async #drained(): Promise<void> {
    if (this.#parts.isCut()) return;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
  }
}
