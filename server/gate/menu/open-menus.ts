import { FaultScope } from '../../wire/fault-scope.js';
import type { Logger } from '../../wire/logger.js';
import type { Revocation } from '../access/revocation.js';
import type { MaintenanceWatch } from '../policy/maintenance-watch.js';
import type { PolicyHolder } from '../policy/policy-holder.js';
import type { WindowWatch } from '../policy/window-watch.js';
import { Slices } from '../scheduling/slices.js';

/** A menu, as it hears what concerns all menus. What it begins then belongs to its session. */
export interface HearingMenu {
  /** Another policy is in force. */
  policyChanged(): void;
  /** A time window of the policy has opened or closed. */
  windowsChanged(): void;
  /** Maintenance has begun or ended. Ask `MaintenanceWatch` for what there is now. */
  maintenanceChanged(): void;
  /** An admin says something. @returns whether the customer reads it now */
  announced(text: string): boolean;
}

export interface OpenMenusParts {
  readonly policy: Pick<PolicyHolder, 'onChange'>;
  readonly windows: Pick<WindowWatch, 'onChange'>;
  readonly maintenance: Pick<MaintenanceWatch, 'onChange'>;
  readonly revocation: Pick<Revocation, 'settled'>;
  readonly log: Logger;
  readonly slices?: Slices;
}

/**
 * The menus that are open. Each change is heard here once, and told to all of them in slices: with thousands of menus
 * everybody else has turns between. Rights that a change ends have ended before the first menu is told.
 */
export class OpenMenus {
  readonly #parts: OpenMenusParts;
  readonly #slices: Slices;
  /** Each with the fault scope of its session. */
  readonly #menus = new Map<HearingMenu, FaultScope | undefined>();
  #announcing: Promise<unknown> = Promise.resolve();

  constructor(parts: OpenMenusParts) {
    this.#parts = parts;
    this.#slices = parts.slices ?? new Slices();
    parts.policy.onChange(() => {
      void this.#changed((menu) => {
        menu.policyChanged();
      });
    });
    parts.windows.onChange(() => {
      void this.#changed((menu) => {
        menu.windowsChanged();
      });
    });
    parts.maintenance.onChange(() => {
      void this.#changed((menu) => {
        menu.maintenanceChanged();
      });
    });
  }

  enter(menu: HearingMenu): void {
    this.#menus.set(menu, FaultScope.current);
  }

  /** Twice is harmless. */
  leave(menu: HearingMenu): void {
    this.#menus.delete(menu);
  }

  /** Announcements come to each menu in their order. @returns how many customers read it */
  announce(text: string): Promise<number> {
    const told = this.#announcing.then(async () => {
      let readers = 0;
      await this.#tell((menu) => {
        if (menu.announced(text)) readers += 1;
      });
      return readers;
    });
    this.#announcing = told;
    return told;
  }

  async #changed(tell: (menu: HearingMenu) => void): Promise<void> {
    // `Revocation` may hear of the change after this.
    await Promise.resolve();
    await this.#parts.revocation.settled();
    await this.#tell(tell);
  }

  /** A fault in one menu harms no other. */
  #tell(tell: (menu: HearingMenu) => void): Promise<void> {
    const left = [...this.#menus.keys()].reverse();
    return this.#slices.run(() => {
      const menu = left.pop();
      if (menu !== undefined && this.#menus.has(menu)) this.#tellOne(menu, tell);
      return left.length > 0;
    });
  }

  #tellOne(menu: HearingMenu, tell: (menu: HearingMenu) => void): void {
    try {
      FaultScope.within(this.#menus.get(menu), () => {
        tell(menu);
      });
    } catch (fault) {
      this.#parts.log.error({ err: fault }, 'session.not-told');
    }
  }
}
