/** Milliseconds. */
const WINDOW_MS = 100;

/** How much of the event loop's time one customer takes. Times are milliseconds of one clock. */
export class TurnShare<Place> {
  /** How many places the customer has. */
  places = 0;
  /** Those that wait for a turn, in order. */
  readonly waiting: Place[] = [];
  /** Whether it stands among the customers that wait. */
  isInLine = false;
  #windowStart = -Infinity;
  #used = 0;
  #usedBefore = 0;
  #turn = -1;
  #usedInTurn = 0;

  /** @param now when it ended @param turn the number of the event loop's turn */
  spend(milliseconds: number, now: number, turn: number): void {
    this.#pass(now);
    this.#used += milliseconds;
    this.#usedInTurn = this.usedIn(turn) + milliseconds;
    this.#turn = turn;
  }

  usedIn(turn: number): number {
    return this.#turn === turn ? this.#usedInTurn : 0;
  }

  /** What the customer used in the last 100 to 200 ms. */
  lately(now: number): number {
    this.#pass(now);
    return this.#used + this.#usedBefore;
  }

  #pass(now: number): void {
    const passed = now - this.#windowStart;
    if (passed < WINDOW_MS) return;
    this.#usedBefore = passed < 2 * WINDOW_MS ? this.#used : 0;
    this.#used = 0;
    this.#windowStart = now;
  }
}
