import type { Action } from '../../../policy/actions.js';
import type { ParameterValues } from '../../../policy/boot-parameter.js';
import type { BootProfileName, CustomerName, DomainName, ImageName } from '../../../policy/names.js';
import { parseBootProfileName, parseDomainName, parseImageName } from '../../../policy/names.js';
import type { Refusal } from '../../../policy/refusal.js';
import { isRefusal } from '../../../policy/refusal.js';
import type { RoleRow } from '../../store/records.js';
import type { Verb } from '../../wire/contract.js';
import type { Authorizer, Permit } from '../access/authorize.js';
import type { Hosts } from '../hosts/hosts.js';
import type { Identity } from '../session/identity.js';
import * as words from '../text/words.js';
import { chooseParameters, wrongChoice } from './profile-parameters.js';
import type { CustomersChoice, ParametersOfDomains } from './profile-parameters.js';

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

/** A request that its customer may make. */
interface Authorized {
  readonly permit: Permit;
  /** Why the profile's parameters cannot be used as they are; null when they can. */
  readonly unfit: Refusal | null;
}

interface RolesOfCustomers {
  find(customer: CustomerName, domain: DomainName): RoleRow | undefined;
}

export interface OperationRequestsParts {
  readonly authorizer: Authorizer;
  readonly hosts: Hosts;
  readonly roles: RolesOfCustomers;
  readonly parameters: ParametersOfDomains;
}

/**
 * Finds what a customer's request names: the boot profile with its parameters and length, or the image. Names
 * that the customer may not see are never told.
 */
export class OperationRequests {
  readonly #parts: OperationRequestsParts;

  constructor(parts: OperationRequestsParts) {
    this.#parts = parts;
  }

  /**
   * Judges a request by the customer's rights and by what their host offers, and records a refusal.
   */
  authorize(identity: Identity, request: RequestedOperation): Authorized | Refusal {
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

  /** Whether a reinstallation could be asked for now, without consequences. @returns null for yes */
  mayReinstall(identity: Identity, domain: DomainName, asked: string | null): Refusal | null {
    const image = this.#image(domain, asked);
    if (!isRefusal(image)) {
      return this.#parts.authorizer.check(identity, { action: 'reinstall', domain, profile: image });
    }
    // Whoever may reinstall nothing at all hears that, and not which images there are.
    const offered = this.#parts.hosts.find(domain)?.view.images ?? [];
    const { answers } = this.#parts.authorizer.considerAll(identity, domain, ['reinstall'], [], offered);
    const denied = answers.get('reinstall') ?? null;
    return denied === null || denied.code === 'profile-not-allowed' ? image : denied;
  }
}
