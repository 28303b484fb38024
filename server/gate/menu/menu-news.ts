import type { Background } from '../scheduling/background.js';
import type { Slices } from '../scheduling/slices.js';

/** What a menu may be told of what it shows. */
export type News = 'changed' | 'rightsChanged' | 'timePassed' | 'rest';

/** A menu that is told. */
interface Told {
  tell(what: News): void;
}

/** What can wait: the next key of such a menu shows it in any case. */
const SLOW: ReadonlySet<News> = new Set(['timePassed', 'rest']);

/**
 * Tells thousands of menus their news, each menu once however often something is said meanwhile. Changes are told in
 * slices. Ages and rests are told in the background: they must not delay a key.
 */
export class MenuNews<Menu extends Told> {
  readonly #slices: Pick<Slices, 'run'>;
  readonly #background: Pick<Background, 'run'>;
  readonly #waiting = new Map<News, Set<Menu>>();

  constructor(slices: Pick<Slices, 'run'>, background: Pick<Background, 'run'>) {
    this.#slices = slices;
    this.#background = background;
  }

  tell(menus: Iterable<Menu>, what: News): void {
    const already = this.#waiting.get(what);
    const waiting = already ?? new Set<Menu>();
    for (const menu of menus) waiting.add(menu);
    if (already !== undefined || waiting.size === 0) return;
    this.#waiting.set(what, waiting);
    const step = (): boolean => {
      const [menu] = waiting;
      if (menu !== undefined) {
        waiting.delete(menu);
        menu.tell(what);
      }
      if (waiting.size > 0) return true;
      this.#waiting.delete(what);
      return false;
    };
    if (SLOW.has(what)) this.#background.run(step);
    else void this.#slices.run(step);
  }

  /** The menu has gone. */
  forget(menu: Menu): void {
    for (const waiting of this.#waiting.values()) waiting.delete(menu);
  }
}
