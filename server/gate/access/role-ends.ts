import { AuditUnavailableError } from '../../store/store-error.js';
import type { Logger } from '../../wire/logger.js';

/**
 * Removes roles whose time is over, so that menus hear of it. Nobody acts by them meanwhile: each decision looks
 * at the time.
 */
export class RoleEnds {
  readonly #roles: { removeOver(): readonly unknown[] };
  readonly #log: Logger;
  #isUntold = true;

  constructor(roles: { removeOver(): readonly unknown[] }, log: Logger) {
    this.#roles = roles;
    this.#log = log;
  }

  /** Call it every second. It removes some at a time. */
  tick(): void {
    try {
      this.#roles.removeOver();
      this.#isUntold = true;
    } catch (fault) {
      if (!(fault instanceof AuditUnavailableError)) throw fault;
      if (this.#isUntold) this.#log.error({ err: fault }, 'roles.not-removed');
      this.#isUntold = false;
    }
  }
}
