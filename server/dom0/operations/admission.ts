import { NORMAL } from '../../../policy/names.js';
import type { DomainName } from '../../../policy/names.js';
import { isRefusal, refusal } from '../../../policy/refusal.js';
import type { Refusal } from '../../../policy/refusal.js';
import type { IncompleteDisk } from '../../wire/domain.js';
import type { OperationRequest } from '../../wire/operation.js';
import { noSuchProfile } from '../boot/boot-profiles.js';
import type { BootProfiles } from '../boot/boot-profiles.js';
import type { BootCheck } from '../boot/boot-check.js';
import type { DiskHolders } from '../observation/disk-holders.js';
import type { HostClock } from '../scheduling/host-clock.js';
import { within } from '../scheduling/time-limit.js';
import type { ObservedDomain } from '../observation/observed-domain.js';
import type { BootSeeds } from './boot-seeds.js';
import type { HostLimits } from './host-limits.js';
import { createsDomain } from './operation.js';
import type { Operation } from './operation.js';
import type { OperationRegistry } from './operation-registry.js';
import { INCOMPLETE } from './incomplete.js';
import { RefusedCreates } from './refused-creates.js';
import { VERB_TABLE } from './verb-table.js';
import type { ReinstallParts } from './work-parts.js';

/** A request waits this long for a look of its own. */
const LOOK_PATIENCE_MS = 5_000;
/** Without that look, the last observation counts up to this age. */
const FRESH_MS = 5_000;

export interface AdmissionParts {
  readonly registry: Pick<OperationRegistry, 'current'>;
  readonly observer: {
    look(): Promise<Refusal | null>;
    reread(): Promise<void>;
    readonly isReading: boolean;
    find(name: DomainName): ObservedDomain | undefined;
    onTheWay(name: DomainName): string | null;
  };
  readonly profiles: Pick<BootProfiles, 'end' | 'bootsOwnDisk'>;
  readonly seeds: Pick<BootSeeds, 'plan' | 'wrong'>;
  readonly disks: Pick<DiskHolders, 'conflictByFiles'>;
  readonly check: Pick<BootCheck, 'plan'>;
  readonly reinstall: Pick<ReinstallParts, 'target'>;
  readonly incompleteDisk: (name: DomainName) => IncompleteDisk | null;
  readonly limits: HostLimits;
  /** Single letters or digits. */
  readonly sysrqKeys: string;
  readonly clock: () => number;
  readonly host: Pick<HostClock, 'after' | 'uptime'>;
}

export interface Admitted {
  readonly seen: ObservedDomain;
  /** The domain is already as requested: there is nothing to do. */
  readonly isSo: boolean;
  /** The operation that this request overtakes. */
  readonly overtaken: Operation | null;
}

type AdmissionResult = Admitted | { readonly refused: Refusal; readonly inTheWay: Operation | null };

/**
 * Decides whether a request may be worked on. It checks the words, the table of states and verbs, the
 * operation under way, the host's limits and the disks.
 */
export class Admission {
  readonly #parts: AdmissionParts;
  readonly #refusedCreates: RefusedCreates;

  constructor(parts: AdmissionParts) {
    this.#parts = parts;
    this.#refusedCreates = new RefusedCreates(parts.host);
  }

  /** @param isOwn asked by this half itself: the host's limits do not count */
  async admit(request: OperationRequest, isOwn = false): Promise<AdmissionResult> {
    const { registry } = this.#parts;
    const refused = (no: Refusal, inTheWay: Operation | null = null): AdmissionResult => ({
      refused: no,
      inTheWay,
    });
    // Its file may have been read since the last look.
    const isUnknown = this.#parts.observer.find(request.domain) === undefined;
    if (isUnknown) await this.#parts.observer.reread();
    const wrong = this.#wrongRequest(request);
    if (wrong !== null) return refused(wrong);
    // A create uses the file as it is now, even if it was edited a moment ago.
    if (createsDomain(request.verb) && !isUnknown) await this.#parts.observer.reread();
    const seen = await this.#fresh(request.domain);
    if (isRefusal(seen)) return refused(seen);

    const fault = seen.fault ?? null;
    if (fault !== null) return refused(fault);

    const current = registry.current(request.domain);
    const overtakes =
      request.verb === 'poweroff' && current?.canBeOvertaken === true && current.request.verb !== 'poweroff';
    if (current !== null && !overtakes) return refused(busy(current), current);

    const guest = createsDomain(request.verb) ? null : this.#parts.observer.onTheWay(request.domain);
    if (guest !== null) return refused(movesNow(request.domain, guest));

    const { state, profile } = seen.observation;
    const cell = VERB_TABLE[state][request.verb];
    // A guest that cannot answer is in the way of customers, and not of the end of its rescue.
    const isDecidedLater = isOwn && (state === 'paused' || state === 'crashed');
    if (cell.does === 'refuse' && !isDecidedLater) return refused(refusal(cell.code, cell.message));
    const isNormal = request.verb === 'normal' && state === 'running' && profile === NORMAL;
    const admitted = {
      seen,
      isSo: cell.does === 'already' || isNormal,
      overtaken: overtakes ? current : null,
    };
    const incomplete =
      !admitted.isSo && this.#bootsOwnDisk(request) ? this.#parts.incompleteDisk(request.domain) : null;
    if (incomplete !== null)
      return refused(refusal('wrong-state', INCOMPLETE, `${incomplete.vdev}: ${incomplete.image}`));
    const limit = isOwn ? null : this.limit(request, admitted.isSo);
    const no = limit ?? (admitted.isSo ? null : await this.#wrongCreate(request, seen, isOwn));
    return no === null ? admitted : refused(no);
  }

  #bootsOwnDisk({ verb, profile }: OperationRequest): boolean {
    if (verb === 'rescue') return this.#parts.profiles.bootsOwnDisk(profile ?? NORMAL);
    return verb === 'start' || verb === 'normal';
  }

