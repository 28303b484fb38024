import type { Circumstances } from '../../../policy/conditions.js';
import type { Action } from '../../../policy/actions.js';
import { evaluate, rescueTerms } from '../../../policy/evaluate.js';
import type { ParameterValues } from '../../../policy/boot-parameter.js';
import type { BootProfileName, CustomerName, ImageName } from '../../../policy/names.js';
import type { Decision, Limit, Policy, Usage } from '../../../policy/policy.js';
import type { Refusal, RefusalCode } from '../../../policy/refusal.js';
import { refusal } from '../../../policy/refusal.js';
import type { Facts, Question } from '../../store/authorizations.js';
import type { MaintenanceRow } from '../../store/maintenance.js';
import type { RoleRow } from '../../store/records.js';
import type { Identity } from '../session/identity.js';
import { MOST_RESCUE_SECONDS } from '../../wire/rescue-end.js';
import type { AttachmentQuery } from './live-attachments.js';
import { printable } from '../../../policy/printable.js';
import type { LoginCertificate } from '../certificates/login-certificate.js';
import type { RevocationList } from '../certificates/revocation-list.js';
import { absenceRefusal, earlier, standing } from './standing.js';
import * as words from '../text/words.js';

/** A customer's request, as they spelt it. The domain's name is not parsed yet. */
export interface AccessRequest {
  readonly action: Action;
  readonly domain: string;
  /** The boot profile of a rescue, or of the one to extend; the image of a reinstallation; null otherwise. */
  readonly profile: BootProfileName | ImageName | null;
  /** The key of a SysRq; null or left out when none is named. */
  readonly key?: string | null;
  /**
   * For `rescue` and `extend`: seconds from the boot to the end; null or left out when it has none. Policy has a
   * maximum.
   */
  readonly forSeconds?: number | null;
  /** For `extend`: seconds that the rescue has without more time; they only choose the words of a denial. */
  readonly soFarSeconds?: number;
  /** The profile's parameters, for the log and the host; they decide nothing. */
  readonly parameters?: ParameterValues;
  /** For `log-switch`: whether the log is to be kept. The audit log has it; it decides nothing. */
  readonly keep?: boolean;
}

/** A decision. A denial has the words for the customer, and as `code` the true reason for the log. */
export type Verdict =
  | {
      readonly allow: true;
      /** The rule's id. */
      readonly rule: string;
      /** When the role began. ISO 8601. */
      readonly since: string;
      /** When the time of the key or the role is over. Milliseconds since 1970; null: not unless something changes. */
      readonly until: number | null;
    }
  | Denial;

/** See `Verdict`. */
export interface Denial {
  readonly allow: false;
  readonly refusal: Refusal;
  readonly code: RefusalCode;
}

/** Who asks about which domain, whether a security key has verified them, and their certificate. */
export interface Asked extends Question, Pick<Identity, 'verified'> {
  readonly certified?: LoginCertificate;
}

/**
 * Decides from its arguments and nothing else. What is the same for all requests is decided once.
 *
 * @param asked for the conditions of the policy: when it was asked for
 * @returns decides about a request for the domain that `who` names
 */
