import type { Unsubscribe } from './terminal.js';

/** Shows a text to somebody in the menu or on a console. @returns whether they read it now */
type AnnouncementListener = (text: string) => boolean;

/**
 * Passes on what admins say to all who are logged in. Commands by exec hear nothing: a script reads their
 * output.
 */
export class Announcements {
  readonly #menus = new Set<AnnouncementListener>();
  readonly #consoles = new Set<AnnouncementListener>();
  readonly #onFault: (fault: unknown) => void;

  /** @param onFault hears what a session threw; the others are told all the same */
  constructor(onFault: (fault: unknown) => void) {
    this.#onFault = onFault;
  }

  inMenu(hearer: AnnouncementListener): Unsubscribe {
    return joined(this.#menus, hearer);
  }

  onConsole(hearer: AnnouncementListener): Unsubscribe {
    return joined(this.#consoles, hearer);
  }

  /** @returns how many were told */
  make(text: string): number {
    return this.#tell(this.#menus, text) + this.toConsoles(text);
  }

  /** For texts that menus show by themselves. @returns how many were told */
  toConsoles(text: string): number {
    return this.#tell(this.#consoles, text);
  }

  #tell(hearers: ReadonlySet<AnnouncementListener>, text: string): number {
    const reads = (hear: AnnouncementListener): boolean => {
      try {
        return hear(text);
      } catch (fault) {
        this.#onFault(fault);
        return false;
      }
    };
    return [...hearers].filter(reads).length;
  }
}

function joined(hearers: Set<AnnouncementListener>, hearer: AnnouncementListener): Unsubscribe {
  const own: AnnouncementListener = (text) => hearer(text);
  hearers.add(own);
  return () => hearers.delete(own);
}
