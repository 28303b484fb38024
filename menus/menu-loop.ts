import type { Perform } from './port.js';
import type { MenuState } from './state.js';
import type { Message } from './update.js';
import { update } from './update.js';

/** Runs messages through `update`, one after the other, and its effects. */
export class MenuLoop {
  state: MenuState;
  readonly #perform: Perform;
  readonly #messages: Message[] = [];
  #busy = false;

  constructor(state: MenuState, perform: Perform) {
    this.state = state;
    this.#perform = perform;
  }

  /**
   * Runs these messages. One that arrives during an effect waits for the run that is under way.
   *
   * @returns whether they have been run
   */
  run(...messages: readonly Message[]): boolean {
    this.#messages.push(...messages);
    if (this.#busy) return false;
    this.#busy = true;
    for (let message = this.#messages.shift(); message !== undefined; message = this.#messages.shift()) {
      const { state, effects } = update(this.state, message);
      this.state = state;
      for (const effect of effects) this.#perform(effect);
    }
    this.#busy = false;
    return true;
  }
}
