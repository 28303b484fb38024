import type { Fingerprint } from '../../policy/names.js';
import type { KeyRules } from './key-rules.js';
import type { Accounts, LoginFound } from './ssh/authenticate.js';

/** The accounts of the store, with what policy says of the key that is shown. */
export class RuledAccounts implements Accounts {
  readonly #accounts: Accounts;
  readonly #rules: KeyRules;

  constructor(accounts: Accounts, rules: KeyRules) {
    this.#accounts = accounts;
    this.#rules = rules;
  }

  find(login: string, fingerprint: Fingerprint): LoginFound | null {
    const found = this.#accounts.find(login, fingerprint);
    return found === null ? null : { ...found, barred: this.#rules.fault(found.key) !== null };
  }
}
