import { initialState } from '../../menus/state.js';
import type { MenuState } from '../../menus/state.js';
import type { Effect, Fact, MenuStart } from '../../menus/port.js';
import { update } from '../../menus/update.js';
import type { Message } from '../../menus/update.js';
import { menuStart } from './menu-samples.js';

/** Drives the pure menu as a customer does: `press('4', 'horatio', 'enter')`. */
export class MenuDriver {
  state: MenuState;
  /** All effects so far. */
  readonly effects: Effect[] = [];

  constructor(start: Partial<MenuStart> = {}) {
    this.state = initialState(menuStart(start));
  }

  send(...messages: readonly Message[]): this {
    for (const message of messages) {
      const step = update(this.state, message);
      this.state = step.state;
      this.effects.push(...step.effects);
    }
    return this;
  }

  tell(fact: Fact): this {
    return this.send(fact);
  }

  /** Presses keys, one for each argument. For words use `type`. */
  press(...keys: readonly string[]): this {
    return this.send(...keys.map((key) => ({ input: 'key', key }) as const));
  }

  type(text: string): this {
    return this.press(...Array.from(text));
  }

  /** The effects since the last call. */
  taken(): Effect[] {
    return this.effects.splice(0);
  }
}
