import type { Action } from '../../../policy/actions.js';
import type { Circumstances } from '../../../policy/conditions.js';
import { explain, explainText } from '../../../policy/explain.js';
import type { Explanation } from '../../../policy/explain.js';
import { parseDomainName } from '../../../policy/names.js';
import type {
  BootProfileName,
  ImageName,
  CustomerName,
  DomainName,
  Fingerprint,
} from '../../../policy/names.js';
import type { Limit, Policy } from '../../../policy/policy.js';
import { isRefusal, refusal } from '../../../policy/refusal.js';
import type { Refusal } from '../../../policy/refusal.js';
import type { AuditEvent, AuditRow } from '../../store/audit-event.js';
import { noSuchCustomer } from '../../store/customers.js';
import type { Store } from '../../store/store.js';
import type { DomainObservations } from '../access/domain-observations.js';
import * as words from '../text/words.js';
import { action, address, customer, domain, files, optional, profile } from './argument.js';
import { reference, state, sysrqKey, time } from './argument.js';
import type { ReadPolicy, RunningGate } from './control-ports.js';
import { route } from './route.js';
import type { Route } from './route.js';

/** `POST /policy/explain`. */
export interface PolicyExplanation {
  readonly explanation: Explanation;
  /** Sentences about what would refuse it before any rule is asked. */
  readonly remarks: readonly string[];
  /** All of it as text for a terminal. */
  readonly text: string;
}

type Denial = Extract<AuditEvent, { kind: 'domain.denied' }>;

/** `GET /policy/denials/REFERENCE`. */
export interface DenialExplanation {
  readonly row: AuditRow;
  /**
   * What the policy says of the same request now; null when there is no such customer, or the name cannot be
   * a domain's.
   */
  readonly now: PolicyExplanation | null;
  readonly text: string;
}

/** The parts that explanations are made from. */
interface ExplainParts {
  readonly store: Store;
  /** The policy in force, or the files as they are when the gate is not running. */
  readonly policy: () => Policy | Refusal;
  /** Reads another policy that is asked about. */
  readonly read: ReadPolicy;
  readonly observations: DomainObservations;
  readonly atOnce: RunningGate['atOnce'];
}

/** The question. */
interface Asked extends Circumstances {
  readonly customer: CustomerName;
  readonly domain: DomainName;
  readonly action: Action;
  /** Of a rescue the boot profile, of a reinstallation the image. */
  readonly profile: BootProfileName | ImageName | null;
  readonly key: string | null;
  readonly at: Date;
}

export function explainRoutes(parts: ExplainParts): readonly Route[] {
  const { store, policy, read, observations } = parts;
  const spec = {
    customer,
    action,
    domain,
    profile: optional(profile),
    key: optional(sysrqKey),
    at: optional(time),
    source: optional(address),
    state: optional(state),
    booted: optional(profile),
    files: optional(files),
  };
  return [
    route('POST', '/policy/explain', spec, (given): PolicyExplanation | Refusal => {
      const found = given.files === null ? policy() : read(given.files);
      if (isRefusal(found)) return found;
      const seen = observations.observation(given.domain);
      return explanationOf(parts, found, {
        ...given,
        state: given.state ?? seen.state,
        booted: given.booted ?? seen.booted,
        at: given.at === null ? new Date() : new Date(given.at),
      });
    }),

    route('GET', '/policy/denials/:reference', { reference }, (given): DenialExplanation | Refusal => {
      const row = store.audit.denial(given.reference);
      if (row?.event.kind !== 'domain.denied')
        return refusal(
          'no-such-reference',
          `no refusal in the audit log has the reference ${given.reference}`,
        );
      const found = policy();
      if (isRefusal(found)) return found;
      const now = denialNow(parts, found, row.event, new Date(row.at));
      return { row, now, text: denialText(row, row.event, now) };
    }),
  ];
}

function explanationOf(
  { store, atOnce }: ExplainParts,
  policy: Policy,
  { at, ...asked }: Asked,
): PolicyExplanation | Refusal {
  const { customer: name, domain: on, source } = asked;
  const known = store.customers.find(name);
  if (known === undefined) return noSuchCustomer(name);
  // Usage does not depend on the key.
  const question = { customer: name, domain: on, source, fingerprint: '' as Fingerprint };
  const facts = store.authorizations.look(question);
  const remarks: string[] = [];
  if (known.suspendedAt !== null)
    remarks.push(`${name} is suspended since ${known.suspendedAt}: nothing is allowed`);
  const end = facts.role?.until ?? null;
  if (facts.role !== null && end !== null && end <= new Date().toISOString()) {
    remarks.push(`the role ${facts.role.role} on ${on} has ended: its time was over at ${end}`);
  } else if (facts.role?.counts === false) {
    remarks.push(
      `${on} was retired, and the role ${facts.role.role} on it is from before: \`postern domain adopt ${on}\` lets it count again`,
    );
  }
  if (facts.maintenance !== null) remarks.push(`maintenance is on: ${words.maintenance(facts.maintenance)}`);
  const role = facts.role?.counts === true ? facts.role.role : null;
  const usage = ({ per, actions, windowSeconds }: Limit, since: Date): number =>
    windowSeconds === null
      ? atOnce({ per, actions, ...question })
      : facts.count({ per, actions, since, until: at });
  const held = store.holders.rolesHeld(name);
  const explanation = explain(policy, { ...asked, role }, usage, at, held);
  const text = remarks.map((remark) => `${remark}\n`).join('') + explainText(explanation);
  return { explanation, remarks, text };
}

/** Asks the same question again, with the time of then, and the policy and the roles of today. */
function denialNow(
  parts: ExplainParts,
  policy: Policy,
  { actor, domain: spelt, action: asked, profile: boot, key, state: seen, booted }: Denial,
  at: Date,
): PolicyExplanation | null {
  const on = parseDomainName(spelt);
  if (on === undefined) return null;
  const again = explanationOf(parts, policy, {
    customer: actor.customer,
    domain: on,
    action: asked,
    profile: boot ?? null,
    key: key ?? null,
    source: actor.source,
    state: seen === 'unknown' ? null : (seen ?? null),
    booted: booted ?? null,
    at,
  });
  return isRefusal(again) ? null : again;
}

function denialText(
  { seq, at }: AuditRow,
  { actor, domain: spelt, action: asked, code, detail, revision }: Denial,
  now: PolicyExplanation | null,
): string {
  const lines = [
    `${actor.customer}, ${asked}, ${spelt}: denied on ${at}, ${code}`,
    '',
    `because  ${detail}`,
    `policy   revision ${revision ?? 'not known'}`,
    `from     ${actor.source}, with the key ${actor.fingerprint}`,
    `audit    row ${seq}, connection ${actor.connection}`,
    '',
    now === null
      ? 'There is no such customer or domain to ask about now.'
      : `By the policy and the roles of now, it would have been, then:\n\n${now.text.trimEnd()}`,
  ];
  return `${lines.join('\n')}\n`;
}
