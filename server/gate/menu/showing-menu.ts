import type { CustomerName, DomainName } from '../../../policy/names.js';
import { FaultScope } from '../../wire/fault-scope.js';
import type { News } from './menu-news.js';

/** A menu, as it is told of what it shows. A fault in it belongs to its session. */
export interface ShowingMenu {
  readonly customer: CustomerName;
  /** Whether it shows so many domains that it is told which of them look different. */
  readonly isLong: boolean;
  /** Some of its domains look different: these, if it is long. */
  changed(names: ReadonlySet<DomainName>): void;
  /** Policy, roles or the audit log changed for it: what policy answered holds no more. */
  rightsChanged(): void;
  /**
   * The time moved on for something that it shows: an age, an operation. If it is long, these look different, too.
   */
  timePassed(names: ReadonlySet<DomainName>): void;
  /** Nobody has touched it for a while. */
  rest(): void;
}

const NONE: ReadonlySet<DomainName> = new Set();

/** One menu's place among those that show domains. */
export class Entry {
  readonly menu: ShowingMenu;
  readonly #scope = FaultScope.current;
  names: readonly DomainName[] = [];
  /** Those that look different than a long menu was told. */
  #different: Set<DomainName> | null = null;

  constructor(menu: ShowingMenu) {
    this.menu = menu;
  }

  /** Notes for a long menu which of its domains looks different, until it is told of a change or of time. */
  note(name: DomainName): void {
    if (this.menu.isLong) (this.#different ??= new Set()).add(name);
  }

  /** What the menu begins belongs to its session, whoever tells it. So does its fault. */
  tell(what: News): void {
    FaultScope.within(this.#scope, () => {
      try {
        if (what === 'rightsChanged' || what === 'rest') this.menu[what]();
        else {
          const different = this.#different ?? NONE;
          this.#different = null;
          this.menu[what](different);
        }
      } catch (fault) {
        queueMicrotask(() => {
          throw fault;
        });
      }
    });
  }
}
