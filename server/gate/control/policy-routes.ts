import { explain, explainText } from '../../../policy/explain.js';
import type { Explanation } from '../../../policy/explain.js';
import type { Fingerprint } from '../../../policy/names.js';
import type { Limit, Policy } from '../../../policy/policy.js';
import { isRefusal } from '../../../policy/refusal.js';
import type { Refusal } from '../../../policy/refusal.js';
import { noSuchCustomer } from '../../store/customers.js';
import type { Store } from '../../store/store.js';
import * as words from '../words.js';
import { action, customer, domain, optional, profile } from './argument.js';
import type { PolicyReload, PolicyStatus } from './control-answers.js';
import type { PolicyInForce } from './control-ports.js';
import { route } from './route.js';
import type { Route } from './route.js';

export function policyStatus({ policy, revision, problems }: PolicyInForce): PolicyStatus {
  const { rules, limits, sessionLimits } = policy;
  return {
    revision,
    rules: rules.length,
    limits: limits.length,
    sessionLimits: sessionLimits.length,
    problems,
  };
}

/** `POST /policy/explain`. */
export interface PolicyExplanation {
  readonly explanation: Explanation;
  /** What would refuse it before any rule is asked; sentences. */
  readonly remarks: readonly string[];
  /** All of it for a terminal. */
  readonly text: string;
}

/** @param policy the one in force, or the files as they are when the gate is not running */
export function explainRoutes(store: Store, policy: () => Policy | Refusal): readonly Route[] {
  return [
    route(
      'POST',
      '/policy/explain',
      { customer, action, domain, profile: optional(profile) },
      (given): PolicyExplanation | Refusal => {
        const found = policy();
        if (isRefusal(found)) return found;
        const asked = store.customers.find(given.customer);
        if (asked === undefined) return noSuchCustomer(given.customer);
        // Usage does not depend on the key.
        const facts = store.authorizations.look({ ...given, fingerprint: '' as Fingerprint });
        const remarks: string[] = [];
        if (asked.suspendedAt !== null)
          remarks.push(`${given.customer} is suspended since ${asked.suspendedAt}: nothing is allowed`);
        if (facts.role?.counts === false) {
          remarks.push(
            `${given.domain} was retired, and the role ${facts.role.role} on it is from before: \`postern domain adopt ${given.domain}\` lets it count again`,
          );
        }
        if (facts.maintenance !== null)
          remarks.push(`maintenance is on: ${words.maintenance(facts.maintenance)}`);
        const role = facts.role?.counts === true ? facts.role.role : null;
        const usage = ({ per, actions }: Limit, since: Date): number => facts.count({ per, actions, since });
        const explanation = explain(found, { ...given, role }, usage, new Date());
        const text = remarks.map((remark) => `${remark}\n`).join('') + explainText(explanation);
        return { explanation, remarks, text };
      },
    ),
  ];
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
