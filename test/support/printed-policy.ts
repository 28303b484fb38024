import type { Conditions } from '../../policy/conditions.js';
import type { Domains, Idle, Policy, Subjects } from '../../policy/policy.js';

/** Writes a policy as a file with the same meaning, in JSON, which YAML includes. */
export function printedPolicy(policy: Policy): string {
  const { groups, tags, rules, limits, sessionLimits, consoleTerms, rescueTerms, keyRules } = policy;
  const document = {
    groups,
    tags,
    rules: rules.map((rule) => ({
      ...named(rule.id),
      [rule.effect]: rule.actions,
      ...who(rule.subjects),
      ...which(rule.domains),
      ...list('profiles', rule.profiles),
      ...list('images', rule.images),
      ...list('sysrqKeys', rule.sysrqKeys),
      ...when(rule.when),
      ...given('reason', rule.reason),
    })),
    limits: limits.map((limit) => ({
      ...named(limit.id),
      actions: limit.actions,
      per: limit.per,
      count: limit.count,
      ...(limit.windowSeconds === null ? { atOnce: true } : { within: span(limit.windowSeconds) }),
      ...who(limit.subjects),
      ...which(limit.domains),
      ...when(limit.when),
      ...given('reason', limit.reason),
    })),
    sessions: sessionLimits.map(({ subjects, count, idle }) => ({ ...who(subjects), count, ...spell(idle) })),
    consoles: consoleTerms.map(({ subjects, domains, idle, logOut, record }) => ({
      ...who(subjects),
      ...which(domains),
      ...spell(idle),
      ...given('logOut', logOut),
      record,
    })),
    rescues: rescueTerms.map(({ subjects, domains, profiles, defaultSeconds, maximumSeconds }) => ({
      ...who(subjects),
      ...which(domains),
      ...list('profiles', profiles),
      ...given('default', defaultSeconds === null ? null : span(defaultSeconds)),
      ...given('maximum', maximumSeconds === null ? null : span(maximumSeconds)),
    })),
    keys: keyRules.map(({ subjects, types, rsaBits, count, maxAgeSeconds, verified }) => ({
      ...who(subjects),
      ...list('types', types),
      ...given('rsaBits', rsaBits),
      ...given('count', count),
      ...given('expires', maxAgeSeconds === null ? null : span(maxAgeSeconds)),
      ...given('verified', verified ? true : null),
    })),
  };
  return `${JSON.stringify(document, null, 1)}\n`;
}

/** Leaves out an id made from the place: the loader makes it again. */
function named(id: string): object {
  return id.includes('[') ? {} : { id };
}

function list(key: string, values: readonly unknown[]): object {
  return values.length === 0 ? {} : { [key]: values };
}

function given(key: string, value: unknown): object {
  return value === null ? {} : { [key]: value };
}

function who({ customers, groups, roles }: Subjects): object {
  return { ...list('customers', customers), ...list('groups', groups), ...list('roles', roles) };
}

function which({ names, tags }: Domains): object {
  return { ...list('domains', names), ...list('tags', tags) };
}

function when(conditions: Conditions | null): object {
  if (conditions === null) return {};
  const { from, times, zone, states, booted } = conditions;
  const texts = times.map(({ text }) => text);
  return {
    when: {
      ...list('from', from),
      ...list('times', texts),
      zone,
      ...list('states', states),
      ...list('booted', booted),
    },
  };
}

function spell(idle: Idle | null): object {
  return given('idle', typeof idle === 'number' ? span(idle) : idle);
}

/** The largest unit without a remainder: a number of seconds may have too many digits. */
function span(seconds: number): string {
  const units = [
    ['d', 86_400],
    ['h', 3_600],
    ['m', 60],
  ] as const;
  const [unit, size] = units.find(([, length]) => seconds % length === 0) ?? ['s', 1];
  return `${seconds / size}${unit}`;
}
