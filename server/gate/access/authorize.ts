import { randomUUID } from 'node:crypto';
import type { Action } from '../../../policy/actions.js';
import type { Circumstances } from '../../../policy/conditions.js';
import type { ParameterValues } from '../../../policy/boot-parameter.js';
import type { BootProfileName, DomainName, ImageName } from '../../../policy/names.js';
import { parseDomainName } from '../../../policy/names.js';
import { rescueTerms } from '../../../policy/evaluate.js';
import type { Policy, RescueTerms } from '../../../policy/policy.js';
import type { Refusal } from '../../../policy/refusal.js';
import type { Role } from '../../../policy/roles.js';
import type { AuditRow } from '../../store/audit-event.js';
import type { Facts, Question, Settled } from '../../store/authorizations.js';
import { AuditUnavailableError } from '../../store/store-error.js';
import type { AttachmentQuery, HeldPlace } from './live-attachments.js';
import { CustomerRateLimit } from './customer-rate-limit.js';
import type { RateLimit } from './customer-rate-limit.js';
import { NOTHING_REVOKED } from '../certificates/revocation-list.js';
import type { RevocationList } from '../certificates/revocation-list.js';
import type { Identity } from '../session/identity.js';
import { NO_OBSERVATIONS } from './domain-observations.js';
import type { DomainObservation, DomainObservations } from './domain-observations.js';
import { deniedEvent, intentEvents } from './access-events.js';
import { consider } from './considered.js';
import type { Considered } from './considered.js';
import { judging, notAName } from './verdict.js';
import type { Asked, Verdict, AccessRequest } from './verdict.js';
import * as words from '../text/words.js';

/** The store as authorisation needs it: one transaction around reading, deciding and recording. */
export interface Authorizations {
  /** @throws AuditUnavailableError when nothing can be written; then nothing has happened */
  settle<T>(question: Question, decide: (facts: Facts) => Settled<T>): T;
  /** Reads the same facts without recording anything; works also when nothing can be written. */
  look(question: Question): Facts;
}

/** The policy in force at this moment. */
export interface PolicyInForce {
  readonly policy: Policy;
  readonly revision: number;
}

/** Known to this file alone: code without it can make neither a Permit nor a DemandedPermit. */
const mint = Symbol('mint');

/** A permit that was used: the effect requires it, and only `Permit.consume` makes one. */
export class DemandedPermit {
  readonly identity: Identity;
  readonly action: Action;
  readonly domain: DomainName;
  readonly profile: BootProfileName | ImageName | null;
  /** The key of a SysRq; null otherwise. */
  readonly key: string | null;
  /** For `rescue` and `extend`: seconds from the boot to the end; null when it has none. */
  readonly forSeconds: number | null;
  /** The profile's parameters as they were recorded; empty when the profile has none. */
  readonly parameters: ParameterValues;
  /** The id of the operation or of the attachment; the intent, its outcome and the wire all have it. */
  readonly operation: string;
  /** The row of the intent. Null for `status`, and for looking while the audit log cannot be written. */
  readonly row: AuditRow | null;
  /** When the customer's role began; nothing from before is ever shown. ISO 8601. */
  readonly since: string;
  /** Makes the type nominal: an object of the same shape is not one. */
  readonly #minted = true;

  constructor(key: symbol, facts: PermitFacts) {
    if (key !== mint) throw new TypeError('a demanded permit is made by consuming a permit');
    this.identity = facts.identity;
    this.action = facts.action;
    this.domain = facts.domain;
    this.profile = facts.profile;
    this.key = facts.key;
    this.forSeconds = facts.forSeconds;
    this.parameters = facts.parameters;
    this.operation = facts.operation;
    this.row = facts.row;
    this.since = facts.since;
    Object.freeze(this);
  }

  /** @returns false for an object that only has the same shape */
  static is(value: unknown): value is DemandedPermit {
    return typeof value === 'object' && value !== null && #minted in value && value.#minted;
  }
}

/** The fields of a permit. */
type PermitFacts = Pick<DemandedPermit, keyof DemandedPermit>;

/**
 * Proof that `authorize` said yes to this identity, action and domain, once. Never stored, never crosses the
 * socket (house rule 1).
 */
export class Permit {
  readonly #facts: PermitFacts;
  #used = false;

  constructor(key: symbol, facts: PermitFacts) {
    if (key !== mint) throw new TypeError('a permit is made by authorize() alone');
    this.#facts = facts;
  }

  get domain(): DomainName {
    return this.#facts.domain;
  }

  get operation(): string {
    return this.#facts.operation;
  }

