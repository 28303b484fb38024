import { conditionsHold } from './conditions.js';
import { matchesGlob } from './glob.js';
import type { CustomerName, DomainName } from './names.js';
import type { Domains, Limit, Policy, Request, Rule, Subjects } from './policy.js';
import type { Role } from './roles.js';
import { rulesByAction } from './rules-by-action.js';

/** What of a rule did not fit a request: the first that did not, in this order. */
const MISMATCHES = ['action', 'customer', 'role', 'domain', 'profile', 'key', 'when'] as const;

export type Mismatch = (typeof MISMATCHES)[number];

/**
 * Why a rule does not speak of a request; null when it does. `when` comes last: it means that all the rest fits.
 * A rescue without a profile fits no rule that names profiles, and a SysRq without a key none that names keys. What is not known meets the conditions of a rule that denies,
 * and none of one that allows.
 */
export function mismatch(policy: Policy, rule: Rule, request: Request, now: Date): Mismatch | null {
  if (!rule.actions.includes(request.action)) return 'action';
  if (!namesCustomer(policy, rule.subjects, request.customer)) return 'customer';
  if (!namesRole(rule.subjects, request.role === null ? [] : [request.role])) return 'role';
  if (!namesDomain(policy, rule.domains, request.domain)) return 'domain';
  if (!namesProfile(rule, request)) return 'profile';
  if (!namesKey(rule, request)) return 'key';
  if (!conditionsHold(rule.when, request, now, rule.effect === 'deny')) return 'when';
  return null;
}

/** The first rule that speaks of the request, if any. */
export function firstMatch(policy: Policy, request: Request, now: Date): Rule | null {
  const rules = rulesByAction(policy, request.action);
  return rules.find((rule) => mismatch(policy, rule, request, now) === null) ?? null;
}

/** The limits that a request counts towards, in the order of the document; what is not known meets their conditions. */
export function limitsThatApply(policy: Policy, request: Request, now: Date): readonly Limit[] {
  return policy.limits.filter(
    (limit) =>
      limit.actions.includes(request.action) &&
      namesCustomer(policy, limit.subjects, request.customer) &&
      namesRole(limit.subjects, request.role === null ? [] : [request.role]) &&
      namesDomain(policy, limit.domains, request.domain) &&
      conditionsHold(limit.when, request, now, true),
  );
}

/** Whether the customers and groups of a rule, together, name this customer; also when neither is asked for. */
export function namesCustomer(policy: Policy, subjects: Subjects, customer: CustomerName): boolean {
  if (subjects.customers.length === 0 && subjects.groups.length === 0) return true;
  return (
    subjects.customers.some((glob) => matchesGlob(glob, customer)) ||
    subjects.groups.some((group) => ownEntry(policy.groups, group).includes(customer))
  );
}

/** Whether one of the roles held is asked for, or none is. */
export function namesRole(subjects: Subjects, held: readonly Role[]): boolean {
  return subjects.roles.length === 0 || held.some((role) => subjects.roles.includes(role));
}

/** Whether the names and tags of a rule, together, speak of this domain; also when neither is asked for. */
export function namesDomain(policy: Policy, domains: Domains, domain: DomainName): boolean {
  if (domains.names.length === 0 && domains.tags.length === 0) return true;
  return (
    domains.names.some((glob) => matchesGlob(glob, domain)) ||
    domains.tags.some((tag) => ownEntry(policy.tags, tag).some((glob) => matchesGlob(glob, domain)))
  );
}

function namesProfile(rule: Rule, request: Request): boolean {
  if (request.action !== 'rescue' || rule.profiles.length === 0) return true;
  return request.profile !== null && rule.profiles.includes(request.profile);
}

function namesKey(rule: Rule, request: Request): boolean {
  if (request.action !== 'sysrq' || rule.sysrqKeys.length === 0) return true;
  return request.key !== null && rule.sysrqKeys.includes(request.key);
}

/** A name that only `Object.prototype` knows, like `constructor`, is an empty group. */
function ownEntry<T>(record: Readonly<Record<string, readonly T[]>>, name: string): readonly T[] {
  return Object.hasOwn(record, name) ? (record[name] ?? []) : [];
}
