import type { Unsubscribe } from './terminal.js';

/** Somebody who can be told: in the menu, or on a console. @returns whether they read it now */
export type Hearer = (text: string) => boolean;

/** What admins say to all who are logged in. Commands by exec hear nothing: their output is a script's. */
export class Announcements {
  readonly #menus = new Set<Hearer>();
  readonly #consoles = new Set<Hearer>();

  inMenu(hearer: Hearer): Unsubscribe {
    return joined(this.#menus, hearer);
  }

  onConsole(hearer: Hearer): Unsubscribe {
    return joined(this.#consoles, hearer);
  }

  /** @returns how many were told */
  make(text: string): number {
    return told(this.#menus, text) + this.toConsoles(text);
  }

  /** For what menus show by themselves. @returns how many were told */
  toConsoles(text: string): number {
    return told(this.#consoles, text);
  }
}

function joined(hearers: Set<Hearer>, hearer: Hearer): Unsubscribe {
  const own: Hearer = (text) => hearer(text);
  hearers.add(own);
  return () => hearers.delete(own);
}

function told(hearers: ReadonlySet<Hearer>, text: string): number {
  return [...hearers].filter((hear) => hear(text)).length;
}
