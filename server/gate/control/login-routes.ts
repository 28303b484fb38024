import { isRefusal } from '../../../policy/refusal.js';
import type { Refusal } from '../../../policy/refusal.js';
import type { Policy } from '../../../policy/policy.js';
import type { Store } from '../../store/store.js';
import { address, number, optional, pasted, who } from './argument.js';
import { readAskedKey } from './asked-key.js';
import type { AdministrationSettings, Logins } from './control-ports.js';
import { readable } from './key-routes.js';
import type { LoginWorld } from './login-world.js';
import { route } from './route.js';
import type { Route } from './route.js';

const USUAL = 10;
const LARGEST = 1000;

/** Why logins were refused, and what would become of one now. @param logins null while no gate runs */
export function loginRoutes(
  store: Store,
  settings: AdministrationSettings,
  policy: () => Policy | Refusal,
  logins: Logins | null,
): readonly Route[] {
  // ssh2 is loaded with it, and no other command without a gate needs that.
  const world = async (): Promise<LoginWorld> =>
    (await import('./login-world.js')).loginWorld(store, settings, readable(policy), logins);
  return [
    route('GET', '/logins/refused', { who: optional(who), last: optional(number) }, async (given) => {
      const { refusedLogins } = await import('./refused-logins.js');
      const last = Math.min(given.last ?? USUAL, LARGEST);
      return refusedLogins(await world(), logins?.refused.list() ?? [], given.who, last);
    }),

    route(
      'POST',
      '/logins/explain',
      { login: pasted, key: pasted, source: optional(address) },
      async (given) => {
        const key = readAskedKey(given.key, settings.keys);
        if (isRefusal(key)) return key;
        const { explainedLogin } = await import('./refused-logins.js');
        return explainedLogin(await world(), logins, given.login, key, given.source);
      },
    ),
  ];
}
