import { FaultScope } from '../../wire/fault-scope.js';
import { Slices } from '../scheduling/slices.js';
import type { Unsubscribe } from './terminal.js';

/** Shows a text to somebody on a console. @returns whether they read it now */
type AnnouncementListener = (text: string) => boolean;

/** The menus that are open. */
interface Menus {
  /** @returns how many customers read it */
  announce(text: string): Promise<number>;
}

/**
 * Passes on what admins say to all who are logged in, in slices. Commands by exec hear nothing: a script reads their
 * output.
 */
export class Announcements {
  readonly #menus: Menus;
  readonly #slices: Slices;
  readonly #consoles = new Map<AnnouncementListener, FaultScope | undefined>();
  readonly #onFault: (fault: unknown) => void;
  #last: Promise<unknown> = Promise.resolve();

  /** @param onFault hears what a console threw; the others are told all the same */
  constructor(menus: Menus, onFault: (fault: unknown) => void, slices = new Slices()) {
    this.#menus = menus;
    this.#onFault = onFault;
    this.#slices = slices;
  }

  onConsole(hearer: AnnouncementListener): Unsubscribe {
    const own: AnnouncementListener = (text) => hearer(text);
    this.#consoles.set(own, FaultScope.current);
    return () => this.#consoles.delete(own);
  }

  /** @returns how many were told */
  async make(text: string): Promise<number> {
    const [menus, consoles] = await Promise.all([this.#menus.announce(text), this.toConsoles(text)]);
    return menus + consoles;
  }

  /** For texts that menus show by themselves. @returns how many were told */
  toConsoles(text: string): Promise<number> {
    const told = this.#last.then(async () => {
      const left = [...this.#consoles.keys()].reverse();
      let readers = 0;
      await this.#slices.run(() => {
        const hear = left.pop();
        if (hear !== undefined && this.#consoles.has(hear) && this.#reads(hear, text)) readers += 1;
        return left.length > 0;
      });
      return readers;
    });
    this.#last = told;
    return told;
  }

  #reads(hear: AnnouncementListener, text: string): boolean {
    try {
      return FaultScope.within(this.#consoles.get(hear), () => hear(text));
    } catch (fault) {
      this.#onFault(fault);
      return false;
    }
  }
}
