import type { FaultGuard } from '../../wire/fault-guard.js';
import { isAttached } from './attach-proof.js';
import { Pty } from '../process/pty.js';
import type { PtyCommand, PtyExit } from '../process/pty.js';
import type { Incarnation } from '../toolstack/incarnation.js';
import type { ScreenSize } from '../screens/screen-job.js';

interface ClientListener {
  /** Called once: `output` from now on is the console's. */
  begins(): void;
  /**
   * Bytes of the console, none of the toolstack's own words. @returns how many milliseconds to stop reading
   */
  output(bytes: Buffer): number;
  /** Called once: the client is attached. */
  proven(): void;
  /** Nobody should wait any longer for the proof. Looking for it goes on. */
  slow(): void;
  /** Called after refused input, when there is room again. */
  drain(): void;
  /** Called once, last of all. */
  exited(end: ClientEnd): void;
}

export interface ClientEnd {
  /** Another client holds the console's lock. */
  readonly locked: boolean;
  /** The toolstack's own words, printable, when it failed before it was attached. */
  readonly reason: string;
  readonly code: number;
  readonly lastedMs: number;
}

/** Who has a domid: the incarnation that was meant, another one, or not known now. */
export type Ownership = 'same' | 'other' | 'unknown';

interface ClientParts {
  readonly command: PtyCommand;
  /** Whether it was started with `-e ^^`. */
  readonly passesEscape: boolean;
  /** Asks the toolstack anew whether the domid is still this incarnation's. */
  readonly whose: () => Promise<Ownership>;
  readonly incarnation: Incarnation;
  readonly size: ScreenSize;
  /** Looks for the proof after 10 ms at first, instead of 80. */
  readonly urgent: boolean;
  readonly slowMs: number;
  readonly guard: FaultGuard;
}

/** Ctrl-]: it would end xenconsole, for everybody. */
const ESCAPE = 0x1d;
/** Ctrl-^: ends xenconsole instead of Ctrl-], where it was started with `-e ^^`. */
const TOLD_ESCAPE = 0x1e;
/** xenconsole's exit status when another client holds the lock: EAGAIN. */
const LOCKED_EXIT = 11;
const LOCKED_TEXT = 'Could not lock';
/** Output from before the proof is held. At this many bytes reading stops. */
const HELD_BYTES = 64 * 1024;
const URGENT_PROOF_MS = 10;
const PROOF_MS = 80;
const LAST_PROOF_MS = 1_000;
/** The most that an end waits for the proof. */
const PROOF_AT_CLOSE_MS = 1_000;
const REASON_LENGTH = 300;

/**
 * One run of the toolstack's console for one incarnation. Its output before it is attached may be its own
 * words ("Could not lock …") or already the guest's, so it is held until the proof decides.
 *
 * The toolstack's console takes a domid, and domids are re-used. So we ask who has the domid only after the
 * client is attached: a console ends with its domain, so the answer holds for the whole run. Output that can
 * no longer be proven because the domain is gone is shown to nobody. A client that we end ourselves is asked for the
 * proof once more: nobody can read again what it has read.
 */
export class ConsoleClient {
  readonly incarnation: Incarnation;
  readonly #listener: ClientListener;
  readonly #parts: ClientParts;
  readonly #pty: Pty;
  readonly #openedAt = performance.now();
  #held: Buffer[] = [];
  #heldBytes = 0;
  #proven = false;
  #closing = false;
  #over = false;
  #timer: NodeJS.Timeout | undefined;

  /** @throws Error when no pty is available */
  constructor(parts: ClientParts, listener: ClientListener) {
    this.incarnation = parts.incarnation;
    this.#listener = listener;
    this.#parts = parts;
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

  /** @returns the bytes that found no room. The key that would end the client is left out. */
  write(bytes: Buffer): Buffer | null {
    const unwanted = this.#parts.passesEscape ? TOLD_ESCAPE : ESCAPE;
    const passed = bytes.includes(unwanted) ? Buffer.from(bytes.filter((byte) => byte !== unwanted)) : bytes;
    const taken = this.#pty.write(passed);
    return taken < passed.length ? passed.subarray(taken) : null;
  }

  resize({ cols, rows }: ScreenSize): void {
    this.#pty.resize(cols, rows);
  }

  /** Ends the client, a second later at most; `exited` still comes. */
  close(): void {
    if (this.#closing) return;
    this.#closing = true;
    if (this.#proven || this.#over) this.#pty.close();
    else this.#closeAfterProof();
  }

  #proveIn(wait: number): void {
    const proven = this.#parts.guard.on(
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
    const look = this.#parts.guard.on(
      'proof',
      () => {
        if (performance.now() - this.#openedAt > this.#parts.slowMs) this.#listener.slow();
        // A failed look counts as unknown, and is repeated.
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

  #closeAfterProof(): void {
    const close = (): void => {
      clearTimeout(this.#timer);
      this.#pty.close();
    };
    const asked = this.#parts.guard.on(
      'proof',
      (owner: Ownership) => {
        if (owner === 'same' && !this.#over) this.#showHeld();
        close();
      },
      close,
    );
    clearTimeout(this.#timer);
    this.#timer = setTimeout(close, PROOF_AT_CLOSE_MS);
    void this.#look().then(asked, close);
  }

  async #look(): Promise<Ownership> {
    return (await isAttached(this.#pty.pid, this.#pty.tty)) ? this.#parts.whose() : 'unknown';
  }

  #showHeld(): void {
    const held = this.#held;
    this.#held = [];
    this.#listener.begins();
    for (const bytes of held) this.#listener.output(bytes);
    this.#proven = true;
  }

  #prove(): void {
    this.#showHeld();
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
    this.#held.push(Buffer.from(bytes));
    this.#heldBytes += bytes.length;
    if (this.#heldBytes >= HELD_BYTES) this.#pty.pause();
  }

  #pause(ms: number): void {
    this.#pty.pause();
    clearTimeout(this.#timer);
    const resume = this.#parts.guard.on('resume', () => {
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
