import { aligned } from './columns.js';
import type { AskedCondition } from './conditions.js';
import { askConditions } from './conditions.js';
import { duration } from './denial.js';
import { consoleTerms, evaluate, rescueTerms, sessionLimit } from './evaluate.js';
import type { Mismatch } from './match.js';
import { limitsThatApply, mismatch } from './match.js';
import type {
  ConsoleTerms,
  Decision,
  Limit,
  Place,
  Policy,
  Request,
  RescueTerms,
  Rule,
  SessionLimit,
  Usage,
} from './policy.js';
import type { Role } from './roles.js';
import { possibleAgain, windowStart } from './window.js';

/** A rule that was asked, and its mismatch; null for the rule that decided. */
interface AskedRule {
  readonly rule: Rule;
  readonly mismatch: Mismatch | null;
  /** Its conditions, when everything else matches. */
  readonly conditions: readonly AskedCondition[];
}

/** A limit that applies, and the rest of it. */
interface LimitLeft {
  readonly limit: Limit;
  readonly used: number;
  readonly left: number;
  /** When there is room again; null while there is room, and when it is not known. */
  readonly again: Date | null;
}

/** Explains a decision to an admin. */
export interface Explanation {
  readonly request: Request;
  /** The time of the question: ISO 8601, UTC. */
  readonly at: string;
  readonly decision: Decision;
  /**
   * In order, up to and including the rule that decided. Empty without a role, because then no rule is asked.
   */
  readonly rules: readonly AskedRule[];
  /** Every limit that applies, even when a rule has already denied. Empty without a role. */
  readonly limits: readonly LimitLeft[];
  /** The console's terms, for actions that open it, when an entry of `consoles:` applies. */
  readonly terms: ConsoleTerms | null;
  /** How long a rescue lasts, for `rescue` and `extend`, when an entry of `rescues:` applies. */
  readonly rescue: RescueTerms | null;
  /** The limit of sessions and connections, when an entry of `sessions:` applies. */
  readonly sessions: SessionLimit | null;
}

/**
 * Decides as `evaluate` does, and says how.
 *
 * @param rolesHeld every role that the customer holds on any domain
 */
export function explain(
  policy: Policy,
  request: Request,
  usage: Usage,
  now: Date,
  rolesHeld: readonly Role[] = request.role === null ? [] : [request.role],
): Explanation {
  const decision = evaluate(policy, request, usage, now);
  const at = now.toISOString();
  const sessions = sessionLimit(policy, request.customer, rolesHeld) ?? null;
  if (request.role === null)
    return { request, at, decision, rules: [], limits: [], terms: null, rescue: null, sessions };
  const rules: AskedRule[] = [];
  for (const rule of policy.rules) {
    const why = mismatch(policy, rule, request, now);
    const fits = why === null || why === 'when';
    rules.push({
      rule,
      mismatch: why,
      conditions: fits && rule.when !== null ? askConditions(rule.when, request, now) : [],
    });
    if (why === null) break;
  }
  const limits = limitsThatApply(policy, request, now).map((limit) => left(limit, usage, now));
  const opens = request.action === 'console' || request.action === 'watch';
  const { customer, role, domain } = request;
  const terms = opens ? (consoleTerms(policy, customer, role, domain) ?? null) : null;
  const rescue = rescueOf(policy, request);
  return { request, at, decision, rules, limits, terms, rescue, sessions };
}

/** A rescue under way has the profile that the domain runs. */
function rescueOf(
  policy: Policy,
  { action, customer, role, domain, profile, booted }: Request,
): RescueTerms | null {
  if (action !== 'rescue' && action !== 'extend') return null;
  const of = action === 'rescue' ? profile : booted;
  return rescueTerms(policy, customer, role, domain, of) ?? null;
}

function left(limit: Limit, usage: Usage, now: Date): LimitLeft {
  const used = usage(limit, windowStart(limit, now));
  const again = used >= limit.count ? possibleAgain(limit, usage, now) : null;
  return { limit, used, left: Math.max(0, limit.count - used), again };
}

function atOnceText({ count, connections }: SessionLimit): string {
  const sessions = count === 1 ? 'one session' : `${count} sessions`;
  if (connections === null) return `${sessions}, connections as gate.yaml says`;
  return `${sessions}, ${connections === 1 ? 'one connection' : `${connections} connections`}`;
}

/** The explanation for a terminal: lines that end with a newline. */
export function explainText(explanation: Explanation): string {
  const { request, at, decision, rules, limits, terms, rescue, sessions } = explanation;
  const lines = [`${request.customer}, ${request.action}, ${request.domain}: ${verdict(decision)}`, ''];
  lines.push(
    `role     ${request.role ?? `none: ${request.customer} has no role on ${request.domain}, so no rule is asked`}`,
  );
  if (request.profile !== null)
    lines.push(`${request.action === 'reinstall' ? 'image  ' : 'profile'}  ${request.profile}`);
  if (request.key !== null) lines.push(`key      ${request.key}`);
  if (request.role !== null) {
    lines.push(`at       ${at}`, `from     ${request.source ?? NOT_KNOWN}`, `state    ${stateText(request)}`);
    lines.push('rules    first match decides');
    lines.push(...indented(rules.flatMap((asked) => ruleRows(request, asked))));
    if (rules.at(-1)?.mismatch !== null)
      lines.push('  none of them speaks of this, and what no rule allows is denied');
    lines.push(limits.length === 0 ? 'limits   none applies' : 'limits   all must hold');
    lines.push(...indented(limits.map(limitRow)));
    if (terms !== null) lines.push(`console  ${termsText(terms)}, by consoles: at ${where(terms.place)}`);
    if (rescue !== null) lines.push(`lasts    ${rescueText(rescue)}, by rescues: at ${where(rescue.place)}`);
  }
  if (sessions !== null)
    lines.push(`at once  ${atOnceText(sessions)}, by sessions: at ${where(sessions.place)}`);
  if (!decision.allow) lines.push('', `the customer reads: ${decision.message}`);
  return `${lines.join('\n')}\n`;
}

