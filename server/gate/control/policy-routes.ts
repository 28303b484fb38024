import { unheld } from '../../../policy/unheld.js';
import type { Store } from '../../store/store.js';
import { number } from './argument.js';
import type { PolicyReload, PolicyStatus } from './status-answers.js';
import type { PolicyInForce } from './control-ports.js';
import { route } from './route.js';
import type { Route } from './route.js';

export function policyStatus({ policy, revision, digest, problems }: PolicyInForce): PolicyStatus {
  const { rules, limits, sessionLimits } = policy;
  return {
    revision,
    digest,
    rules: rules.length,
    limits: limits.length,
    sessionLimits: sessionLimits.length,
    problems,
  };
}

/** `GET /policy/warnings`. */
export interface PolicyWarnings {
  /** Sentences about names in the policy in force that match nobody. */
  readonly warnings: readonly string[];
}

export function policyRoutes(store: Store, policy: PolicyInForce): readonly Route[] {
  return [
    route('GET', '/policy', {}, () => policyStatus(policy)),

    route('GET', '/policy/warnings', {}, (): PolicyWarnings => {
      const names = store.customers.list().map(({ name }) => name);
      const roles = new Set(names.flatMap((name) => store.roles.of(name)).map(({ role }) => role));
      return { warnings: unheld(policy.policy, { customers: new Set(names), roles }) };
    }),

    route('POST', '/policy/reload', {}, (_given, { actor }): PolicyReload => {
      const reloaded = policy.reload(actor);
      return reloaded.ok
        ? { accepted: true, revision: reloaded.revision, changed: reloaded.changed, problems: [] }
        : { accepted: false, revision: reloaded.revision, changed: false, problems: reloaded.problems };
    }),
  ];
}

/** Records in the audit log that an admin has put back the files of an earlier revision. */
export function restoredRoutes(store: Store): readonly Route[] {
  return [
    route('POST', '/policy/restored', { revision: number, from: number }, (given, { actor }) => {
      store.audit.append({ kind: 'policy.restored', actor, ...given });
      return {};
    }),
  ];
}
