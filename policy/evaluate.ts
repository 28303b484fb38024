import { conditionsHold } from './conditions.js';
import {
  NO_SUCH_SERVER,
  conditionMessage,
  imageMessage,
  keyMessage,
  limitMessage,
  noRuleMessage,
  profileMessage,
  ruleMessage,
  sessionMessage,
} from './denial.js';
import { firstMatch, limitsThatApply, mismatch, namesCustomer, namesDomain, namesRole } from './match.js';
import type { Mismatch } from './match.js';
import type { BootProfileName, CustomerName, DomainName, ImageName } from './names.js';
import type {
  ConsoleTerms,
  Decision,
  DenialReason,
  Limit,
  Policy,
  Request,
  RescueTerms,
  Rule,
  SessionLimit,
  Usage,
} from './policy.js';
import type { Role } from './roles.js';
import { rulesByAction } from './rules-by-action.js';
import { possibleAgain, windowStart } from './window.js';

/**
 * Decides whether an action is allowed. Three questions must all be answered yes. Is there a role on the
 * domain? Does the first matching rule allow it (no match: deny)? Does every limit that applies have room?
 * The first "no" gives the reason. Pure: no clock and no I/O besides the arguments.
 */
export function evaluate(policy: Policy, request: Request, usage: Usage, now: Date): Decision {
  if (request.role === null) return denied('no-role', NO_SUCH_SERVER);
  const rule = firstMatch(policy, request, now);
  if (rule === null) return deniedByNoRule(policy, request, now);
  if (rule.effect === 'deny') return denied('rule-denies', ruleMessage(request, rule), rule);
  const limit = firstReached(limitsThatApply(policy, request, now), usage, now);
  if (limit === null) return { allow: true, rule };
  const message = limitMessage(request, limit, possibleAgain(limit, usage, now), now);
  return denied('limit-reached', message, null, limit);
}

/** Whether a customer may open one more session. */
type SessionDecision =
  | { readonly allow: true; readonly limit: SessionLimit | null }
  | { readonly allow: false; readonly limit: SessionLimit; readonly message: string };

/**
 * Decides whether a customer may open one more session. The first matching session limit counts; without one
 * there is no limit.
 *
 * @param rolesHeld every role that the customer holds on any domain
 * @param openNow the customer's open sessions, without the requested one
 */
export function evaluateSessions(
  policy: Policy,
  customer: CustomerName,
  rolesHeld: readonly Role[],
  openNow: number,
): SessionDecision {
  const limit = sessionLimit(policy, customer, rolesHeld);
  if (limit === undefined) return { allow: true, limit: null };
  if (openNow < limit.count) return { allow: true, limit };
  return { allow: false, limit, message: sessionMessage(limit) };
}

/** The first session limit that names this customer. */
export function sessionLimit(
  policy: Policy,
  customer: CustomerName,
  rolesHeld: readonly Role[],
): SessionLimit | undefined {
  return policy.sessionLimits.find(
    ({ subjects }) => namesCustomer(policy, subjects, customer) && namesRole(subjects, rolesHeld),
  );
}

/** The console's terms for this customer and domain: the first entry that names both. */
export function consoleTerms(
  policy: Policy,
  customer: CustomerName,
  role: Role | null,
  domain: DomainName,
): ConsoleTerms | undefined {
  return policy.consoleTerms.find(
    ({ subjects, domains }) =>
      namesCustomer(policy, subjects, customer) &&
      namesRole(subjects, role === null ? [] : [role]) &&
      namesDomain(policy, domains, domain),
  );
}

/**
 * How long a rescue lasts for this customer, domain and profile: the first entry that names all three. Without
 * a profile, an entry that names profiles does not match.
 */
export function rescueTerms(
  policy: Policy,
  customer: CustomerName,
  role: Role | null,
  domain: DomainName,
  profile: BootProfileName | ImageName | null,
): RescueTerms | undefined {
  return policy.rescueTerms.find(
    ({ subjects, domains, profiles }) =>
      namesCustomer(policy, subjects, customer) &&
      namesRole(subjects, role === null ? [] : [role]) &&
      namesDomain(policy, domains, domain) &&
      (profiles.length === 0 || (profiles as readonly (string | null)[]).includes(profile)),
  );
}

/** Allow rules that match the request except for this one mismatch. */
function nearly(policy: Policy, request: Request, now: Date, but: Mismatch): readonly Rule[] {
  return rulesByAction(policy, request.action).filter(
    (rule) => rule.effect === 'allow' && mismatch(policy, rule, request, now) === but,
  );
}

function deniedByNoRule(policy: Policy, request: Request, now: Date): Decision {
  const [conditional] = nearly(policy, request, now, 'when');
  if (conditional !== undefined)
    return denied('condition-not-met', conditionMessage(request, conditional, now));
  const open = (but: 'profile' | 'image' | 'key'): readonly Rule[] =>
    nearly(policy, request, now, but).filter(({ when }) => conditionsHold(when, request, now, false));
  const profiles = open('profile').flatMap((rule) => rule.profiles);
  if (profiles.length > 0)
    return denied('profile-not-allowed', profileMessage(request, [...new Set(profiles)]));
  const images = open('image').flatMap((rule) => rule.images);
  if (images.length > 0) return denied('profile-not-allowed', imageMessage(request, [...new Set(images)]));
  const keys = open('key').flatMap((rule) => rule.sysrqKeys);
  if (keys.length > 0) return denied('key-not-allowed', keyMessage(request, [...new Set(keys)]));
  return denied('no-rule', noRuleMessage(request));
}

function firstReached(limits: readonly Limit[], usage: Usage, now: Date): Limit | null {
  return limits.find((limit) => usage(limit, windowStart(limit, now)) >= limit.count) ?? null;
}

function denied(
  reason: DenialReason,
  message: string,
  rule: Rule | null = null,
  limit: Limit | null = null,
): Decision {
  return { allow: false, reason, rule, limit, message };
}
