import type { DomainName } from '../../../policy/names.js';
import type { ConsoleHost } from './console-host.js';
import type { ObservedDomain } from './observed-domain.js';

/** Tells the consoles what each domain does, once for each change. */
export class ToldConsoles {
  readonly #consoles: Pick<ConsoleHost, 'forget' | 'leave' | 'observed'>;
  readonly #told = new Map<DomainName, string>();

  constructor(consoles: Pick<ConsoleHost, 'forget' | 'leave' | 'observed'>) {
    this.#consoles = consoles;
  }

  /** @returns whether the domain is another, or does something else, than told last */
  seen(domain: ObservedDomain): boolean {
    const { name, guest, observation } = domain;
    const { state, profile, since } = observation;
    // Without a text console there is nothing to attach to, whatever runs.
    const incarnation = guest.textConsole ? domain.incarnation : null;
    const news = JSON.stringify([incarnation, state, profile]);
    if (this.#told.get(name) === news) return false;
    this.#told.set(name, news);
    this.#consoles.observed(name, incarnation, state, profile, Date.parse(since));
    return true;
  }

  /** The settings do not have the domain managed any more. */
  dropped(name: DomainName): void {
    this.#told.delete(name);
    this.#consoles.leave(name);
  }

  gone(name: DomainName): void {
    this.#told.delete(name);
    this.#consoles.forget(name);
  }
}
