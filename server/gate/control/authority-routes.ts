import type { Policy } from '../../../policy/policy.js';
import { isRefusal, refusal } from '../../../policy/refusal.js';
import type { Refusal } from '../../../policy/refusal.js';
import type { Store } from '../../store/store.js';
import { parsePublicKey } from '../keys/public-key.js';
import { authority as caName, customer, flag, group, listOf, pasted } from './argument.js';
import { authorityView } from './authority-answers.js';
import type { AuthorityRemoved, AuthorityView } from './authority-answers.js';
import type { AdministrationSettings, LiveSession, LiveSessions } from './control-ports.js';
import { route } from './route.js';
import type { Route } from './route.js';

const REMOVED = 'The CA of the certificate of this session has been removed by the administrators.';
/** How many customers or groups one CA may name. */
const MOST = 1_000;

/**
 * The CAs whose certificates let customers in. When one is removed, the gate ends the sessions that came by
 * its certificates; `sessions` is null when it is not running.
 */
export function authorityRoutes(
  store: Store,
  settings: Pick<AdministrationSettings, 'keys'>,
  sessions: LiveSessions | null,
  policy: () => Policy | Refusal,
): readonly Route[] {
  const noGroup = (groups: readonly string[]): Refusal | null => {
    if (groups.length === 0) return null;
    const found = policy();
    if (isRefusal(found)) return found;
    const unknown = groups.find((name) => !Object.hasOwn(found.groups, name));
    return unknown === undefined ? null : refusal('no-such-group', `the policy has no group ${unknown}`);
  };

  return [
    route('GET', '/authorities', {}, () => ({ authorities: store.authorities.list().map(authorityView) })),

    route(
      'POST',
      '/authorities',
      {
        name: caName,
        key: pasted,
        everybody: flag,
        customers: listOf(customer, MOST),
        groups: listOf(group, MOST),
      },
      (given, { actor }): AuthorityView | Refusal => {
        const { name, everybody, customers, groups } = given;
        const key = parsePublicKey(given.key, settings.keys);
        if (isRefusal(key)) return key;
        if (!everybody && customers.length === 0 && groups.length === 0)
          return refusal('usage', 'say for whom the CA may speak: --customer, --group or --everybody');
        const no = noGroup(groups);
        if (no !== null) return no;
        const { fingerprint, type, blob } = key;
        const added = store.authorities.add(
          { name, fingerprint, type, blob, everybody, customers, groups },
          actor,
        );
        return isRefusal(added) ? added : authorityView(added);
      },
    ),

    route(
      'DELETE',
      '/authorities/:name',
      { name: caName, take: flag },
      (given, { actor }): AuthorityRemoved | Refusal => {
        const removed = store.authorities.remove(given.name, actor, { take: given.take });
        if (isRefusal(removed)) return removed;
        const cameByIt = ({ identity }: LiveSession): boolean =>
          identity.certificate?.authority === removed.fingerprint;
        return {
          authority: authorityView(removed),
          sessionsEnded: sessions?.endWhere(cameByIt, REMOVED) ?? 0,
        };
      },
    ),
  ];
}
