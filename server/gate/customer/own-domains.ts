import { ACTIONS } from '../../../policy/actions.js';
import type {
  BootProfileName,
  CustomerName,
  DomainName,
  Fingerprint,
  ImageName,
} from '../../../policy/names.js';
import { NORMAL } from '../../../policy/names.js';
import type {
  MenuDomain,
  MenuOperation,
  MenuProfile,
  MenuRescueEnd,
  RescueTimes,
} from '../../../menus/menu-domain.js';
import type { RoleRow } from '../../store/records.js';
import type { OperationView } from '../../wire/operation.js';
import type { RescueEnd } from '../../wire/rescue-end.js';
import type { Authorizer } from '../access/authorize.js';
import type { ConsoleOptions } from '../console/console-options.js';
import { seenAt } from '../hosts/hosts.js';
import type { FoundDomain, Hosts } from '../hosts/hosts.js';
import type { Identity } from '../session/identity.js';
import type { PolicyHolder } from '../policy/policy-holder.js';
import { reinstallFacts } from './reinstall-facts.js';
import { offers } from './domain-offers.js';
import { DomainListing, placeOf } from './domain-listing.js';
import type { Interned } from './interned.js';
import { SharedAnswers } from './shared-answers.js';
import type { Answers } from './shared-answers.js';
import { chooseParameters } from '../operations/profile-parameters.js';
import type { ParametersOfDomains } from '../operations/profile-parameters.js';
import * as words from '../text/words.js';

interface RolesOf {
  of(customer: CustomerName): readonly RoleRow[];
  find(customer: CustomerName, domain: DomainName): RoleRow | undefined;
}

export interface OwnDomainsParts {
  readonly roles: RolesOf;
  readonly parameters: ParametersOfDomains;
  readonly hosts: Hosts;
  readonly authorizer: Authorizer;
  readonly policy: Pick<PolicyHolder, 'revision'>;
  readonly consoleOptions: Pick<ConsoleOptions, 'record'>;
  readonly interned: Interned;
}

const NONE: readonly MenuProfile[] = [];

/**
 * The domains that one customer may see, as last heard, with the choices on each. A shown choice permits
 * nothing: it is authorised when it is made.
 */
export class OwnDomains {
  readonly #parts: OwnDomainsParts;
  readonly #identity: Identity;
  readonly #answersKept: SharedAnswers;
  #names: readonly DomainName[] = [];
  #isLimited = false;

  /** @param answers those that are shared with other sessions; when left out, policy is asked */
  constructor(parts: OwnDomainsParts, identity: Identity, answers = new SharedAnswers()) {
    this.#parts = parts;
    this.#identity = identity;
    this.#answersKept = answers;
  }

  /** Sorted by name. For a login by a domain's name, only that domain. */
  list(now = Date.now()): readonly MenuDomain[] {
    return this.begin(now).finish();
  }

  /**
   * Begins a list whose domains are made one by one. Begin no other one before it is finished.
   *
   * @param each what becomes of each domain that is made
   * @param first is called with each of `names` before that domain is made
   */
  begin(
    now = Date.now(),
    each: (made: MenuDomain) => MenuDomain = (made) => made,
    first: (name: DomainName) => void = () => undefined,
  ): DomainListing {
    const { customer, domain: only } = this.#identity;
    const rows = this.#parts.roles.of(customer).filter((row) => only === null || row.domain === only);
    this.#names = rows.map((row) => row.domain);
    this.#isLimited = false;
    const size = rows.filter((row) => row.counts).length;
    return new DomainListing(size, rows.length, (at) => {
      const row = rows[at];
      if (row === undefined) return null;
      first(row.domain);
      const made = row.counts ? this.#domain(row, now) : null;
      return made && each(made);
    });
  }