  /** @throws TypeError the second time, or for an action other than the authorised one */
  consume(action: Action): DemandedPermit {
    if (action !== this.#facts.action)
      throw new TypeError(`a permit for ${this.#facts.action} does not permit ${action}`);
    if (this.#used) throw new TypeError(`this permit for ${action} was used already`);
    this.#used = true;
    return new DemandedPermit(mint, this.#facts);
  }
}

/** Looking is still possible when the audit log cannot be written; changing anything is not. */
const LOOKING: readonly Action[] = ['status', 'console', 'watch', 'log'];

/**
 * Stands in for text that is no domain's name, so that the same work is done for it. No domain can have this
 * name.
 */
const NOBODYS = 'list' as DomainName;

/** The parts of an identity that a decision depends on. */
export type Requester = Pick<Identity, 'customer' | 'fingerprint' | 'verified' | 'source' | 'certificate'>;

/** When something was asked for, and what the domain did then. */
export interface AskedBefore extends DomainObservation {
  readonly at: Date;
}

/** What a decision depends on besides the database and the policy. */
export interface Surroundings {
  readonly rateLimit?: RateLimit;
  readonly clock?: () => Date;
  /** When left out, nothing is known of any domain. */
  readonly observations?: DomainObservations;
  /** The number of matching consoles that are open now. */
  readonly atOnce?: (query: AttachmentQuery) => number;
  /** As `Attachments.hold`. */
  readonly hold?: (place: HeldPlace) => void;
  /** When left out, nothing is revoked. */
  readonly revoked?: RevocationList;
}

/** The one place that says yes. */
export class Authorizer {
  readonly #authorizations: Authorizations;
  readonly #inForce: PolicyInForce;
  readonly #rateLimit: RateLimit;
  readonly #clock: () => Date;
  readonly #observations: DomainObservations;
  readonly #atOnce: NonNullable<Surroundings['atOnce']>;
  readonly #hold: NonNullable<Surroundings['hold']>;
  readonly #revoked: RevocationList;

  constructor(
    authorizations: Authorizations,
    inForce: PolicyInForce,
    {
      rateLimit = new CustomerRateLimit(),
      clock = () => new Date(),
      observations = NO_OBSERVATIONS,
      atOnce = () => 0,
      hold = () => undefined,
      revoked = NOTHING_REVOKED,
    }: Surroundings = {},
  ) {
    this.#authorizations = authorizations;
    this.#inForce = inForce;
    this.#rateLimit = rateLimit;
    this.#clock = clock;
    this.#observations = observations;
    this.#atOnce = atOnce;
    this.#hold = hold;
    this.#revoked = revoked;
  }

  /**
   * Reads role and usage, decides, and records the intent or the denial, in one transaction. So two at once
   * cannot both pass a limit of one. A refusal stays unrecorded only when requests come too fast or the audit
   * log cannot be written.
   */
  authorize(identity: Identity, request: AccessRequest): Permit | Refusal {
    const tooFast = this.#rateLimit.check(identity.customer);
    if (tooFast !== null) return tooFast;
    const domain = parseDomainName(request.domain);
    const asked = domain ?? NOBODYS;
    const operation = randomUUID();
    try {
      return this.#settle(identity, request, (verdict, facts): Settled<Permit | Refusal> => {
        const decided = { identity, request, revision: this.#inForce.revision };
        if (!verdict.allow || domain === undefined) {
          const denial = verdict.allow ? notAName() : verdict;
          const reference = facts.reference();
          return {
            events: [deniedEvent(decided, denial, reference, this.#observations.observation(asked))],
            value: () => ({ ...denial.refusal, reference }),
          };
        }
        const { customer, source } = identity;
        this.#hold({ operation, customer, source, domain, action: request.action });
        return {
          events: intentEvents(decided, domain, operation, verdict.rule),
          value: (rows) => this.#permit(identity, request, domain, operation, verdict.since, rows[0] ?? null),
        };
      });
    } catch (fault) {
      if (!(fault instanceof AuditUnavailableError)) throw fault;
      return this.#unrecorded(identity, request, domain, operation, fault);
    }
  }

  /** The same question without consequences: no intent, no denial, no permit. @returns null for yes */
  check(identity: Requester, request: AccessRequest): Refusal | null {
    return this.#look(identity, request.domain, (judge) => {
      const verdict = judge(request);
      return verdict.allow ? null : verdict.refusal;
    });
  }

  /**
   * Decides whether something under way may continue. As `check`, but with two differences. It counts no
   * limits, so that nothing counts against itself. And it uses the last observation, because a host that is
   * silent just now changes nothing.
   */
  recheck(identity: Requester, request: AccessRequest): Refusal | null {
    const verdict = this.verdictNow(identity, request);
    return verdict.allow ? null : verdict.refusal;
  }

  /** As `recheck`, with the time until which it may continue if nothing changes. */
  verdictNow(identity: Requester, request: AccessRequest): Verdict {
    const question = this.#question(identity, request.domain);
    const facts = { ...this.#authorizations.look(question), count: () => 0 };
    const around = { source: identity.source, ...this.#observations.lastObservation(question.domain) };
    const { policy } = this.#inForce;
    return judging(policy, question, facts, around, () => 0, this.#clock(), this.#revoked)(request);
  }

  /**
   * Whether something that was asked for before would still be allowed. The conditions of the policy are asked
   * about the circumstances of then, because a window that has closed since takes nothing away. Nor does
   * maintenance. The customer's standing and role and the policy are those of now.
   */
  verdictOn(identity: Requester, request: AccessRequest, { at, ...observed }: AskedBefore): Verdict {
    const question = this.#question(identity, request.domain);
    const facts = { ...this.#authorizations.look(question), maintenance: null, count: () => 0 };
    const around = { source: identity.source, ...observed };
    const { policy } = this.#inForce;
    return judging(policy, question, facts, around, () => 0, this.#clock(), this.#revoked, at)(request);
  }

  /** The circumstances of now, for `verdictOn` later. */
  circumstancesNow(domain: DomainName): AskedBefore {
    return { at: this.#clock(), ...this.#observations.lastObservation(domain) };
  }

  /** How long a rescue of the domain with this profile lasts for the customer, by the policy in force. */
  rescueTerms(
    { customer }: Requester,
    role: Role,
    domain: DomainName,
    profile: BootProfileName | null,
  ): Pick<RescueTerms, 'defaultSeconds' | 'maximumSeconds'> {
    const none = { defaultSeconds: null, maximumSeconds: null };
    return rescueTerms(this.#inForce.policy, customer, role, domain, profile) ?? none;
  }

  /** Decides about many actions on one domain, without consequences. */
  considerAll(
    identity: Requester,
    domain: DomainName,
    actions: readonly Action[],
    profiles: readonly BootProfileName[],
    images: readonly ImageName[] = [],
  ): Considered {
    return this.#look(identity, domain, (judge) => consider(judge, domain, { actions, profiles, images }));
  }

  #settle<T>(
    identity: Identity,
    request: AccessRequest,
    answer: (verdict: Verdict, facts: Facts) => Settled<T>,
  ): T {
    const question = this.#question(identity, request.domain);
    const around = this.#around(identity, question);
    return this.#authorizations.settle(question, (facts) =>
      answer(this.#judging(question, facts, around)(request), facts),
    );
  }

  /** Asks without writing, also when nothing can be written. */
  #look<T>(identity: Requester, domain: string, ask: (judge: (request: AccessRequest) => Verdict) => T): T {
    const question = this.#question(identity, domain);
    const facts = this.#authorizations.look(question);
    const around = this.#around(identity, question);
    return ask(this.#judging(question, facts, around));
  }

  #question({ customer, fingerprint, verified, source, certificate }: Requester, domain: string): Asked {
    const asked = { customer, fingerprint, verified, source, domain: parseDomainName(domain) ?? NOBODYS };
    return certificate === undefined ? asked : { ...asked, certified: certificate };
  }

  #around({ source }: Requester, { domain }: Asked): Circumstances {
    return { source, ...this.#observations.observation(domain) };
  }

  #judging(question: Asked, facts: Facts, around: Circumstances): ReturnType<typeof judging> {
    const { policy } = this.#inForce;
    return judging(policy, question, facts, around, this.#atOnce, this.#clock(), this.#revoked);
  }

  /** The log cannot be written: the answer is the same, but a yes to a change becomes a no. */
  #unrecorded(
    identity: Identity,
    request: AccessRequest,
    domain: DomainName | undefined,
    operation: string,
    fault: Error,
  ): Permit | Refusal {
    const verdict = this.#look(identity, request.domain, (judge) => judge(request));
    if (!verdict.allow) return verdict.refusal;
    if (domain === undefined) return notAName().refusal;
    if (!LOOKING.includes(request.action)) return words.auditUnavailable(fault.message);
    return this.#permit(identity, request, domain, operation, verdict.since, null);
  }

  #permit(
    identity: Identity,
    request: AccessRequest,
    domain: DomainName,
    operation: string,
    since: string,
    row: AuditRow | null,
  ): Permit {
    return new Permit(mint, {
      identity,
      action: request.action,
      domain,
      profile: request.profile,
      key: request.key ?? null,
      forSeconds: request.forSeconds ?? null,
      parameters: request.parameters ?? {},
      operation,
      row,
      since,
    });
  }
}