  /** The host's limits. They are looked at again when it is written: other domains' requests may have come before. */
  limit(request: OperationRequest, isSo: boolean): Refusal | null {
    const { limits, clock } = this.#parts;
    return isSo ? limits.checkAll(clock()) : limits.check(request, clock());
  }

  #wrongRequest(request: OperationRequest): Refusal | null {
    const { domain, verb, profile, parameters, forSeconds, image, key } = request;
    const { profiles, seeds, observer, sysrqKeys } = this.#parts;
    const seen = observer.find(domain);
    if (seen === undefined) return this.#unknown(domain);
    if (verb === 'rescue' && profile === null)
      return refusal('usage', 'Rescue needs a boot profile. Name one.');
    if (verb !== 'rescue' && profile !== null) return refusal('usage', 'Only rescue takes a boot profile.');
    if (verb !== 'rescue' && parameters !== undefined)
      return refusal('usage', 'Only rescue takes parameters.');
    if (verb !== 'rescue' && forSeconds !== undefined) return refusal('usage', 'Only a rescue has an end.');
    if (profile !== null && forSeconds !== undefined && profiles.end(profile) === null)
      return refusal('usage', 'This boot profile has no end.', profile);
    if (profile !== null) {
      const boots = profile === NORMAL ? noSuchProfile(profile) : seeds.plan(request, seen.config);
      if (isRefusal(boots)) return boots;
    }
    const wrongKeys = seeds.wrong(request);
    if (wrongKeys !== null) return wrongKeys;
    if (verb === 'reinstall' && image === undefined)
      return refusal('usage', 'A reinstallation needs an image. Name one.');
    if (verb !== 'reinstall' && image !== undefined)
      return refusal('usage', 'Only a reinstallation takes an image.');
    if (verb === 'sysrq' && (key === null || !sysrqKeys.includes(key))) {
      return refusal('usage', 'This host does not allow this SysRq key.', key ?? 'no key');
    }
    if (verb !== 'sysrq' && key !== null) return refusal('usage', 'Only sysrq takes a key.');
    return null;
  }

  /**
   * The domain as it is now. The last observation may be some seconds old, and the server may have restarted
   * since: the request would then be judged by, and be meant for, an incarnation that is no more. If the look
   * fails and the last observation is too old, the state is `unknown`.
   */
  async #fresh(name: DomainName): Promise<ObservedDomain | Refusal> {
    const { observer, clock, host } = this.#parts;
    const isFresh = (): boolean => {
      const seen = observer.find(name)?.observation;
      return seen !== undefined && seen.state !== 'unknown' && clock() - Date.parse(seen.seenAt) <= FRESH_MS;
    };
    await within(host, LOOK_PATIENCE_MS, observer.look());
    const seen = observer.find(name);
    if (seen === undefined) return this.#unknown(name);
    return isFresh() ? seen : { ...seen, observation: { ...seen.observation, state: 'unknown' } };
  }

  /** Nothing is missing for certain before all files were read once, as after a start of this half. */
  #unknown(name: DomainName): Refusal {
    if (!this.#parts.observer.isReading) return refusal('no-such-domain', 'There is no such server.', name);
    const message = 'Its host has not read the configuration files yet. Try again in a minute.';
    return refusal('wrong-state', message, name);
  }

  /** Looks at what the toolstack would make. @param isOwn see `admit` */
  async #wrongCreate(
    request: OperationRequest,
    seen: ObservedDomain,
    isOwn: boolean,
  ): Promise<Refusal | null> {
    const { domain, verb } = request;
    if (!createsDomain(verb)) return null;
    const tooOften = isOwn ? null : this.#refusedCreates.check(domain);
    if (tooOften !== null) return tooOften;
    const no = await this.#takenDisk(request, seen);
    if (no !== null && !isOwn) this.#refusedCreates.add(domain);
    return no;
  }

  async #takenDisk(request: OperationRequest, seen: ObservedDomain): Promise<Refusal | null> {
    const { id, domain, verb } = request;
    if (verb === 'reinstall') {
      const target = await this.#parts.reinstall.target.find(request, seen.config);
      if (isRefusal(target)) return target;
    }
    const guest = this.#parts.observer.onTheWay(domain);
    if (guest !== null) return existsAs(domain, guest);
    const plan = this.#parts.seeds.plan(request, seen.config);
    if (isRefusal(plan)) return plan;
    const taken = await this.#parts.disks.conflictByFiles(domain, plan.boot.disks);
    return taken ?? this.#parts.check.plan(plan, seen.config, id);
  }
}

/**
 * The refusal for a domain that is here already under another name, because it is being migrated in or out.
 */
export function existsAs(domain: DomainName, guest: string): Refusal {
  return refusal(
    'wrong-state',
    'It is being moved between hosts, so it cannot be started.',
    `${domain} exists here as ${guest}: see \`xl list\``,
  );
}

/** The refusal of a change, other than a create, while a migration moves the domain or has failed half-way. */
function movesNow(domain: DomainName, guest: string): Refusal {
  return refusal(
    'busy',
    'It is being moved. Try again in a minute.',
    `${domain} exists here as ${guest} too: see \`xl list\``,
  );
}

/** The refusal of what has to wait for the operation under way. */
export function busy(current: Operation): Refusal {
  const { verb, actor } = current.request;
  return refusal(
    'busy',
    'Something else is under way on it. Wait until that ends.',
    `${verb} by ${actor.customer}, ${current.step}`,
  );
}
