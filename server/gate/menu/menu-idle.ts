import { sessionLimit } from '../../../policy/evaluate.js';
import type { CustomerName } from '../../../policy/names.js';
import type { Policy } from '../../../policy/policy.js';
import type { RoleRow } from '../../store/records.js';

/** `menu:` of gate.yaml. */
export interface MenuSettings {
  /** 0: never. */
  readonly idleSeconds: number;
}

/** How long a menu may stand without a key: by policy first, then by the settings. */
export class MenuIdle {
  readonly #settings: MenuSettings;
  readonly #inForce: { readonly policy: Policy };
  readonly #roles: { of(customer: CustomerName): readonly RoleRow[] };

  constructor(
    settings: MenuSettings,
    inForce: { readonly policy: Policy },
    roles: { of(customer: CustomerName): readonly RoleRow[] },
  ) {
    this.#settings = settings;
    this.#inForce = inForce;
    this.#roles = roles;
  }

  /** @returns null: for ever */
  seconds(customer: CustomerName): number | null {
    const held = this.#roles.of(customer).flatMap((row) => (row.counts ? [row.role] : []));
    const idle = sessionLimit(this.#inForce.policy, customer, held)?.idle ?? this.#settings.idleSeconds;
    return idle === 'never' || idle === 0 ? null : idle;
  }
}
