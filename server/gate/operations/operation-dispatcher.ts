import { COUNTED_ACTIONS } from '../../../policy/actions.js';
import type { Action } from '../../../policy/actions.js';
import type { ParameterValues } from '../../../policy/boot-parameter.js';
import type { BootProfileName, CustomerName, DomainName, ImageName } from '../../../policy/names.js';
import { parseBootProfileName, parseDomainName, parseImageName } from '../../../policy/names.js';
import type { Refusal } from '../../../policy/refusal.js';
import { isRefusal } from '../../../policy/refusal.js';
import type { AuditRow } from '../../store/audit-event.js';
import type { GroundsOfOperations } from '../../store/operation-grounds.js';
import type { Customer, RoleRow } from '../../store/records.js';
import type { Verb } from '../../wire/contract.js';
import type { OperationView } from '../../wire/operation.js';
import type { Authorizer, DemandedPermit, Permit } from '../access/authorize.js';
import { askAgain } from '../hosts/ask-again.js';
import type { HostLink } from '../hosts/host-link.js';
import type { FoundDomain, Hosts } from '../hosts/hosts.js';
import type { Identity } from '../session/identity.js';
import type { Logger } from '../../wire/logger.js';
import { OpenOperations } from './open-operations.js';
import type { OpenTimings, OperationEnd, OutcomeLog } from './open-operations.js';
import { OperationWithdrawals } from './operation-withdrawals.js';
import { chooseParameters, wrongChoice } from './profile-parameters.js';
import type { CustomersChoice, ParametersOfDomains } from './profile-parameters.js';
import type { SeedKeys } from './seed-keys.js';
import * as words from '../text/words.js';

/** An action that dom0 carries out as an operation. */
export type VerbAction = Extract<Action, Verb>;

/** A customer's request for an operation, as they spelt it. */
export interface RequestedOperation {
  readonly action: VerbAction;
  readonly domain: string;
  /**
   * The profile of a rescue. Null there means the only one that the host offers for the domain. For a
   * reinstallation the image, which must be named.
   */
  readonly profile: string | null;
  /** The customer's choice among the values of a rescue's profile, as they spelt it. */
  readonly choice?: CustomersChoice;
  /** The key of a SysRq. */
  readonly key?: string | null;
  /** After how many seconds a rescue ends; null or left out: as policy says. */
  readonly forSeconds?: number | null;
}

/** dom0 has taken it up. */
export interface Started {
  readonly operation: OperationView;
  /** After how many seconds from its boot a rescue ends; null when it has no end. */
  readonly forSeconds: number | null;
  /** Resolves when it is final and its outcome is recorded; never rejects. */
  readonly ended: Promise<OperationEnd>;
}

interface OpenIntents {
  openIntents(): readonly AuditRow[];
}

interface RolesOfCustomers {
  find(customer: CustomerName, domain: DomainName): RoleRow | undefined;
}

interface OperationDispatcherParts {
  readonly authorizer: Authorizer;
  readonly hosts: Hosts;
  readonly roles: RolesOfCustomers;
  readonly parameters: ParametersOfDomains;
  readonly customers: { find(name: CustomerName): Customer | undefined };
  readonly seedKeys: Pick<SeedKeys, 'of' | 'usable'>;
  readonly grounds: Pick<GroundsOfOperations, 'keep' | 'all' | 'drop'>;
  readonly audit: OutcomeLog & OpenIntents;
  readonly log: Logger;
  readonly timings?: OpenTimings;
  /** The clock for keys. */
  readonly clock?: () => Date;
}

interface Authorized {
  readonly permit: Permit;
  /** Why the profile's parameters cannot be used as they are; null when they can. */
  readonly unfit: Refusal | null;
}

/** The verbs that can make a domain run that did not run before. */
const CREATING: readonly Verb[] = ['start', 'rescue', 'normal', 'reinstall'];

/**
 * The only way to change a domain: menu, exec and console go through here. It authorises and records the
 * request, then asks dom0, then records the outcome.
 */
export class OperationDispatcher {
  readonly #parts: OperationDispatcherParts;
  readonly #open: OpenOperations;
  /** For who listens to changes of rights. */
  readonly withdrawals: OperationWithdrawals;

  constructor(parts: OperationDispatcherParts) {
    this.#parts = parts;
    this.withdrawals = new OperationWithdrawals(parts);
    this.#open = new OpenOperations(parts.hosts, parts.audit, parts.log, parts.timings);
  }

  /** Starts the operation. A refusal means that the request changed nothing, unless it says otherwise. */
  async operate(identity: Identity, request: RequestedOperation): Promise<Started | Refusal> {
    const authorized = this.#authorize(identity, request);
    if (isRefusal(authorized)) return authorized;
    const { permit, unfit } = authorized;
    const demanded = permit.consume(request.action);
    const place = this.#place(demanded, request.action, unfit);
    if (isRefusal(place)) {
      this.#open.record(demanded, 'refused', place.code, place.detail);
      return place;
    }
    return this.#submit(demanded, place.host);
  }

