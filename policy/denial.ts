import { counted, listed } from './listing.js';
import type { Action } from './actions.js';
import type { AskedCondition } from './conditions.js';
import { askConditions } from './conditions.js';
import type { BootProfileName, ImageName } from './names.js';
import type { Limit, Request, Rule, SessionLimit } from './policy.js';

/**
 * Sentences for the customer when the policy says "no". They contain only names that were parsed at the
 * border, and reasons that the loader found printable.
 */

const TO_DO: Readonly<Record<Action, (domain: string) => string>> = {
  status: (domain) => `see ${domain}`,
  console: (domain) => `use the console of ${domain}`,
  watch: (domain) => `watch the console of ${domain}`,
  takeover: (domain) => `take over the keyboard of ${domain}`,
  sysrq: (domain) => `send SysRq keys to ${domain}`,
  log: (domain) => `read the console log of ${domain}`,
  extend: (domain) => `give the rescue of ${domain} more time`,
  'log-switch': (domain) => `switch the console log of ${domain} off or on`,
  start: (domain) => `start ${domain}`,
  shutdown: (domain) => `shut down ${domain}`,
  poweroff: (domain) => `power off ${domain}`,
  reboot: (domain) => `reboot ${domain}`,
  rescue: (domain) => `boot ${domain} into rescue`,
  normal: (domain) => `boot ${domain} back to normal`,
  reinstall: (domain) => `reinstall ${domain}`,
  notify: (domain) => `be told by notices of ${domain}`,
};

/** One sentence for every name that the customer may not see, whatever the reason. */
export const NO_SUCH_SERVER = 'There is no such server, or it is not yours.';

export function noRuleMessage(request: Request): string {
  return `The rules here do not let you ${TO_DO[request.action](request.domain)}.`;
}

export function ruleMessage(request: Request, rule: Rule): string {
  return rule.reason ?? noRuleMessage(request);
}

export function profileMessage(request: Request, open: readonly BootProfileName[]): string {
  const asked =
    request.profile === null
      ? 'Name a rescue profile'
      : `The rescue profile ${request.profile} is not open to you`;
  return `${asked}; for ${request.domain} you may use: ${open.join(', ')}.`;
}

export function imageMessage(request: Request, open: readonly ImageName[]): string {
  const asked =
    request.profile === null ? 'Name a system image' : `The image ${request.profile} is not open to you`;
  return `${asked}; for ${request.domain} you may use: ${open.join(', ')}.`;
}

export function keyMessage(request: Request, open: readonly string[]): string {
  const asked = request.key === null ? 'Name a SysRq key' : `The SysRq key ${request.key} is not open to you`;
  return `${asked}; for ${request.domain} you may use: ${open.join(', ')}.`;
}

/**
 * @param rule allows this, but under conditions that are not met. The sentence does not tell from which
 * address it would work
 */
export function conditionMessage(request: Request, rule: Rule, now: Date): string {
  const asked = rule.when === null ? [] : askConditions(rule.when, request, now);
  const unmet = asked.filter(({ met }) => met !== true);
  const sentence = `You cannot ${TO_DO[request.action](request.domain)} ${listed(unmet.map(notNow))}.`;
  const times = unmet.find(({ condition }) => condition === 'times');
  return times === undefined ? sentence : `${sentence} It is possible ${times.wanted}.`;
}

function notNow({ condition, value }: AskedCondition): string {
  switch (condition) {
    case 'from':
      return `from ${value ?? 'an address that is not known'}`;
    case 'times':
      return 'at this time';
    case 'states':
      return value === null ? 'while it is not known what it does' : `while it is ${value}`;
    case 'booted':
      if (value === null) return 'while it is not known what it runs';
      return value === 'off' ? 'while it is off' : `while it runs ${value}`;
  }
}

/** @param again when there is room again; null when not known */
export function limitMessage(request: Request, limit: Limit, again: Date | null, now: Date): string {
  const whose = WHOSE[limit.per](request);
  const what = limit.actions.length === 1 ? '' : ` (${listed(limit.actions)} together)`;
  if (limit.windowSeconds === null || again === null) {
    const sentence = `The limit of ${counted(limit.count, 'console')} at once ${whose}${what} is reached.`;
    return limit.reason === null ? sentence : `${limit.reason} ${sentence}`;
  }
  const rate = `${times(limit.count)} in ${duration(limit.windowSeconds)} ${whose}${what}`;
  const wait = duration(Math.max(1, Math.ceil((again.getTime() - now.getTime()) / 1000)));
  const sentence = `The limit of ${rate} is reached; it is possible again in about ${wait}.`;
  return limit.reason === null ? sentence : `${limit.reason} ${sentence}`;
}

const WHOSE: Readonly<Record<Limit['per'], (request: Request) => string>> = {
  domain: ({ domain }) => `for ${domain}`,
  customer: () => 'for you',
  source: () => 'from where you are',
};

export function sessionMessage(limit: SessionLimit): string {
  return `You have ${limit.count === 1 ? 'a session' : `${limit.count} sessions`} open already, the most at once.`;
}

/** A length of time in the largest unit that gives a small number, rounded up: `90 s` is `2 minutes`. */
export function duration(seconds: number): string {
  const units = [
    ['day', 86_400],
    ['hour', 3_600],
    ['minute', 60],
  ] as const;
  for (const [name, size] of units) {
    const whole = seconds % size === 0;
    if (seconds >= 2 * size || (whole && seconds >= size)) return counted(Math.ceil(seconds / size), name);
  }
  return seconds > 60 ? counted(2, 'minute') : counted(seconds, 'second');
}

function times(count: number): string {
  return counted(count, 'time');
}
