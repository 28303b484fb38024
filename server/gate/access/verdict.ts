import type { Circumstances } from '../../../policy/conditions.js';
import type { Action } from '../../../policy/actions.js';
import { evaluate } from '../../../policy/evaluate.js';
import type { ParameterValues } from '../../../policy/boot-parameter.js';
import type { BootProfileName } from '../../../policy/names.js';
import type { Decision, Limit, Policy, Usage } from '../../../policy/policy.js';
import type { Refusal, RefusalCode } from '../../../policy/refusal.js';
import { refusal } from '../../../policy/refusal.js';
import type { Facts, Question } from '../../store/authorizations.js';
import type { MaintenanceRow } from '../../store/maintenance.js';
import type { AttachmentQuery } from './live-attachments.js';
import { printable } from '../../../policy/printable.js';
import { absenceRefusal, standing } from './standing.js';
import * as words from '../text/words.js';

/** What a customer asks for, as they spelt it: the domain's name is parsed here and nowhere before. */
export interface AccessRequest {
  readonly action: Action;
  readonly domain: string;
  /** The boot profile of a rescue; null otherwise. */
  readonly profile: BootProfileName | null;
  /** The key of a SysRq; left out: none is named. */
  readonly key?: string | null;
  /** What the profile's parameters are to be, for the log and the host: nothing is judged by it. */
  readonly parameters?: ParameterValues;
  /** Of `log-switch`, for the log: nothing is judged by it. */
  readonly keep?: boolean;
}

/** What was decided: the words for the customer, and for the log the true reason. */
export type Verdict =
  | {
      readonly allow: true;
      /** The rule's id. */
      readonly rule: string;
      /** Since when the role is held. ISO 8601. */
      readonly since: string;
      /** When the key's time is over. Milliseconds since 1970; null: as long as nothing is changed. */
      readonly until: number | null;
    }
  | { readonly allow: false; readonly refusal: Refusal; readonly code: RefusalCode };

/** Decides from what the store and the policy say, and nothing else. */
export function judge(
  policy: Policy,
  { customer, domain, source }: Question,
  request: AccessRequest,
  facts: Facts,
  circumstances: Circumstances,
  atOnce: (query: AttachmentQuery) => number,
  now: Date,
): Verdict {
  const here = standing(policy, customer, facts, now);
  if (!here.here) return denied(absenceRefusal(here));
  const counting = facts.role?.counts === true ? facts.role : null;
  const usage: Usage = (limit: Limit, since: Date) =>
    limit.windowSeconds === null
      ? atOnce({ ...limit, customer, domain, source })
      : facts.count({ per: limit.per, actions: limit.actions, since });
  const ask = (action: Action): Decision => {
    const profile = action === 'rescue' ? request.profile : null;
    const key = action === 'sysrq' ? (request.key ?? null) : null;
    const role = counting?.role ?? null;
    const question = { customer, role, domain, action, profile, key, ...circumstances };
    return evaluate(policy, question, usage, now);
  };
  // Who may not see the domain hears what is heard about one that does not exist.
  const seen = ask('status');
  if (counting === null || !seen.allow) {
    const code =
      facts.role !== null && counting === null ? 'domain-retired' : seen.allow ? 'no-role' : seen.reason;
    return denied(words.noSuchDomain(`${code} for ${printable(request.domain, 80)}`), code);
  }
  const decision = request.action === 'status' ? seen : ask(request.action);
  if (!decision.allow) return denied(refusal(decision.reason, decision.message, because(decision)));
  const { maintenance } = facts;
  if (maintenance !== null && isClosedBy(maintenance, request.action))
    return denied(words.inMaintenance(maintenance));
  return { allow: true, rule: decision.rule.id, since: counting.since, until: here.until };
}

/** What changes nothing. */
const LOOKING: readonly Action[] = ['status', 'watch', 'log'];

const CONSOLES: readonly Action[] = ['console', 'takeover'];

/** Whether maintenance keeps a customer from it, whatever the policy says. */
function isClosedBy({ consolesClosed }: MaintenanceRow, action: Action): boolean {
  if (CONSOLES.includes(action)) return consolesClosed;
  return !LOOKING.includes(action);
}

function denied(no: Refusal, code: RefusalCode = no.code): Verdict {
  return { allow: false, refusal: no, code };
}

function because(decision: Extract<Decision, { allow: false }>): string {
  const row = decision.limit ?? decision.rule;
  if (row === null) return decision.reason;
  return `${decision.reason}: ${row.id} at ${row.place.file}:${row.place.line}:${row.place.column}`;
}
