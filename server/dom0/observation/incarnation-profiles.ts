import { UNKNOWN_PROFILE } from '../../../policy/names.js';
import type { BootProfileName, DomainName } from '../../../policy/names.js';
import { isRefusal } from '../../../policy/refusal.js';
import type { Refusal } from '../../../policy/refusal.js';
import type { Observation } from '../../wire/domain.js';
import type { BootProfiles } from '../boot/boot-profiles.js';
import type { DomainConfig } from '../config/domain-config.js';
import type { Expectations, LastBoot } from './expectations.js';
import type { LocalMove } from './local-moves.js';
import type { HostClock } from '../scheduling/host-clock.js';
import type { Logger } from '../../wire/logger.js';
import type { Timings } from '../scheduling/timings.js';
import type { GuestFacts, ListedDomain, LongDomain, Toolstack } from '../toolstack/toolstack.js';

/** More new incarnations than this in one round are read from one long listing of all domains. */
const SINGLE_LISTINGS = 4;
const OURS = 'ours ';

interface Managed {
  readonly name: DomainName;
  readonly config: DomainConfig;
  readonly observation: Pick<Observation, 'state'>;
}

/** What an incarnation was booted as. */
export interface FoundBoot {
  readonly profile: BootProfileName;
  /** Null: not known. */
  readonly guest: GuestFacts | null;
}

/** When the next long listing of an incarnation is due, and the wait before it; milliseconds. */
interface Retry {
  readonly incarnation: string;
  readonly at: number;
  readonly wait: number;
}

interface IncarnationProfilesParts {
  readonly toolstack: Pick<Toolstack, 'longList' | 'longListAll'>;
  readonly profiles: Pick<BootProfiles, 'recognise'>;
  readonly expectations: Pick<Expectations, 'startPhase' | 'lastBoot'>;
  readonly timings: Pick<Timings, 'profileRetry' | 'lastProfileRetry'>;
  readonly logger: Logger;
  /** Without it, no recorded boot counts as one of this host's boot. */
  readonly host?: Pick<HostClock, 'boot'>;
}

/**
 * The boot profile of each incarnation: the one that we booted, or the one that its long listing shows. The
 * listing is asked for once per incarnation. So a domain that reboots from inside while in rescue still shows
 * rescue, and a boot by an admin is shown as what it is.
 */
export class IncarnationProfiles {
  readonly #parts: IncarnationProfilesParts;
  /** The incarnation of each domain whose profile is settled. */
  readonly #settled = new Map<DomainName, string>();
  /** The incarnations whose listing has failed. */
  readonly #retries = new Map<DomainName, Retry>();

  constructor(parts: IncarnationProfilesParts) {
    this.#parts = parts;
  }

  /**
   * @param moves the domains on their way on this host: what went on boots what it booted before
   * @returns what this round found out; a name is missing when nothing new is known of it
   */
  async find(
    managed: readonly Managed[],
    listed: ReadonlyMap<string, ListedDomain>,
    now: number,
    moves: ReadonlyMap<DomainName, LocalMove> = new Map(),
  ): Promise<ReadonlyMap<DomainName, FoundBoot>> {
    const found = new Map<DomainName, FoundBoot>();
    const open: { name: DomainName; domain: ListedDomain; config: DomainConfig; unsure: boolean }[] = [];
    for (const { name, config, observation } of managed) {
      const domain = listed.get(name);
      const move = moves.get(name);
      if (domain === undefined && move !== undefined) continue;
      if (domain === undefined) {
        this.forget(name);
        continue;
      }
      if (
        move?.step === 'arrived' &&
        [key(move.from), OURS + key(move.from)].includes(this.#settled.get(name) ?? '')
      )
        this.#settled.set(name, key(domain));
      const { expectations } = this.#parts;
      const booted = expectations.lastBoot(name);
      const ours =
        booted?.uuid === domain.uuid && booted.domid === domain.domid && this.#isOfThisBoot(booted, config);
      if (ours) {
        if (this.#settled.get(name) !== OURS + key(domain))
          found.set(name, { profile: booted.profile, guest: booted.guest });
        this.#settled.set(name, OURS + key(domain));
      } else if (this.#settled.get(name) !== key(domain) && now >= this.#retryAt(name, domain)) {
        const unfinished =
          domain.memoryMiB === 0 || (domain.flags.paused && expectations.startPhase(name) !== 'no');
        if (!unfinished)
          open.push({ name, domain, config, unsure: ['off', 'unknown'].includes(observation.state) });
      }
    }
    const shapes = await this.#longListings(open.map(({ name }) => name));
    for (const { name, domain, config, unsure } of open) {
      const long = shapes.get(name);
      const booted = this.#parts.expectations.lastBoot(name);
      if (long?.domid === domain.domid) {
        this.#settled.set(name, key(domain));
        this.#retries.delete(name);
        found.set(name, {
          profile: this.#parts.profiles.recognise(long.boot, config, booted),
          guest: long.guest,
        });
      } else {
        this.#retryLater(name, domain, now);
        if (unsure) found.set(name, { profile: UNKNOWN_PROFILE, guest: null });
      }
    }
    return found;
  }

  /** The name is followed anew from here on: what runs under it is asked for once more. */
  forget(name: DomainName): void {
    this.#settled.delete(name);
    this.#retries.delete(name);
  }

  /**
   * Domids begin anew with each boot of the host. When a record does not say which boot it is of, a matching
   * UUID proves it, unless the UUID comes from the file.
   */
  #isOfThisBoot({ host }: LastBoot, config: DomainConfig): boolean {
    return host === null ? !config.keys.has('uuid') : host === this.#parts.host?.boot;
  }

  /** A new incarnation is looked up at once. */
  #retryAt(name: DomainName, domain: ListedDomain): number {
    const retry = this.#retries.get(name);
    return retry?.incarnation === key(domain) ? retry.at : 0;
  }

  #retryLater(name: DomainName, domain: ListedDomain, now: number): void {
    const { profileRetry, lastProfileRetry } = this.#parts.timings;
    const incarnation = key(domain);
    const before = this.#retries.get(name);
    const wait =
      before?.incarnation === incarnation ? Math.min(2 * before.wait, lastProfileRetry) : profileRetry;
    this.#retries.set(name, { incarnation, at: now + wait, wait });
  }

  async #longListings(names: readonly DomainName[]): Promise<ReadonlyMap<string, LongDomain>> {
    const { toolstack, logger } = this.#parts;
    const answers: (LongDomain | Refusal | null)[] = [];
    if (names.length > SINGLE_LISTINGS) {
      const all = await toolstack.longListAll();
      answers.push(...(isRefusal(all) ? [all] : all));
    } else {
      for (const name of names) answers.push(await toolstack.longList(name));
    }
    const found = new Map<string, LongDomain>();
    for (const answer of answers) {
      if (isRefusal(answer)) {
        logger.warn({ code: answer.code, detail: answer.detail }, 'toolstack.no-long-listing');
      } else if (answer !== null && answer.name !== null) {
        found.set(answer.name, answer);
      }
    }
    return found;
  }
}

function key({ uuid, domid }: Pick<ListedDomain, 'uuid' | 'domid'>): string {
  return `${uuid ?? ''} ${domid}`;
}