  /** Whether a reinstallation could be asked for now, without consequences. @returns null for yes */
  mayReinstall(identity: Identity, domain: DomainName, asked: string | null): Refusal | null {
    const image = this.#image(domain, asked);
    if (!isRefusal(image)) {
      return this.#parts.authorizer.check(identity, { action: 'reinstall', domain, profile: image });
    }
    // Whoever may reinstall nothing at all hears that, and not which images there are.
    const offered = this.#parts.hosts.find(domain)?.view.images ?? [];
    const no = this.#parts.authorizer.considerAll(identity, domain, ['reinstall'], [], offered);
    const denied = no.get('reinstall') ?? null;
    return denied === null || denied.code === 'profile-not-allowed' ? image : denied;
  }

  /**
   * Closes the intents that an earlier gate left open: asks dom0 how each ended, once its host is heard. Call
   * before the hosts are started.
   *
   * @param isLeft whether the intents of a connection were left open, by a worker; without it, all were
   */
  closeOpenIntents(isLeft: ((connection: string) => boolean) | null = null): void {
    const intents = this.#parts.audit.openIntents().filter(({ event }) => {
      if (isLeft === null) return true;
      const by = 'actor' in event && event.actor !== null && 'connection' in event.actor ? event.actor : null;
      return (
        by !== null && isLeft(by.connection) && !('operation' in event && this.#open.has(event.operation))
      );
    });
    this.withdrawals.adopt(intents, isLeft === null);
    for (const { event, at } of intents) {
      if (!('operation' in event) || !('domain' in event)) continue;
      const { operation: id, domain, kind } = event;
      const action = kind.split('.')[1] ?? '';
      if (CARRIED_OUT.includes(action))
        this.#forgetAfter(id, this.#open.adopt({ operation: id, domain }, Date.parse(at)));
      else this.#open.record({ operation: id, domain }, 'lost', null, 'the gate ended meanwhile');
    }
  }

  /**
   * Records the outcome of something that is no operation of dom0: an attachment to a console, a look at a
   * log.
   */
  recordEnd(
    demanded: DemandedPermit,
    outcome: 'done' | 'refused' | 'lost',
    code: Refusal['code'] | null,
    detail: string | null,
  ): void {
    if (demanded.row !== null) this.#open.record(demanded, outcome, code, detail);
  }

  close(): void {
    this.withdrawals.close();
    this.#open.close();
  }

  #authorize(identity: Identity, request: RequestedOperation): Authorized | Refusal {
    const { authorizer } = this.#parts;
    const { action, domain, key = null } = request;
    if (action === 'reinstall') return this.#authorizeReinstall(identity, domain, request.profile);
    if (action !== 'rescue') {
      const permit = authorizer.authorize(identity, { action, domain, profile: null, key });
      return isRefusal(permit) ? permit : { permit, unfit: null };
    }
    // Only a customer who may see the domain may hear about its profiles.
    const seen = authorizer.check(identity, { action: 'status', domain, profile: null });
    const profile = seen === null ? this.#profile(domain, request.profile) : null;
    if (isRefusal(profile)) return profile;
    const parameters = seen === null ? this.#parameters(domain, profile, request.choice ?? {}) : null;
    const length = seen === null ? this.#length(identity, domain, profile, request.forSeconds ?? null) : null;
    // Whether they are all set is told only to a customer who may boot the profile.
    const permit = authorizer.authorize(identity, {
      action,
      domain,
      profile,
      forSeconds: length?.seconds ?? null,
      ...(parameters === null ? {} : { parameters: parameters.values }),
    });
    return isRefusal(permit) ? permit : { permit, unfit: length?.refusal ?? parameters?.refusal ?? null };
  }

  /**
   * How long the rescue lasts: as asked, or as policy says. A host that knows of no ends, and a profile that is
   * kept, have none.
   */
  #length(
    identity: Identity,
    domain: string,
    profile: BootProfileName | null,
    asked: number | null,
  ): { readonly seconds: number | null; readonly refusal: Refusal | null } {
    const { authorizer, hosts, roles } = this.#parts;
    const name = parseDomainName(domain);
    const role = name === undefined ? undefined : roles.find(identity.customer, name)?.role;
    const contract = name === undefined ? undefined : hosts.find(name)?.host.contract;
    if (name === undefined || role === undefined || profile === null)
      return { seconds: asked, refusal: null };
    const none = (why: () => Refusal) => ({ seconds: null, refusal: asked === null ? null : why() });
    if (contract?.rescueEnds !== true)
      return none(() => words.notOnThisHost(name, 'a rescue that ends (--for)'));
    if (contract.profiles.find((offer) => offer.name === profile)?.keep === true)
      return none(() => words.keptProfile(profile));
    const { defaultSeconds } = authorizer.rescueTerms(identity, role, name, profile);
    return { seconds: asked ?? defaultSeconds, refusal: null };
  }

  #authorizeReinstall(identity: Identity, domain: string, asked: string | null): Authorized | Refusal {
    const { authorizer } = this.#parts;
    // Only a customer who may see the domain may hear about its images.
    const seen = authorizer.check(identity, { action: 'status', domain, profile: null });
    const image = seen === null ? this.#image(domain, asked) : null;
    if (isRefusal(image)) return image;
    const permit = authorizer.authorize(identity, { action: 'reinstall', domain, profile: image });
    return isRefusal(permit) ? permit : { permit, unfit: null };
  }

  /** Null where the host is not known, so that the rights are judged first. */
  #image(domain: string, asked: string | null): ImageName | Refusal | null {
    const name = parseDomainName(domain);
    const found = name === undefined ? undefined : this.#parts.hosts.find(name);
    if (name === undefined || found === undefined) return parseImageName(asked ?? '') ?? null;
    const offered = found.view.images ?? [];
    return offered.find((image) => image === asked) ?? words.chooseImage(name, asked, offered);
  }

  /** Null when the profile has none. */
  #parameters(
    domain: string,
    profile: BootProfileName | null,
    choice: CustomersChoice,
  ): { readonly values: ParameterValues; readonly refusal: Refusal | null } | null {
    const name = parseDomainName(domain);
    const contract = name === undefined ? undefined : this.#parts.hosts.find(name)?.host.contract;
    const offers = contract?.profiles.find((offer) => offer.name === profile)?.parameters ?? [];
    if (name === undefined) return null;
    const set = this.#parts.parameters.values(name);
    const own = wrongChoice(offers, choice);
    // Nothing that a customer made up is recorded or sent.
    if (own !== null)
      return { values: chooseParameters(offers, set).values, refusal: words.wrongChoice(own) };
    if (offers.length === 0) return null;
    const { values, unfit } = chooseParameters(offers, set, choice);
    return { values, refusal: unfit.length === 0 ? null : words.notSetUp(name, unfit, values) };
  }

  #profile(domain: string, asked: string | null): BootProfileName | Refusal | null {
    const name = parseDomainName(domain);
    const found = name === undefined ? undefined : this.#parts.hosts.find(name);
    if (name === undefined || found === undefined)
      return asked === null ? null : (parseBootProfileName(asked) ?? null);
    const offered = found.view.profiles.filter((profile) => profile !== 'normal');
    if (asked === null) {
      const [only, ...more] = offered;
      return only === undefined || more.length > 0 ? words.chooseProfile(name, offered) : only;
    }
    const others = found.host.contract?.profiles.find((offer) => offer.name === asked);
    return (
      offered.find((profile) => profile === asked) ??
      (others?.types === undefined
        ? words.noSuchProfile(offered)
        : words.profileForOthers(name, found.view.type ?? null, others))
    );
  }

  #place({ domain }: DemandedPermit, verb: Verb, unfit: Refusal | null): FoundDomain | Refusal {
    const { hosts } = this.#parts;
    const move = hosts.moveOf(domain);
    if (move !== null) return words.moving(domain, move.host.name, move.guest);
    const stray = hosts.strayOf(domain);
    if (stray?.part === 'runs' && stray.host.reachable) return words.astray(domain, stray.host.name);
    const found = hosts.reach(domain);
    if (isRefusal(found)) return found;
    const { host } = found;
    if (host.contract?.verbs.includes(verb) !== true)
      return words.notOnThisHost(domain, words.actionWord(verb));
    if (unfit !== null) return unfit;
    if (CREATING.includes(verb)) return hosts.canRunElsewhere(domain, host) ?? found;
    return found;
  }

  async #submit(demanded: DemandedPermit, host: HostLink): Promise<Started | Refusal> {
    // Watch it before asking: it may be over before the answer is read.
    const ended = this.#open.watch(demanded, host);
    this.#forgetAfter(demanded.operation, ended);
    const result = await askAgain(
      () => {
        // Each try reads the keys anew: a role or a key may have gone meanwhile.
        const keys = this.#parts.seedKeys.of(demanded, host.contract);
        const unkept = this.withdrawals.watch(demanded, host, keys);
        if (unkept !== null) return Promise.resolve({ result: 'refused' as const, refusal: unkept });
        return host.operations.submit(demanded, demanded.key, keys);
      },
      () => this.#parts.authorizer.recheck(demanded.identity, demanded) === null,
    );
    switch (result.result) {
      case 'accepted':
        this.#open.take(result.operation);
        this.withdrawals.taken(demanded.operation);
        return { operation: result.operation, forSeconds: demanded.forSeconds, ended };
      case 'refused':
        this.withdrawals.forget(demanded.operation);
        this.#open.refuse(demanded, result.refusal);
        return result.refusal;
      case 'uncertain':
        this.#open.doubt(demanded);
        this.#parts.log.warn({ operation: demanded.operation, host: host.name }, result.refusal.detail);
        return words.hostLostMeanwhile(demanded.domain, result.refusal.detail);
    }
  }

  /** Also where the host did not tell the end by itself. One that is not in its journal is none yet. */
  #forgetAfter(operation: string, ended: Promise<OperationEnd>): void {
    void ended.then((end) => {
      if (end.outcome === 'lost' || end.operation.unrecorded !== true) this.withdrawals.forget(operation);
    });
  }
}

const CARRIED_OUT: readonly string[] = COUNTED_ACTIONS satisfies readonly VerbAction[];
