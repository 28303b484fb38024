import type { Fingerprint } from '../../../policy/names.js';
import type { Policy } from '../../../policy/policy.js';
import type { Holders } from '../../store/holders.js';
import type { LoginFound as StoredLogin } from '../../store/logins.js';
import { NOTHING_REVOKED } from '../certificates/revocation-list.js';
import type { RevokedKeys } from '../certificates/revoked-keys.js';
import type { Accounts, LoginFound } from './authenticate.js';
import { standing } from '../access/standing.js';

interface RuledAccountsParts {
  readonly logins: { find(login: string, fingerprint: Fingerprint): StoredLogin | null };
  readonly holders: Pick<Holders, 'rolesHeld'>;
  /** Null where no policy can be read. */
  readonly policy: () => Policy | null;
  readonly clock?: () => Date;
  /** When left out, nothing is revoked. */
  readonly revoked?: Pick<RevokedKeys, 'refresh' | 'revokesKey' | 'revokesCertificate'>;
}

/** The accounts of the store, with whether their customer may be here. */
export class RuledAccounts implements Accounts {
  readonly #parts: RuledAccountsParts;

  constructor(parts: RuledAccountsParts) {
    this.#parts = parts;
  }

  find(login: string, fingerprint: Fingerprint, verified: boolean | null): LoginFound | null {
    const { logins, holders, policy, clock } = this.#parts;
    this.#parts.revoked?.refresh();
    const inForce = policy();
    const found = logins.find(login, fingerprint);
    // Roles are read for an unknown login as well: the number of reads tells a stranger nothing.
    const ruled = inForce !== null && inForce.keyRules.length > 0;
    const held = ruled ? holders.rolesHeld(found?.customer ?? login) : [];
    if (found === null) return null;
    const { customer, domain, key, suspended } = found;
    const holder = { suspended, key, rolesHeld: () => held };
    const now = clock?.() ?? new Date();
    const { revoked = NOTHING_REVOKED } = this.#parts;
    const here = standing(inForce, customer, holder, verified, now, { revoked });
    return { customer, domain, key, standing: here };
  }
}
