import type { Policy } from '../../../policy/policy.js';
import type { Store } from '../../store/store.js';
import { RevokedKeys } from '../certificates/revoked-keys.js';
import type { Accounts } from '../ssh/authenticate.js';
import type { CertificateLoginParts } from '../ssh/certificate-login.js';
import { CertifiedAccounts } from '../ssh/certified-accounts.js';
import { RuledAccounts } from '../ssh/ruled-accounts.js';
import type { AdministrationSettings, Logins } from './control-ports.js';

/** Everything that a login is decided by. */
export interface LoginWorld {
  readonly store: Store;
  /** Null where none can be read. */
  readonly policy: Policy | null;
  readonly accounts: Accounts;
  /** Null: no certificate is taken. */
  readonly certificates: CertificateLoginParts | null;
}

const SILENT = { info: () => undefined, error: () => undefined };

/**
 * What decides in the running gate; while none runs, what would.
 *
 * @param logins null while no gate runs
 */
export function loginWorld(
  store: Store,
  settings: Pick<AdministrationSettings, 'keys' | 'certificates'>,
  policy: Policy | null,
  logins: Pick<Logins, 'accounts' | 'certificates'> | null,
): LoginWorld {
  if (logins !== null) return { store, policy, accounts: logins.accounts, certificates: logins.certificates };
  const revoked = new RevokedKeys(settings.certificates.revokedKeys, SILENT);
  const parts = { logins: store.logins, holders: store.holders, policy: () => policy, revoked };
  return {
    store,
    policy,
    accounts: new RuledAccounts(parts),
    certificates: {
      accounts: new CertifiedAccounts({ ...parts, authorities: store.authorities }),
      limits: settings.keys,
      revokedKeys: revoked,
    },
  };
}
