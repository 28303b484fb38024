import type { Store } from '../../store/store.js';
import { number } from './argument.js';
import type { PolicyReload, PolicyStatus } from './control-answers.js';
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

export function policyRoutes(policy: PolicyInForce): readonly Route[] {
  return [
    route('GET', '/policy', {}, () => policyStatus(policy)),

    route('POST', '/policy/reload', {}, (_given, { actor }): PolicyReload => {
      const reloaded = policy.reload(actor);
      return reloaded.ok
        ? { accepted: true, revision: reloaded.revision, changed: reloaded.changed, problems: [] }
        : { accepted: false, revision: reloaded.revision, changed: false, problems: reloaded.problems };
    }),
  ];
}

/** Says in the audit log that an admin has put back the files of an earlier revision. */
export function restoredRoutes(store: Store): readonly Route[] {
  return [
    route('POST', '/policy/restored', { revision: number, from: number }, (given, { actor }) => {
      store.audit.append({ kind: 'policy.restored', actor, ...given });
      return {};
    }),
  ];
}
