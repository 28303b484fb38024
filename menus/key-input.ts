import { KeyTokens } from './key-tokens.js';
import type { Token } from './key-tokens.js';
import type { MenuTerminal } from './port.js';

/** Bytes read in one turn, and milliseconds until the next. A flood waits; nobody else does. */
const BYTES_A_TURN = 256;
const PAUSE_MS = 5;
/** CPU milliseconds that a session may spend on keys at once, and its share of the time beyond that. */
const BURST_MS = 250;
const SHARE = 1 / 4;
/** Milliseconds that an ESC waits for the rest of its sequence. */
const ESCAPE_MS = 60;

const NOTHING: Buffer = Buffer.alloc(0);

/** Clocks in milliseconds that never go back: this thread's CPU time, and wall time. */
interface KeyClock {
  readonly cpu: () => number;
  readonly wall: () => number;
}

const THREAD_CLOCK: KeyClock = {
  cpu: () => {
    const { user, system } = process.threadCpuUsage();
    return (user + system) / 1000;
  },
  wall: () => performance.now(),
};

/**
 * Reads a terminal's keys at a limited rate. While bytes wait, it does not read the terminal, so the client
 * is held up instead.
 */
export class KeyInput {
  readonly #terminal: Pick<MenuTerminal, 'onInput' | 'inTurn'>;
  readonly #take: (tokens: readonly Token[]) => void;
  readonly #clock: KeyClock;
  /** CPU milliseconds spent beyond the earned share, as of `#spentAt`. */
  #spent = 0;
  #spentAt = 0;
  #tokens = new KeyTokens();
  #waiting = NOTHING;
  #running = false;
  #stopListening: (() => void) | null = null;
  #pause: NodeJS.Timeout | null = null;
  /** The input that waits for its turn. */
  #due: (() => void) | null = null;
  #escape: NodeJS.Timeout | null = null;
  #drained: (() => void) | null = null;

  constructor(
    terminal: Pick<MenuTerminal, 'onInput' | 'inTurn'>,
    take: (tokens: readonly Token[]) => void,
    clock: KeyClock = THREAD_CLOCK,
  ) {
    this.#terminal = terminal;
    this.#take = take;
    this.#clock = clock;
  }

  start(): void {
    if (this.#running) return;
    this.#running = true;
    this.#listen();
  }

  /** Stops reading. Bytes that were not handled are dropped: they were typed for another reader. */
  stop(): void {
    this.#running = false;
    this.#unlisten();
    if (this.#pause !== null) clearTimeout(this.#pause);
    if (this.#escape !== null) clearTimeout(this.#escape);
    this.#pause = null;
    this.#due = null;
    this.#escape = null;
    this.#waiting = NOTHING;
    this.#tokens = new KeyTokens();
  }

  /** Calls back when all received bytes are handled: at once, or after the last pause. */
  onceDrained(listener: () => void): void {
    if (this.#pause === null && this.#due === null) listener();
    else this.#drained = listener;
  }

  #listen(): void {
    this.#stopListening ??= this.#terminal.onInput((data) => {
      this.#waiting = this.#waiting.length === 0 ? data : Buffer.concat([this.#waiting, data]);
      if (this.#pause === null && this.#due === null) this.#soon();
    });
  }

  #unlisten(): void {
    this.#stopListening?.();
    this.#stopListening = null;
  }

  #soon(): void {
    const turn = (): void => {
      if (this.#due !== turn) return;
      this.#due = null;
      this.#turn();
    };
    this.#due = turn;
    if (this.#terminal.inTurn === undefined) turn();
    else this.#terminal.inTurn(turn);
    if (this.#due === turn) this.#unlisten();
  }

  #turn(): void {
    const turn = this.#waiting.subarray(0, BYTES_A_TURN);
    // An empty piece would keep the whole block of memory that it is cut from.
    this.#waiting = turn.length === this.#waiting.length ? NOTHING : this.#waiting.subarray(turn.length);
    if (this.#escape !== null) clearTimeout(this.#escape);
    this.#escape = null;
    const rest = this.#pay(() => {
      this.#give(this.#tokens.push(turn));
    });
    if (!this.#running) return;
    if (this.#waiting.length > 0 || rest > 0) {
      this.#unlisten();
      this.#pause = setTimeout(
        () => {
          this.#pause = null;
          this.#soon();
        },
        Math.max(PAUSE_MS, rest),
      );
      return;
    }
    if (this.#tokens.isWaiting) {
      this.#escape = setTimeout(() => {
        this.#escape = null;
        this.#give(this.#tokens.flush());
      }, ESCAPE_MS);
    }
    this.#listen();
    const drained = this.#drained;
    this.#drained = null;
    drained?.();
  }

  /**
   * @returns milliseconds to rest after the work, so that one session's storm of keys leaves the others their
   * share
   */
  #pay(work: () => void): number {
    const { cpu, wall } = this.#clock;
    const began = cpu();
    work();
    const now = wall();
    this.#spent = Math.max(0, this.#spent - (now - this.#spentAt) * SHARE) + cpu() - began;
    this.#spentAt = now;
    return Math.max(0, (this.#spent - BURST_MS) / SHARE);
  }

  #give(tokens: readonly Token[]): void {
    if (tokens.length > 0) this.#take(tokens);
  }
}