  /**
   * Makes some domains of a list anew. The cost grows with how many they are. One that policy hid may come into the
   * list, or go from it.
   *
   * @param list sorted by name, as it was listed last
   * @param each what becomes of each domain that is made
   */
  renew(
    list: readonly MenuDomain[],
    names: Iterable<DomainName>,
    now = Date.now(),
    each: (made: MenuDomain) => MenuDomain = (made) => made,
  ): readonly MenuDomain[] {
    const renewed = list.slice();
    for (const name of names) {
      const made = this.#named(name, now);
      const at = placeOf(renewed, name);
      const had = renewed[at]?.name === name ? 1 : 0;
      if (made === null) renewed.splice(at, had);
      else renewed.splice(at, had, each(made));
    }
    return renewed;
  }

  #named(name: DomainName, now: number): MenuDomain | null {
    const { customer, domain: only } = this.#identity;
    if (only !== null && only !== name) return null;
    const row = this.#parts.roles.find(customer, name);
    return row?.counts === true ? this.#domain(row, now) : null;
  }

  /** The domains of the last list, and those that may come into it: policy hid them, or the role does not count. */
  get names(): readonly DomainName[] {
    return this.#names;
  }

  /** Whether a limit refused something when policy was last asked: time gives it room again. */
  get isLimited(): boolean {
    return this.#isLimited;
  }

  /** Call it when policy, roles or the audit log changed: the kept answers hold no more. */
  forget(): void {
    for (const name of this.#names) this.#answersKept.forget(this.#identity, name);
  }

  #domain(row: RoleRow, now: number): MenuDomain | null {
    const found = this.#parts.hosts.find(row.domain);
    const asked = this.#answers(row, found, now);
    this.#isLimited ||= asked.isLimited;
    const { answers, profiles: allowed } = asked;
    const { interned } = this.#parts;
    if (answers.get('status') !== null) return null;
    const profiles = found === undefined ? NONE : interned.same(this.#profiles(found, allowed, row));
    const stray = this.#parts.hosts.strayOf(row.domain);
    const move = this.#parts.hosts.moveOf(row.domain);
    const elsewhere = move ?? stray;
    const lack = found === undefined && elsewhere === null ? this.#parts.hosts.lack : null;
    // The host of its configuration says only that it is off.
    const view = stray === null ? found?.view : undefined;
    const observation = view?.observation ?? null;
    return {
      name: row.domain,
      role: row.role,
      state: stray === null ? (observation?.state ?? null) : 'running',
      profile: observation?.profile ?? null,
      since: observation === null || move !== null ? null : Date.parse(observation.since),
      seenAt:
        view === undefined || found === undefined ? null : Date.parse(seenAt({ host: found.host, view })),
      reachable: (stray ?? found)?.host.reachable ?? false,
      ...(lack === null ? {} : { lack }),
      type: view?.type ?? null,
      textConsole: view?.textConsole ?? true,
      memoryMiB: view?.memoryMiB ?? null,
      vcpus: view?.vcpus ?? null,
      cpuPercent: view?.cpuPercent ?? null,
      profiles,
      ...(found === undefined ? {} : interned.same(reinstallFacts(found, asked.images))),
      operation:
        view?.operation === null || view === undefined ? null : menuOperation(view.operation, row.since),
      rescueEnd: rescueEnd(view?.rescueEnd ?? null, move !== null),
      ...rescueHostKey(view?.rescueHostKey, move !== null),
      consoleLocked: view?.console === 'locked',
      elsewhere: elsewhere === null ? null : { host: elsewhere.host.name, moving: move !== null },
      recorded: this.#parts.consoleOptions.record(row.customer, row.domain, row.role),
      offers: interned.same(
        offers(row.domain, answers, { found, stray, move, hosts: this.#parts.hosts }, interned),
      ),
    };
  }

  #profiles({ host, view }: FoundDomain, allowed: Answers['profiles'], row: RoleRow): readonly MenuProfile[] {
    const offers = view.profiles.map((name) =>
      host.contract?.profiles.find((profile) => profile.name === name),
    );
    const isAsked = offers.some((offer) => (offer?.parameters.length ?? 0) > 0);
    const set = isAsked ? this.#parts.parameters.values(view.name) : {};
    return view.profiles.map((name, at) => {
      const offer = offers[at];
      const { chosen, values, unfit } = chooseParameters(offer?.parameters ?? [], set);
      // The customer chooses the rest.
      const missing = unfit.filter((one) => one.chooser !== 'customer');
      const no =
        allowed.get(name) ?? (missing.length === 0 ? null : words.notSetUp(view.name, missing, values));
      return {
        name,
        title: offer?.title ?? name,
        disks: [offer?.disks ?? '', words.seedKeys(offer?.seed)].filter((text) => text !== '').join(' '),
        hint: offer?.hint ?? '',
        parameters: chosen.map(({ offer, value }) => ({
          name: offer.name,
          title: offer.title,
          value,
          choices: offer.chooser === 'customer' ? offer.values : null,
        })),
        refused: no?.message ?? null,
        ...(name === NORMAL || host.contract?.rescueEnds !== true || offer?.keep === true
          ? {}
          : { times: this.#times(row, name) }),
      };
    });
  }

  #times({ role, domain }: RoleRow, profile: BootProfileName): RescueTimes {
    const terms = this.#parts.authorizer.rescueTerms(this.#identity, role, domain, profile);
    return { usual: terms.defaultSeconds, most: terms.maximumSeconds };
  }

  #answers(row: RoleRow, found: FoundDomain | undefined, now: number): Answers {
    const names = (found?.view.profiles ?? []).filter((name) => name !== NORMAL);
    const images = found?.view.images ?? [];
    const { state, booted } = this.#parts.hosts.observation(row.domain);
    const key = [
      this.#parts.policy.revision,
      row.role,
      row.since,
      state,
      booted,
      ...names,
      '',
      ...images,
    ].join(' ');
    return this.#answersKept.of(this.#identity, row.domain, key, now, () =>
      this.#ask(row.domain, names, images),
    );
  }

  #ask(domain: DomainName, names: readonly BootProfileName[], images: readonly ImageName[]): Answers {
    const { authorizer } = this.#parts;
    const {
      answers,
      profiles: profilesAnswers,
      images: imagesAnswers,
    } = authorizer.considerAll(this.#identity, domain, ACTIONS, names, images);
    const isLimited = [...answers.values(), ...profilesAnswers.values(), ...imagesAnswers.values()].some(
      (no) => no?.code === 'limit-reached',
    );
    return { answers, profiles: profilesAnswers, images: imagesAnswers, isLimited };
  }
}

