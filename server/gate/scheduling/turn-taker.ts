import type { CustomerTurns, TurnPlace } from './customer-turns.js';

/** Work of one customer that waits for its turn, piece by piece. Leave it at the end. */
export class TurnTaker {
  readonly #place: TurnPlace;

  constructor(turns: CustomerTurns, customer: string) {
    // Who waits for a piece asks for no other one.
    this.#place = turns.join(customer, { holdReading: () => undefined, readOn: () => undefined });
  }

  /** @returns what the work returns; rejects with what it throws */
  take<T>(work: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      const run = (): void => {
        try {
          resolve(work());
        } catch (fault) {
          reject(fault instanceof Error ? fault : new Error(String(fault)));
        }
      };
      if (!this.#place.now(run)) this.#place.later(run);
    });
  }

  /** Does what waits, and takes no more turns. Twice is harmless. */
  leave(): void {
    this.#place.finish();
    this.#place.leave();
  }
}
