import type { Effect, Fact } from '../../../menus/port.js';
import { isRefusal } from '../../../policy/refusal.js';
import type { Refusal } from '../../../policy/refusal.js';
import type { NoticeAddress } from '../../store/notice-addresses.js';
import type { OwnNotices } from '../customer/own-notices.js';
import type { Identity } from '../session/identity.js';

export type NoticeEffect = Extract<Effect, { effect: 'list-notices' | 'change-notices' | 'tell-notices' }>;

/** A customer's notices in the menu. After each effect the menu is told how they are. */
export class MenuNotices {
  readonly #notices: OwnNotices;
  readonly #identity: Identity;
  readonly #tell: (fact: Fact) => void;

  constructor(notices: OwnNotices, identity: Identity, tell: (fact: Fact) => void) {
    this.#notices = notices;
    this.#identity = identity;
    this.#tell = tell;
  }

  /** Whether the menu offers the page. */
  get isOffered(): boolean {
    return this.#notices.refuses(this.#identity) === null;
  }

  perform(effect: NoticeEffect): void {
    const state = this.#after(effect);
    if (isRefusal(state)) this.#tell({ fact: 'refused', message: state.message });
    const now = isRefusal(state) ? this.#notices.show(this.#identity) : state;
    if (isRefusal(now)) return;
    const { address, on, asked } = now;
    const waits = asked === null ? null : { address: asked.address, until: Date.parse(asked.until) };
    this.#tell({ fact: 'notices', notices: { address, on, asked: waits } });
    if (!isRefusal(state) && effect.effect === 'change-notices' && effect.change === 'test')
      this.#tell({ fact: 'notice', message: 'A test is on its way.' });
  }

  #after(effect: NoticeEffect): NoticeAddress | Refusal {
    const identity = this.#identity;
    if (effect.effect === 'list-notices') return this.#notices.show(identity);
    if (effect.effect === 'tell-notices')
      return effect.of === 'address'
        ? this.#notices.ask(identity, effect.text)
        : this.#notices.confirm(identity, effect.text);
    switch (effect.change) {
      case 'on':
      case 'off':
        return this.#notices.switch(identity, effect.change === 'on');
      case 'test':
        return this.#notices.test(identity);
      case 'forget':
        return this.#notices.forget(identity);
    }
  }
}
