import type { Effect, Fact } from '../../../menus/port.js';
import type { Refusal } from '../../../policy/refusal.js';
import { isRefusal } from '../../../policy/refusal.js';
import type { Key } from '../../store/records.js';
import { isInUse } from '../customer/own-keys.js';
import type { OwnKeys } from '../customer/own-keys.js';
import type { Identity } from '../session/identity.js';

export type KeyEffect = Extract<Effect, { effect: 'list-keys' | 'add-key' | 'remove-key' }>;

/** The customer's keys in the menu. After each effect the menu is told the whole list. */
export class MenuKeys {
  readonly #keys: OwnKeys;
  readonly #identity: Identity;
  readonly #tell: (fact: Fact) => void;

  constructor(keys: OwnKeys, identity: Identity, tell: (fact: Fact) => void) {
    this.#keys = keys;
    this.#identity = identity;
    this.#tell = tell;
  }

  perform(effect: KeyEffect): void {
    const identity = this.#identity;
    if (effect.effect === 'add-key') this.#told('Added', this.#keys.add(identity, effect.text));
    if (effect.effect === 'remove-key')
      this.#told('Removed', this.#keys.remove(identity, effect.fingerprint, { confirmed: true }));
    this.#tell({ fact: 'keys', keys: this.#keys.list(identity).map((key) => this.#view(key)) });
  }

  #told(done: 'Added' | 'Removed', key: Key | Refusal): void {
    if (isRefusal(key)) this.#tell({ fact: 'refused', message: key.message });
    else this.#tell({ fact: 'notice', message: `${done} ${key.fingerprint}.` });
  }

  #view(key: Key): Extract<Fact, { fact: 'keys' }>['keys'][number] {
    return {
      fingerprint: key.fingerprint,
      type: key.type,
      comment: key.comment,
      addedAt: Date.parse(key.addedAt),
      lastUsedAt: key.lastUsedAt === null ? null : Date.parse(key.lastUsedAt),
      expiresAt: key.expiresAt === null ? null : Date.parse(key.expiresAt),
      inUse: isInUse(key, this.#identity),
    };
  }
}
