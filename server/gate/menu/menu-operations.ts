import { rescueExtended } from '../../../menus/rescue-words.js';
import type { Effect, Fact } from '../../../menus/port.js';
import type { DomainName } from '../../../policy/names.js';
import { isRefusal, shownRefusal } from '../../../policy/refusal.js';
import { menuOperation } from '../customer/own-domains.js';
import type { OperationDispatcher } from '../operations/operation-dispatcher.js';
import type { RescueExtensions } from '../operations/rescue-extensions.js';
import type { Identity } from '../session/identity.js';
import * as words from '../text/words.js';
import type { MenuDomains } from './menu-domains.js';

export interface MenuOperationsParts {
  readonly operations: Pick<OperationDispatcher, 'operate'>;
  readonly rescueExtensions: Pick<RescueExtensions, 'extend'>;
}

type ChangeEffect = Extract<Effect, { effect: 'operate' | 'extend' }>;

/** The changes of domains that a menu asks for, and what it is told of each. */
export class MenuOperations {
  readonly #parts: MenuOperationsParts;
  readonly #identity: Identity;
  readonly #domains: Pick<MenuDomains, 'soon' | 'tellNow' | 'has'>;
  readonly #tell: (fact: Fact) => void;

  constructor(
    parts: MenuOperationsParts,
    identity: Identity,
    domains: Pick<MenuDomains, 'soon' | 'tellNow' | 'has'>,
    tell: (fact: Fact) => void,
  ) {
    this.#parts = parts;
    this.#identity = identity;
    this.#domains = domains;
    this.#tell = tell;
  }

  /** @returns settles once the change has ended */
  perform(effect: ChangeEffect): Promise<void> {
    return effect.effect === 'extend' ? this.#extend(effect.domain) : this.#operate(effect);
  }

  async #extend(domain: DomainName): Promise<void> {
    const end = await this.#parts.rescueExtensions.extend(this.#identity, domain, null);
    if (isRefusal(end)) this.#tell({ fact: 'refused', message: shownRefusal(end) });
    else {
      this.#domains.soon();
      this.#tell({ fact: 'notice', message: rescueExtended(domain, Date.parse(end.at), Date.now()) });
    }
  }

  async #operate(effect: Extract<ChangeEffect, { effect: 'operate' }>): Promise<void> {
    const { action, domain, profile, forSeconds = null, choice = {} } = effect;
    const asked = { action, domain, profile, forSeconds, choice };
    const started = await this.#parts.operations.operate(this.#identity, asked);
    if (isRefusal(started)) {
      this.#tell({ fact: 'refused', message: shownRefusal(started) });
      return;
    }
    this.#tell({ fact: 'accepted', domain, action });
    this.#domains.soon();
    const end = await started.ended;
    if (end.outcome === 'lost') {
      this.#tell({ fact: 'refused', message: words.outcomeLost(domain).message, domain });
      return;
    }
    // The result is on the screen before the customer reads that it is over.
    this.#domains.tellNow(domain);
    const operation = menuOperation(end.operation);
    // A customer who may not see the domain any more is told nothing of it.
    if (operation !== null && this.#domains.has(domain)) this.#tell({ fact: 'ended', domain, operation });
  }
}