export function judging(
  policy: Policy,
  { customer, domain, source, verified, certified }: Asked,
  facts: Facts,
  circumstances: Circumstances,
  atOnce: (query: AttachmentQuery) => number,
  now: Date,
  revoked: RevocationList,
  asked: Date = now,
): (request: AccessRequest) => Verdict {
  const proof = { certificate: certified?.certificate, revoked };
  const here = standing(policy, customer, facts, verified, now, proof);
  if (!here.here) return () => denied(absenceRefusal(here));
  const only = certified?.confinedTo ?? null;
  if (only !== null && only !== domain)
    return () => denied(words.noSuchDomain(`the certificate is for ${only} alone`), 'no-role');
  const counting = facts.role?.counts === true && !isOver(facts.role, now) ? facts.role : null;
  const usage = countedOnce((limit: Limit, since: Date) =>
    limit.windowSeconds === null
      ? atOnce({ ...limit, customer, domain, source })
      : facts.count({ per: limit.per, actions: limit.actions, since }),
  );
  const ask = (action: Action, request: Pick<AccessRequest, 'profile' | 'key'>): Decision => {
    const profile = action === 'rescue' || action === 'reinstall' ? request.profile : null;
    const key = action === 'sysrq' ? (request.key ?? null) : null;
    const role = counting?.role ?? null;
    const question = { customer, role, domain, action, profile, key, ...circumstances };
    return evaluate(policy, question, usage, asked);
  };
  // A customer who may not see the domain hears the same as about one that does not exist.
  const seen = ask('status', { profile: null });
  if (counting === null || !seen.allow) {
    const isRetired = facts.role !== null && counting === null && !isOver(facts.role, now);
    const code = isRetired ? 'domain-retired' : seen.allow ? 'no-role' : seen.reason;
    return (request) => denied(words.noSuchDomain(`${code} for ${printable(request.domain, 80)}`), code);
  }
  const until = earlier(here.until, counting.until === null ? null : Date.parse(counting.until));
  return (request) => {
    const decision = request.action === 'status' ? seen : ask(request.action, request);
    if (!decision.allow) return denied(refusal(decision.reason, decision.message, because(decision)));
    const tooLong = tooLongFor(request, policy, customer, counting);
    if (tooLong !== null) return denied(tooLong);
    const { maintenance } = facts;
    if (maintenance !== null && isClosedBy(maintenance, request.action))
      return denied(words.inMaintenance(maintenance));
    return { allow: true, rule: decision.rule.id, since: counting.since, until };
  };
}

/** Counts the same uses of a limit once: many actions may share it. */
function countedOnce(count: Usage): Usage {
  const known = new Map<Limit, Map<number, number>>();
  return (limit, since) => {
    const counts = known.get(limit) ?? new Map<number, number>();
    const uses = counts.get(since.getTime()) ?? count(limit, since);
    counts.set(since.getTime(), uses);
    known.set(limit, counts);
    return uses;
  };
}

/** Whether policy ends the rescue earlier. */
function tooLongFor(
  { forSeconds = null, soFarSeconds, profile }: AccessRequest,
  policy: Policy,
  customer: CustomerName,
  { role, domain }: RoleRow,
): Refusal | null {
  if (forSeconds === null) return null;
  const terms = rescueTerms(policy, customer, role, domain, profile);
  const most = terms?.maximumSeconds ?? MOST_RESCUE_SECONDS;
  if (forSeconds <= most) return null;
  return soFarSeconds === undefined ? words.tooLongRescue(most) : words.tooMuchMore(most, soFarSeconds);
}

/** Whether the time of the role is over. */
function isOver({ until }: Pick<RoleRow, 'until'>, now: Date): boolean {
  return until !== null && until <= now.toISOString();
}

/** Actions that change nothing; maintenance leaves them open. */
const LOOKING: readonly Action[] = ['status', 'watch', 'log', 'extend', 'notify'];

const CONSOLES: readonly Action[] = ['console', 'takeover'];

/** Whether maintenance refuses the action, whatever the policy says. */
function isClosedBy({ consolesClosed }: MaintenanceRow, action: Action): boolean {
  if (CONSOLES.includes(action)) return consolesClosed;
  return !LOOKING.includes(action);
}

/** The denial of what is no domain's name: the customer hears the same as of a domain that does not exist. */
export function notAName(): Denial {
  return denied(words.noSuchDomain('not a name'), 'no-such-domain');
}

function denied(no: Refusal, code: RefusalCode = no.code): Denial {
  return { allow: false, refusal: no, code };
}

function because(decision: Extract<Decision, { allow: false }>): string {
  const row = decision.limit ?? decision.rule;
  if (row === null) return decision.reason;
  return `${decision.reason}: ${row.id} at ${row.place.file}:${row.place.line}:${row.place.column}`;
}
