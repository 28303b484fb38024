import type { FaultGuard } from '../../wire/fault-guard.js';
import { isAttached } from './attach-proof.js';
import { Pty } from '../process/pty.js';
import type { PtyCommand, PtyExit } from '../process/pty.js';
import type { Incarnation } from '../toolstack/incarnation.js';
import type { ScreenSize } from '../screens/screen-job.js';

interface ClientListener {
  /** Once: what `output` brings from now on is the console's. */
  begins(): void;
  /** Bytes of the console, none of the toolstack's own words. @returns for how many milliseconds not to read on */
  output(bytes: Buffer): number;
  /** Once: it is attached. */
  proven(): void;
  /** It has been tried for so long without a proof that nobody should wait for it. It is tried on. */
  slow(): void;
  /** Input was refused, and there is room again. */
  drain(): void;
  /** Once, last of all. */
  exited(end: ClientEnd): void;
}

export interface ClientEnd {
  /** Another has the console's lock. */
  readonly locked: boolean;
  /** The toolstack's own words, printable, when it failed before it was attached. */
  readonly reason: string;
  readonly code: number;
  readonly lastedMs: number;
}

/** Whose a domid is: the incarnation's that was meant, somebody else's, or not to be had now. */
export type Ownership = 'same' | 'other' | 'unknown';

export interface ClientParts {
  readonly command: PtyCommand;
  /** Asks the toolstack anew whether the domid still is this incarnation's. */
  readonly whose: () => Promise<Ownership>;
  readonly incarnation: Incarnation;
  readonly size: ScreenSize;
  /** Look for the proof every 10 ms at first, instead of every 80. */
  readonly urgent: boolean;
  readonly slowMs: number;
  readonly guard: FaultGuard;
}

/** xenconsole when another holds its lock: EAGAIN. */
const LOCKED_EXIT = 11;
const LOCKED_TEXT = 'Could not lock';
/** What came before the proof of being attached is held; at this much the pty is not read on. */
const HELD_BYTES = 64 * 1024;
const URGENT_PROOF_MS = 10;
const PROOF_MS = 80;
const LAST_PROOF_MS = 1_000;
const REASON_LENGTH = 300;

/**
 * One run of the toolstack's console for one incarnation. What it prints before it is attached may be its own words ("Could not
 * lock …") or already the guest's: it is held until the proof tells which. The toolstack's console takes a number, and numbers are
 * used again: only when it is attached is asked whose the number is. A console ends with its domain, so what is so then was so all
 * the while. What cannot be proven any more, as the domain is gone, is shown to nobody.
 */
export class ConsoleClient {
  readonly incarnation: Incarnation;
  readonly #listener: ClientListener;
  readonly #slowMs: number;
  readonly #guard: FaultGuard;
  readonly #whose: () => Promise<Ownership>;
  readonly #pty: Pty;
  readonly #openedAt = performance.now();
  #held: Buffer[] = [];
  #heldBytes = 0;
  #proven = false;
  #closing = false;
  #over = false;
  #timer: NodeJS.Timeout | undefined;

  /** @throws Error when there is no pty to be had */
  constructor(parts: ClientParts, listener: ClientListener) {
    this.incarnation = parts.incarnation;
    this.#listener = listener;
    this.#slowMs = parts.slowMs;
    this.#guard = parts.guard;
    this.#whose = parts.whose;
    const { guard } = parts;
    this.#pty = new Pty(parts.command, parts.size.cols, parts.size.rows, {
      data: guard.on('data', (bytes: Buffer) => {
        this.#data(bytes);
      }),
      exit: guard.on('exit', (exit: PtyExit) => {
        this.#exited(exit);
      }),
      drain: guard.on('drain', () => {
        listener.drain();
      }),
    });
    this.#proveIn(parts.urgent ? URGENT_PROOF_MS : PROOF_MS);
  }

  get isProven(): boolean {
    return this.#proven;
  }

  get isClosing(): boolean {
    return this.#closing;
  }

  /** @returns how many bytes were taken; before the proof they wait */
  write(bytes: Buffer): number {
    return this.#pty.write(bytes);
  }

  resize({ cols, rows }: ScreenSize): void {
    this.#pty.resize(cols, rows);
  }

  /** Ends it; `exited` still comes. */
  close(): void {
    if (this.#closing) return;
    this.#closing = true;
    this.#pty.close();
  }

  #proveIn(wait: number): void {
    const proven = this.#guard.on(
      'proof',
      (owner: Ownership) => {
        if (this.#over || this.#closing) return;
        if (owner === 'same') this.#prove();
        else if (owner === 'other') this.#pty.close();
        else this.#proveIn(Math.min(wait * 1.5, LAST_PROOF_MS));
      },
      () => {
        this.close();
      },
    );
    const look = this.#guard.on(
      'proof',
      () => {
        if (performance.now() - this.#openedAt > this.#slowMs) this.#listener.slow();
        // What could not be looked at is not known, and looked at again.
        void this.#look().then(proven, () => {
          proven('unknown');
        });
      },
      () => {
        this.close();
      },
    );
    this.#timer = setTimeout(look, wait).unref();
  }

  async #look(): Promise<Ownership> {
    return (await isAttached(this.#pty.pid, this.#pty.tty)) ? this.#whose() : 'unknown';
  }

  #prove(): void {
    const held = this.#held;
    this.#held = [];
    this.#listener.begins();
    for (const bytes of held) this.#listener.output(bytes);
    this.#proven = true;
    this.#pty.openInput();
    this.#pty.resume();
    this.#listener.proven();
  }

  #data(bytes: Buffer): void {
    if (this.#proven) {
      const pause = this.#listener.output(bytes);
      if (pause > 0) this.#pause(pause);
      return;
    }
    this.#held.push(bytes);
    this.#heldBytes += bytes.length;
    if (this.#heldBytes >= HELD_BYTES) this.#pty.pause();
  }

  #pause(ms: number): void {
    this.#pty.pause();
    clearTimeout(this.#timer);
    const resume = this.#guard.on('resume', () => {
      this.#pty.resume();
    });
    this.#timer = setTimeout(resume, ms);
  }

  #exited({ code, signal }: PtyExit): void {
    clearTimeout(this.#timer);
    this.#over = true;
    const wellEnded = code === 0 && signal === 0;
    const words =
      this.#proven || wellEnded ? '' : Buffer.concat(this.#held).subarray(0, HELD_BYTES).toString('latin1');
    this.#held = [];
    this.#listener.exited({
      locked: !this.#proven && (code === LOCKED_EXIT || words.includes(LOCKED_TEXT)),
      reason: words
        .replace(/[^\x20-\x7e]+/g, ' ')
        .trim()
        .slice(0, REASON_LENGTH),
      code,
      lastedMs: this.#proven ? performance.now() - this.#openedAt : 0,
    });
  }
}
