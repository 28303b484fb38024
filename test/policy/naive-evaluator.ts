import type { Limit, Policy, Request, Usage } from '../../policy/policy.js';

/**
 * The policy's meaning once more, as docs/policy.md says it, as plainly and slowly as possible and with nothing of the real
 * evaluator's: globs are regular expressions, and every question is asked of every rule.
 */
export function naiveOutcome(policy: Policy, request: Request, usage: Usage, now: Date): string {
  if (request.role === null) return 'no-role';
  let almost = false;
  for (const rule of policy.rules) {
    const who = isNamed(policy.groups, rule.subjects.customers, rule.subjects.groups, request.customer);
    const asWhat = rule.subjects.roles.length === 0 || rule.subjects.roles.includes(request.role);
    const where = isNamed(policy.tags, rule.domains.names, rule.domains.tags, request.domain);
    const what = rule.actions.includes(request.action);
    const how =
      request.action !== 'rescue' ||
      rule.profiles.length === 0 ||
      rule.profiles.some((profile) => profile === request.profile);
    if (who && asWhat && where && what && how) {
      if (rule.effect === 'deny') return `rule-denies ${rule.id}`;
      const reached = policy.limits.filter((limit) => isReached(policy, limit, request, usage, now));
      return reached[0] === undefined ? `allowed ${rule.id}` : `limit-reached ${reached[0].id}`;
    }
    if (who && asWhat && where && what && rule.effect === 'allow') almost = true;
  }
  return almost ? 'profile-not-allowed' : 'no-rule';
}

function isReached(policy: Policy, limit: Limit, request: Request, usage: Usage, now: Date): boolean {
  if (!limit.actions.includes(request.action)) return false;
  if (!isNamed(policy.groups, limit.subjects.customers, limit.subjects.groups, request.customer))
    return false;
  if (limit.subjects.roles.length > 0 && !limit.subjects.roles.some((role) => role === request.role))
    return false;
  if (!isNamed(policy.tags, limit.domains.names, limit.domains.tags, request.domain)) return false;
  return usage(limit, new Date(now.getTime() - 1000 * limit.windowSeconds)) >= limit.count;
}

function isNamed(
  sets: Readonly<Record<string, readonly string[]>>,
  globs: readonly string[],
  names: readonly string[],
  text: string,
): boolean {
  if (globs.length + names.length === 0) return true;
  const all = [...globs, ...names.flatMap((name) => sets[name] ?? [])];
  return all.some((glob) => {
    const quoted = glob.replaceAll(/[.+^$()[\]{}|\\]/g, '\\$&');
    return new RegExp(`^${quoted.replaceAll('*', '.*').replaceAll('?', '.')}$`).test(text);
  });
}
