import { explain, explainText } from '../../../policy/explain.js';
import type { Explanation } from '../../../policy/explain.js';
import type { Fingerprint } from '../../../policy/names.js';
import type { Limit, Policy } from '../../../policy/policy.js';
import { isRefusal } from '../../../policy/refusal.js';
import type { Refusal } from '../../../policy/refusal.js';
import { noSuchCustomer } from '../../store/customers.js';
import type { Store } from '../../store/store.js';
import type { Sights } from '../sights.js';
import * as words from '../words.js';
import {
  action,
  address,
  customer,
  domain,
  files,
  number,
  optional,
  profile,
  state,
  time,
} from './argument.js';
import type { PolicyReload, PolicyStatus } from './control-answers.js';
import type { PolicyInForce, ReadPolicy, RunningGate } from './control-ports.js';
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

/** `POST /policy/explain`. */
export interface PolicyExplanation {
  readonly explanation: Explanation;
  /** What would refuse it before any rule is asked; sentences. */
  readonly remarks: readonly string[];
  /** All of it for a terminal. */
  readonly text: string;
}

/** What explanations are made from. */
export interface ExplainParts {
  readonly store: Store;
  /** The one in force, or the files as they are when the gate is not running. */
  readonly policy: () => Policy | Refusal;
  /** Reads another one that is asked about. */
  readonly read: ReadPolicy;
  readonly sights: Sights;
  readonly atOnce: RunningGate['atOnce'];
}

export function explainRoutes({ store, policy, read, sights, atOnce }: ExplainParts): readonly Route[] {
  const spec = {
    customer,
    action,
    domain,
    profile: optional(profile),
    at: optional(time),
    source: optional(address),
    state: optional(state),
    booted: optional(profile),
    files: optional(files),
  };
  return [
    route('POST', '/policy/explain', spec, (given): PolicyExplanation | Refusal => {
      const { customer: name, domain: on, source, at } = given;
      const found = given.files === null ? policy() : read(given.files);
      if (isRefusal(found)) return found;
      const asked = store.customers.find(name);
      if (asked === undefined) return noSuchCustomer(name);
      // Usage does not depend on the key.
      const question = { customer: name, domain: on, source, fingerprint: '' as Fingerprint };
      const facts = store.authorizations.look(question);
      const remarks: string[] = [];
      if (asked.suspendedAt !== null)
        remarks.push(`${name} is suspended since ${asked.suspendedAt}: nothing is allowed`);
      if (facts.role?.counts === false) {
        remarks.push(
          `${on} was retired, and the role ${facts.role.role} on it is from before: \`postern domain adopt ${on}\` lets it count again`,
        );
      }
      if (facts.maintenance !== null)
        remarks.push(`maintenance is on: ${words.maintenance(facts.maintenance)}`);
      const role = facts.role?.counts === true ? facts.role.role : null;
      const seen = sights.sight(on);
      const request = {
        customer: name,
        role,
        domain: on,
        action: given.action,
        profile: given.profile,
        source,
        state: given.state ?? seen.state,
        booted: given.booted ?? seen.booted,
      };
      const now = at === null ? new Date() : new Date(at);
      const usage = ({ per, actions, windowSeconds }: Limit, since: Date): number =>
        windowSeconds === null
          ? atOnce({ per, actions, ...question })
          : facts.count({ per, actions, since, until: now });
      const explanation = explain(found, request, usage, now);
      const text = remarks.map((remark) => `${remark}\n`).join('') + explainText(explanation);
      return { explanation, remarks, text };
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
