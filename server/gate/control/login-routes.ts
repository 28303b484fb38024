import { isRefusal } from '../../../policy/refusal.js';
import type { Refusal } from '../../../policy/refusal.js';
import type { Policy } from '../../../policy/policy.js';
import type { Store } from '../../store/store.js';
import { fingerprintOf, parsePublicKey } from '../keys/public-key.js';
import { address, fingerprint, number, optional, pasted, who } from './argument.js';
import type { Logins } from './control-ports.js';
import { readable } from './key-routes.js';
import type { AskedKey, LoginWorld } from './login-forecast.js';
import { route } from './route.js';
import type { Route } from './route.js';

const USUAL = 10;
const LARGEST = 1000;

/** Why logins were refused, and what would become of one now. @param logins null while no gate runs */
export function loginRoutes(
  store: Store,
  policy: () => Policy | Refusal,
  logins: Logins | null,
): readonly Route[] {
  const world = (): LoginWorld => ({ store, policy: readable(policy), accounts: logins?.accounts ?? null });
  return [
    route('GET', '/logins/refused', { who: optional(who), last: optional(number) }, async (given) => {
      // ssh2 is loaded with it, and no other command without a gate needs that.
      const { refusedLogins } = await import('./refused-logins.js');
      const last = Math.min(given.last ?? USUAL, LARGEST);
      return refusedLogins(world(), logins?.refused.list() ?? [], given.who, last);
    }),

    route(
      'POST',
      '/logins/explain',
      { login: pasted, key: pasted, source: optional(address) },
      async (given) => {
        const key = readKey(given.key);
        if (isRefusal(key)) return key;
        const { explainedLogin } = await import('./refused-logins.js');
        return explainedLogin(world(), logins, given.login, key, given.source);
      },
    ),
  ];
}

/** @param text a fingerprint, or a line of a .pub file */
function readKey(text: string): AskedKey | Refusal {
  if (text.startsWith('SHA256:')) {
    const found = fingerprint(text, 'fingerprint');
    return isRefusal(found) ? found : { fingerprint: found, blob: null, type: null };
  }
  const key = parsePublicKey(text);
  return isRefusal(key) ? key : { fingerprint: fingerprintOf(key.blob), blob: key.blob, type: key.type };
}