function rescueEnd(end: RescueEnd | null, moves: boolean): MenuRescueEnd | null {
  if (end === null || moves) return null;
  const { at, then, retryAt, why } = end;
  return {
    at: Date.parse(at),
    then,
    retryAt: retryAt === null ? null : Date.parse(retryAt),
    ...(why === undefined ? {} : { why }),
  };
}

function rescueHostKey(claimed: Fingerprint | undefined, moves: boolean): Pick<MenuDomain, 'rescueHostKey'> {
  return claimed === undefined || moves ? {} : { rescueHostKey: claimed };
}

/** @param since an operation that began before is not shown; ISO 8601 */
export function menuOperation(operation: OperationView, since = ''): MenuOperation | null {
  if (operation.startedAt < since) return null;
  return {
    id: operation.id,
    action: operation.verb,
    profile: operation.image ?? operation.profile,
    phase: operation.phase,
    step: operation.step,
    place: operation.place,
    startedAt: Date.parse(operation.startedAt),
    deadlineAt: operation.deadlineAt === null ? null : Date.parse(operation.deadlineAt),
    by: operation.by,
    ...(operation.cause === 'rescue-end' ? { endsRescue: true } : {}),
    message: operation.failure?.message ?? null,
    ...(operation.progress === undefined ? {} : { progress: operation.progress }),
  };
}