/** `idle 15 minutes, Ctrl-D on leaving, record output`; gate.yaml decides what the entry leaves out. */
function termsText({ idle, logOut, record }: ConsoleTerms): string {
  const parts = [
    idle === null ? [] : [`idle ${idle === 'never' ? idle : duration(idle)}`],
    logOut === null ? [] : [logOut ? 'Ctrl-D on leaving' : 'no Ctrl-D on leaving'],
    [`record ${record}`],
  ];
  return parts.flat().join(', ');
}

/** `8 hours unless asked otherwise, 24 hours at most`. */
function rescueText({ defaultSeconds, maximumSeconds }: RescueTerms): string {
  const usual = defaultSeconds === null ? 'without an end' : duration(defaultSeconds);
  const most = maximumSeconds === null ? 'no maximum' : `${duration(maximumSeconds)} at most`;
  return `${usual} unless asked otherwise, ${most}`;
}

function verdict(decision: Decision): string {
  if (decision.allow) return `allowed by ${decision.rule.id}`;
  const by = decision.rule ?? decision.limit;
  return `denied, ${decision.reason}${by === null ? '' : ` (${by.id})`}`;
}

const NOT_KNOWN = 'not known';

function stateText({ state, booted }: Request): string {
  if (state === null) return NOT_KNOWN;
  return state === 'off' ? state : `${state}, boot ${booted ?? NOT_KNOWN}`;
}

/** The rule, and below it each of its conditions with the present value. */
function ruleRows(
  request: Request,
  { rule, mismatch: why, conditions }: AskedRule,
): readonly (readonly string[])[] {
  const decides = rule.effect === 'allow' ? 'matches: allow' : 'matches: deny';
  const row = [
    why === null ? '>' : ' ',
    rule.id,
    where(rule.place),
    why === null ? decides : whyNot(request, rule, why),
  ];
  return [row, ...conditions.map((asked) => ['', '', '', conditionText(rule, asked)])];
}

function conditionText({ effect }: Rule, { condition, wanted, value, met }: AskedCondition): string {
  const asked = `  ${condition} ${wanted}: `;
  if (met !== null) return `${asked}${value ?? ''}, ${met ? 'met' : 'not met'}`;
  const counts = effect === 'deny' ? 'which counts as met where a rule denies' : 'which meets no condition';
  return `${asked}${NOT_KNOWN}, ${counts}`;
}

const VERB = { allow: 'allows', deny: 'denies' } as const;

function whyNot(request: Request, rule: Rule, why: Mismatch): string {
  switch (why) {
    case 'action':
      return `not for ${request.action}: ${VERB[rule.effect]} ${rule.actions.join(', ')}`;
    case 'customer':
      return `not for ${request.customer}: for ${named(rule.subjects.customers, 'group', rule.subjects.groups)}`;
    case 'role':
      return `not for ${request.role ?? 'no role'}: for ${rule.subjects.roles.join(', ')}`;
    case 'domain':
      return `not for ${request.domain}: for ${named(rule.domains.names, 'tag', rule.domains.tags)}`;
    case 'profile': {
      const asked = request.profile === null ? 'no profile named' : `not for profile ${request.profile}`;
      return `${asked}: for ${rule.profiles.join(', ')}`;
    }
    case 'image': {
      const asked = request.profile === null ? 'no image named' : `not for image ${request.profile}`;
      return `${asked}: for ${rule.images.join(', ')}`;
    }
    case 'key':
      return `${request.key === null ? 'no key named' : `not for the key ${request.key}`}: for ${rule.sysrqKeys.join(', ')}`;
    case 'when':
      return `not now: ${VERB[rule.effect]} under conditions`;
  }
}

function named(names: readonly string[], kind: string, sets: readonly string[]): string {
  return [...names, ...sets.map((set) => `${kind} ${set}`)].join(', ');
}

function limitRow({ limit, used, left: rest, again }: LimitLeft): readonly string[] {
  const until = again === null ? '' : ` until ${again.toISOString()}`;
  const room = rest > 0 ? `${rest} left` : `used up${until}`;
  const window = limit.windowSeconds === null ? 'at once' : `in ${duration(limit.windowSeconds)}`;
  const rate = `${used} of ${limit.count} ${window}, per ${limit.per}`;
  return [rest > 0 ? ' ' : '!', limit.id, where(limit.place), `${rate}: ${room}`];
}

function where(place: Place): string {
  return `${place.file}:${place.line}`;
}

function indented(rows: readonly (readonly string[])[]): readonly string[] {
  return aligned(rows).map((line) => `  ${line}`);
}
