import type { Terminal, Unsubscribe } from '../session/terminal.js';
import type { ChannelInput } from './channel-input.js';
import type { ChannelOutput } from './channel-output.js';
import { windowSize, type WindowSize } from './window-size.js';

/** What the client said about its terminal before the shell or the command began. */
interface TerminalTraits {
  readonly hasPty: boolean;
  readonly term: string;
  readonly utf8: boolean | null;
  readonly size: WindowSize;
}

/** The shortest time between two reports of the window's size: each costs a new screen. */
const RESIZE_MS = 50;
/** A client that has been told to go must take some of the rest in each such time. */
const LAST_WORDS_MS = 5000;
/** And all of it in so many of them: else one that takes a byte now and then would stay. */
const LAST_WORDS_TIMES = 12;

type Listeners<A extends unknown[] = []> = readonly ((...args: A) => void)[];

const NONE: readonly never[] = [];

/** The customer's end of a session over one SSH channel. */
export class SshTerminal implements Terminal {
  readonly hasPty: boolean;
  readonly term: string;
  readonly utf8: boolean | null;
  readonly #input: ChannelInput;
  readonly #output: ChannelOutput;
  readonly #guard: (work: () => void) => void;
  readonly #inTurn: (work: () => void) => void;
  readonly #sendExit: (status: number) => void;
  // Made anew at each change: a list takes less than a set, and thousands of idle terminals have few. `concat` leaves no
  // room for more in it, as a spread does.
  #drainListeners: Listeners = NONE;
  #resizeListeners: Listeners<[columns: number, rows: number]> = NONE;
  #breakListeners: Listeners<[milliseconds: number]> = NONE;
  #closeListeners: Listeners = NONE;
  #size: WindowSize;
  #nextSize: WindowSize | null = null;
  #resizeTimer: NodeJS.Timeout | undefined;
  #open = true;
  #closed = false;

  /**
   * @param sendExit sends exit status, EOF and CLOSE; called once, after all output
   * @param guard runs the listeners' code, and deals with what it throws
   * @param inTurn runs work when it is the customer's turn
   */
  constructor(
    traits: TerminalTraits,
    input: ChannelInput,
    output: ChannelOutput,
    sendExit: (status: number) => void,
    guard: (work: () => void) => void,
    inTurn: (work: () => void) => void = (work) => {
      work();
    },
  ) {
    this.hasPty = traits.hasPty;
    this.term = traits.term;
    this.utf8 = traits.utf8;
    this.#size = traits.size;
    this.#input = input;
    this.#output = output;
    this.#sendExit = sendExit;
    this.#guard = guard;
    this.#inTurn = inTurn;
  }

  get columns(): number {
    return this.#size.columns;
  }

  get rows(): number {
    return this.#size.rows;
  }

  get isOpen(): boolean {
    return this.#open;
  }

  get pendingBytes(): number {
    return this.#open ? this.#output.pendingBytes : 0;
  }

  write(data: string | Uint8Array): boolean {
    if (!this.#open) return true;
    return this.#output.write(bytesOf(data));
  }

  writeError(text: string): void {
    if (this.#open) this.#output.write(bytesOf(text), !this.hasPty);
  }

  onDrain(listener: () => void): Unsubscribe {
    this.#drainListeners = this.#drainListeners.concat([listener]);
    return () => {
      this.#drainListeners = without(this.#drainListeners, listener);
    };
  }

  onInput(listener: (data: Buffer) => void): Unsubscribe {
    return this.#input.onInput(listener);
  }

  onEnd(listener: () => void): Unsubscribe {
    return this.#input.onEnd(listener);
  }

  onResize(listener: (columns: number, rows: number) => void): Unsubscribe {
    this.#resizeListeners = this.#resizeListeners.concat([listener]);
    return () => {
      this.#resizeListeners = without(this.#resizeListeners, listener);
    };
  }

  onBreak(listener: (milliseconds: number) => void): Unsubscribe {
    this.#breakListeners = this.#breakListeners.concat([listener]);
    return () => {
      this.#breakListeners = without(this.#breakListeners, listener);
    };
  }

  inTurn(work: () => void): void {
    this.#inTurn(() => {
      this.#guard(work);
    });
  }

  /** The listener is also called, soon, when the terminal is closed already. */
  onClose(listener: () => void): Unsubscribe {
    if (this.#closed) {
      queueMicrotask(() => {
        this.#guard(listener);
      });
      return () => undefined;
    }
    this.#closeListeners = this.#closeListeners.concat([listener]);
    return () => {
      this.#closeListeners = without(this.#closeListeners, listener);
    };
  }

  exit(status: number): void {
    if (!this.#open) return;
    this.#open = false;
    clearTimeout(this.#resizeTimer);
    let pending = this.#output.pendingBytes;
    let times = 0;
    const impatience = setInterval(() => {
      times += 1;
      const before = pending;
      pending = this.#output.pendingBytes;
      if (pending < before && times < LAST_WORDS_TIMES) return;
      clearInterval(impatience);
      this.#guard(() => {
        this.#output.close();
      });
    }, LAST_WORDS_MS);
    this.#output.end(() => {
      clearInterval(impatience);
      if (!this.#closed) this.#sendExit(status);
      this.closed();
    });
  }

  /** For the channel: the client's window has changed. */
  resized(columns: number, rows: number): void {
    if (!this.#open || !this.hasPty) return;
    this.#nextSize = windowSize(columns, rows);
    this.#resizeTimer ??= setTimeout(() => {
      this.#resizeTimer = undefined;
      this.#tellSize();
    }, RESIZE_MS);
  }

  /** For the channel: the client asks for a break. @returns whether there is a listener */
  broke(milliseconds: number): boolean {
    if (!this.#open || this.#breakListeners.length === 0) return false;
    this.#tell(this.#breakListeners, milliseconds);
    return true;
  }

  /** For the channel: a source that waited may go on. */
  drained(): void {
    if (this.#open) this.#tell(this.#drainListeners);
  }

  /** For the channel: it is closed, or the connection is lost. */
  closed(): void {
    if (this.#closed) return;
    this.#open = false;
    this.#closed = true;
    clearTimeout(this.#resizeTimer);
    this.#input.close();
    this.#output.close();
    this.#tell(this.#closeListeners);
    this.#drainListeners = NONE;
    this.#resizeListeners = NONE;
    this.#breakListeners = NONE;
    this.#closeListeners = NONE;
  }

  #tellSize(): void {
    const size = this.#nextSize;
    if (size === null || !this.#open) return;
    if (size.columns === this.#size.columns && size.rows === this.#size.rows) return;
    this.#size = size;
    this.#tell(this.#resizeListeners, size.columns, size.rows);
  }

  #tell<A extends unknown[]>(listeners: Listeners<A>, ...args: A): void {
    for (const listener of listeners) {
      this.#guard(() => {
        listener(...args);
      });
    }
  }
}

function bytesOf(data: string | Uint8Array): Buffer {
  if (typeof data === 'string') return Buffer.from(data);
  return Buffer.isBuffer(data) ? data : Buffer.from(data.buffer, data.byteOffset, data.byteLength);
}

/** @returns them without one of these */
function without<T>(listeners: readonly T[], listener: T): readonly T[] {
  const at = listeners.indexOf(listener);
  return at === -1 ? listeners : listeners.toSpliced(at, 1);
}
