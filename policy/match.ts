import { conditionsHold } from './conditions.js';
import { matchesGlob } from './glob.js';
import type { CustomerName, DomainName } from './names.js';
import type { Domains, Limit, Policy, Request, Rule, Subjects } from './policy.js';
import type { Role } from './roles.js';
import { rulesByAction } from './rules-by-action.js';

/** The first part of a rule that did not match a request, checked in this order. */
const MISMATCHES = ['action', 'customer', 'role', 'domain', 'profile', 'image', 'key', 'when'] as const;

export type Mismatch = (typeof MISMATCHES)[number];

/**
 * Why a rule does not match a request; null when it does. `when` comes last: everything else matches then. A
 * rescue without a profile matches no rule that names profiles. A reinstallation without an image, and a
 * SysRq without a key, are alike. An unknown value meets the conditions of a rule that denies, and not those of one that allows.
 */
export function mismatch(policy: Policy, rule: Rule, request: Request, now: Date): Mismatch | null {
  if (!rule.actions.includes(request.action)) return 'action';
  if (!namesCustomer(policy, rule.subjects, request.customer)) return 'customer';
  if (!namesRole(rule.subjects, request.role === null ? [] : [request.role])) return 'role';
  if (!namesDomain(policy, rule.domains, request.domain)) return 'domain';
  if (!namesProfile(rule, request)) return 'profile';
  if (!namesImage(rule, request)) return 'image';
  if (!namesKey(rule, request)) return 'key';
  if (!conditionsHold(rule.when, request, now, rule.effect === 'deny')) return 'when';
  return null;
}

/** The first rule that matches the request; null when none does. */
export function firstMatch(policy: Policy, request: Request, now: Date): Rule | null {
  const rules = rulesByAction(policy, request.action);
  return rules.find((rule) => mismatch(policy, rule, request, now) === null) ?? null;
}

/** The limits that count a request, in document order. An unknown value meets their conditions. */
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

/** Whether the customers and groups of a rule include this customer; true when it names neither. */
export function namesCustomer(policy: Policy, subjects: Subjects, customer: CustomerName): boolean {
  if (subjects.customers.length === 0 && subjects.groups.length === 0) return true;
  return (
    subjects.customers.some((glob) => matchesGlob(glob, customer)) ||
    subjects.groups.some((group) => ownEntry(policy.groups, group).includes(customer))
  );
}

/** Whether a rule names one of the held roles; true when it names none. */
export function namesRole(subjects: Subjects, held: readonly Role[]): boolean {
  return subjects.roles.length === 0 || held.some((role) => subjects.roles.includes(role));
}

/** Whether the names and tags of a rule include this domain; true when it names neither. */
export function namesDomain(policy: Policy, domains: Domains, domain: DomainName): boolean {
  if (domains.names.length === 0 && domains.tags.length === 0) return true;
  return (
    domains.names.some((glob) => matchesGlob(glob, domain)) ||
    domains.tags.some((tag) => ownEntry(policy.tags, tag).some((glob) => matchesGlob(glob, domain)))
  );
}

function namesProfile(rule: Rule, request: Request): boolean {
  if (request.action !== 'rescue' || rule.profiles.length === 0) return true;
  return (rule.profiles as readonly (string | null)[]).includes(request.profile);
}

function namesImage(rule: Rule, request: Request): boolean {
  if (request.action !== 'reinstall' || rule.images.length === 0) return true;
  return (rule.images as readonly (string | null)[]).includes(request.profile);
}

function namesKey(rule: Rule, request: Request): boolean {
  if (request.action !== 'sysrq' || rule.sysrqKeys.length === 0) return true;
  return request.key !== null && rule.sysrqKeys.includes(request.key);
}

/** A name that only `Object.prototype` has, like `constructor`, is an empty group. */
function ownEntry<T>(record: Readonly<Record<string, readonly T[]>>, name: string): readonly T[] {
  return Object.hasOwn(record, name) ? (record[name] ?? []) : [];
}
