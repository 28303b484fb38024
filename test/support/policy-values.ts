import type { Action } from '../../policy/actions.js';
import type { Conditions } from '../../policy/conditions.js';
import type { BootProfileName, CustomerName, DomainName, ImageName } from '../../policy/names.js';
import type { KeyRule, Limit, Policy, Request, Rule, Usage } from '../../policy/policy.js';

/** Policies and requests made by hand. A condition that a test does not set is absent. */

const PLACE = { file: 'test.yaml', line: 1, column: 1 };
const NOBODY_ASKED = { customers: [], groups: [], roles: [] };
const NOTHING_ASKED = { names: [], tags: [] };

/** Parts of a rule, with plain strings for names. */
export interface RuleParts {
  readonly id?: string;
  readonly customers?: readonly string[];
  readonly groups?: readonly string[];
  readonly roles?: Rule['subjects']['roles'];
  readonly domains?: readonly string[];
  readonly tags?: readonly string[];
  readonly profiles?: readonly string[];
  readonly images?: readonly string[];
  readonly sysrqKeys?: readonly string[];
  readonly when?: Partial<Conditions> | undefined;
  readonly reason?: string;
}

function scope({ customers = [], groups = [], roles = [], domains = [], tags = [] }: RuleParts) {
  return {
    subjects: { ...NOBODY_ASKED, customers, groups, roles },
    domains: { ...NOTHING_ASKED, names: domains, tags },
  };
}

function conditions(parts: Partial<Conditions> | undefined): Conditions | null {
  return parts === undefined ? null : { from: [], times: [], zone: 'UTC', states: [], booted: [], ...parts };
}

export function allow(actions: readonly Action[], parts: RuleParts = {}): Rule {
  return rule('allow', actions, parts);
}

export function deny(actions: readonly Action[], parts: RuleParts = {}): Rule {
  return rule('deny', actions, parts);
}

function rule(effect: Rule['effect'], actions: readonly Action[], parts: RuleParts): Rule {
  const profiles = (parts.profiles ?? []) as readonly BootProfileName[];
  return {
    id: parts.id ?? effect,
    effect,
    actions,
    ...scope(parts),
    profiles,
    images: (parts.images ?? []) as readonly ImageName[],
    sysrqKeys: parts.sysrqKeys ?? [],
    when: conditions(parts.when),
    reason: parts.reason ?? null,
    place: PLACE,
  };
}

export function limit(
  actions: readonly Action[],
  count: number,
  windowSeconds: number | null,
  parts: RuleParts & { readonly per?: Limit['per'] } = {},
): Limit {
  const { id = 'limit', per = 'domain', reason = null } = parts;
  return {
    id,
    actions,
    count,
    windowSeconds,
    per,
    ...scope(parts),
    when: conditions(parts.when),
    reason,
    place: PLACE,
  };
}

export function policy(parts: Partial<Policy> = {}): Policy {
  return {
    groups: {},
    tags: {},
    rules: [],
    limits: [],
    sessionLimits: [],
    consoleTerms: [],
    rescueTerms: [],
    keyRules: [],
    ...parts,
  };
}

/** A rule for keys without conditions. */
export const NO_KEY_RULE: KeyRule = {
  subjects: NOBODY_ASKED,
  types: [],
  rsaBits: null,
  count: null,
  maxAgeSeconds: null,
  verified: false,
  place: PLACE,
};

/** Asks about alice, an owner, and horatio, in unknown circumstances, unless told otherwise. */
export function request(action: Action, parts: { [K in keyof Request]?: string | null } = {}): Request {
  const { customer = 'alice', role = 'owner', domain = 'horatio', profile = null, key = null } = parts;
  const { source = null, state = null, booted = null } = parts;
  return {
    customer: customer as CustomerName,
    role: role as Request['role'],
    domain: domain as DomainName,
    action,
    profile: profile as BootProfileName | null,
    key,
    source,
    state: state as Request['state'],
    booted: booted as BootProfileName | null,
  };
}

/** No uses so far. */
export const unused: Usage = () => 0;

/** One use at each of these times. */
export function usedAt(...times: readonly Date[]): Usage {
  return (_, since) => times.filter((time) => time > since).length;
}
