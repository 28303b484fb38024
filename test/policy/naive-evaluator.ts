import { BlockList, isIPv4 } from 'node:net';
import type { Conditions } from '../../policy/conditions.js';
import type { Limit, Policy, Request, Usage } from '../../policy/policy.js';

/**
 * A second evaluator, written from docs/policy.md as plainly and slowly as possible. It shares nothing with
 * the real one: globs are regular expressions, and every question is asked of every rule.
 */
export function naiveOutcome(policy: Policy, request: Request, usage: Usage, now: Date): string {
  if (request.role === null) return 'no-role';
  let almost = false;
  let later = false;
  for (const rule of policy.rules) {
    const who = isNamed(policy.groups, rule.subjects.customers, rule.subjects.groups, request.customer);
    const asWhat = rule.subjects.roles.length === 0 || rule.subjects.roles.includes(request.role);
    const where = isNamed(policy.tags, rule.domains.names, rule.domains.tags, request.domain);
    const what = rule.actions.includes(request.action);
    const how =
      (request.action !== 'rescue' ||
        rule.profiles.length === 0 ||
        rule.profiles.some((profile) => profile === request.profile)) &&
      (request.action !== 'reinstall' ||
        rule.images.length === 0 ||
        rule.images.some((image) => image === request.profile)) &&
      (request.action !== 'sysrq' ||
        rule.sysrqKeys.length === 0 ||
        rule.sysrqKeys.some((key) => key === request.key));
    const when = meets(rule.when, request, now, rule.effect === 'deny');
    if (who && asWhat && where && what && how && when) {
      if (rule.effect === 'deny') return `rule-denies ${rule.id}`;
      const reached = policy.limits.filter((limit) => isReached(policy, limit, request, usage, now));
      return reached[0] === undefined ? `allowed ${rule.id}` : `limit-reached ${reached[0].id}`;
    }
    if (who && asWhat && where && what && rule.effect === 'allow') {
      if (how) later = true;
      else if (when) almost = true;
    }
  }
  const narrowed = request.action === 'sysrq' ? 'key-not-allowed' : 'profile-not-allowed';
  return later ? 'condition-not-met' : almost ? narrowed : 'no-rule';
}

function isReached(policy: Policy, limit: Limit, request: Request, usage: Usage, now: Date): boolean {
  if (!limit.actions.includes(request.action)) return false;
  if (!isNamed(policy.groups, limit.subjects.customers, limit.subjects.groups, request.customer))
    return false;
  if (limit.subjects.roles.length > 0 && !limit.subjects.roles.some((role) => role === request.role))
    return false;
  if (!isNamed(policy.tags, limit.domains.names, limit.domains.tags, request.domain)) return false;
  if (!meets(limit.when, request, now, true)) return false;
  return usage(limit, new Date(now.getTime() - 1000 * (limit.windowSeconds ?? 0))) >= limit.count;
}

/**
 * The conditions again: each must be met. An unknown value meets them only for a rule or limit that takes
 * away.
 */
function meets(when: Conditions | null, request: Request, now: Date, takesAway: boolean): boolean {
  if (when === null) return true;
  const { source, state, booted } = request;
  const from = (): boolean => {
    if (source === null) return takesAway;
    return when.from.some((network) => {
      const [address = '', prefix] = network.split('/');
      const list = new BlockList();
      list.addSubnet(address, Number(prefix), isIPv4(address) ? 'ipv4' : 'ipv6');
      return isIPv4(source)
        ? isIPv4(address) && list.check(source, 'ipv4')
        : !isIPv4(address) && list.check(source, 'ipv6');
    });
  };
  const times = (): boolean => {
    // As people read a clock in that zone: "Wed, 13:05".
    const clock = now.toLocaleString('en-GB', {
      timeZone: when.zone,
      weekday: 'short',
      hour: '2-digit',
      minute: '2-digit',
      hour12: false,
    });
    const [, day = '', hour = '', minute = ''] = /^(\w{3})\w* (\d\d):(\d\d)$/.exec(clock) ?? [];
    const today = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'].indexOf(day);
    const at = Number(hour) * 60 + Number(minute);
    return when.times.some((window) => {
      for (let begun = 0; begun < 2; begun += 1) {
        // The day's window in minutes of that day; it may continue into the next day.
        if (!window.days.includes((today - begun + 7) % 7)) continue;
        const end = window.to > window.from ? window.to : window.to + 1440;
        const passed = at + begun * 1440;
        if (window.from <= passed && passed < end) return true;
      }
      return false;
    });
  };
  const runs = (): boolean =>
    state !== 'off' && (booted === null ? takesAway : when.booted.some((profile) => profile === booted));
  return (
    (when.from.length === 0 || from()) &&
    (when.times.length === 0 || times()) &&
    (when.states.length === 0 || (state === null ? takesAway : when.states.some((each) => each === state))) &&
    (when.booted.length === 0 || runs())
  );
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
