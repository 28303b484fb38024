import { DOMAIN_STATES } from '../../../policy/domain-state.js';
import type { DomainState } from '../../../policy/domain-state.js';
import { parseDomainName } from '../../../policy/names.js';
import type { DomainName } from '../../../policy/names.js';
import type { Observation } from '../../wire/domain.js';
import type { Logger } from '../../wire/logger.js';
import { readWhole, replaceWhole } from '../state/state-disk.js';
import type { StateDisk } from '../state/state-disk.js';
import { isSameIncarnation } from '../toolstack/incarnation.js';
import type { Incarnation } from '../toolstack/incarnation.js';
import type { Life } from './local-moves.js';

/** The last known state of a domain. */
interface Known {
  readonly state: DomainState;
  /** ISO 8601. */
  readonly since: string;
  /** Null: the domain did not exist. */
  readonly incarnation: Incarnation | null;
  /** The boot of the host in which that incarnation was seen. */
  readonly boot: string;
  /** Where a migration on this host moved it or moves it now: what `Life` has besides. */
  readonly earlier?: readonly number[];
  readonly arriving?: number;
}

interface KnownStatesParts {
  readonly boot: string;
  readonly logger: Logger;
  /** Where it is kept over a restart; null: nowhere. */
  readonly kept: { readonly file: string; readonly disk: StateDisk } | null;
}

/**
 * Since when each domain is in its state, kept over a restart. Without it, every state would
 * seem to begin at our start.
 */
export class KnownStates {
  readonly #parts: KnownStatesParts;
  readonly #known = new Map<DomainName, Known>();
  #changed = false;
  #isSaving = false;
  #saving: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(parts: KnownStatesParts) {
    this.#parts = parts;
  }

  /** Never fails: a file that cannot be read counts as no memory. */
  static async open(parts: KnownStatesParts): Promise<KnownStates> {
    const states = new KnownStates(parts);
    if (parts.kept === null) return states;
    try {
      const bytes = await readWhole(parts.kept.disk, parts.kept.file);
      if (bytes !== null) states.#take(JSON.parse(bytes.toString('utf8')));
    } catch (error) {
      states.#known.clear();
      parts.logger.warn({ err: error, file: parts.kept.file }, 'states.memory-lost');
    }
    return states;
  }

  /** The last known life of a domain, in this boot of the host; null when there is none, or without a UUID. */
  life(name: DomainName): Life | null {
    const known = this.#known.get(name);
    if (known?.incarnation === undefined || known.incarnation === null) return null;
    if (known.boot !== this.#parts.boot) return null;
    const { incarnation, earlier = [], arriving = null } = known;
    const { uuid, domid } = incarnation;
    return uuid === '' ? null : { uuid, domids: [...earlier, domid], arriving };
  }

  /** The last known state of a domain that existed; null when there is none. */
  last(name: DomainName): DomainState | null {
    const { state = null, incarnation = null } = this.#known.get(name) ?? {};
    return incarnation === null ? null : state;
  }

  /** @returns null when the last known state was another one, or another incarnation's */
  since(name: DomainName, state: DomainState, incarnation: Incarnation | null): string | null {
    const known = this.#known.get(name);
    if (known?.state !== state) return null;
    return isSame(known, { state, since: known.since, incarnation, boot: this.#parts.boot })
      ? known.since
      : null;
  }

  /** Takes in an observation, and its life. The state `unknown` leaves the last known one. */
  note(
    name: DomainName,
    seen: { readonly observation: Observation; readonly incarnation: Incarnation | null },
    life: Life | null = null,
  ): void {
    const { state, since } = seen.observation;
    if (state === 'unknown') return;
    const { incarnation } = seen;
    const next = {
      state,
      since,
      incarnation: incarnation === null ? null : { uuid: incarnation.uuid, domid: incarnation.domid },
      boot: this.#parts.boot,
      ...wayOf(life),
    };
    const before = this.#known.get(name);
    if (before !== undefined && isSame(before, next) && before.since === since && isSameWay(before, next))
      return;
    this.#known.set(name, next);
    this.#changed = true;
  }

  forget(name: DomainName): void {
    this.#changed = this.#known.delete(name) || this.#changed;
  }

  /** Begins to write the memory when it has changed. Nobody waits for the disk. */
  save(): void {
    const { kept, logger } = this.#parts;
    if (kept === null || !this.#changed || this.#isSaving || this.#closed) return;
    this.#changed = false;
    this.#isSaving = true;
    const bytes = Buffer.from(JSON.stringify({ version: 1, domains: Object.fromEntries(this.#known) }));
    this.#saving = replaceWhole(kept.disk, kept.file, bytes)
      .catch((error: unknown) => {
        this.#changed = true;
        logger.debug({ err: error, file: kept.file }, 'states.memory-unwritable');
      })
      .finally(() => {
        this.#isSaving = false;
      });
  }

  /** Writes what has changed, waits for the disk, and then writes no more. */
  async close(): Promise<void> {
    await this.#saving;
    this.save();
    this.#closed = true;
    await this.#saving;
  }

  #take(value: unknown): void {
    const { version, domains } = value as { version: number; domains: Record<string, Known> };
    if (version !== 1) return;
    for (const [text, { state, since, incarnation, boot, ...way }] of Object.entries(domains)) {
      const name = parseDomainName(text);
      const isSound = DOMAIN_STATES.includes(state) && !Number.isNaN(Date.parse(since));
      if (name === undefined || !isSound) throw new Error('no memory of states');
      const at = new Date(since).toISOString();
      this.#known.set(name, { state, since: at, incarnation, boot, ...soundWay(way) });
    }
  }
}

type Way = Pick<Known, 'earlier' | 'arriving'>;

function wayOf(life: Life | null): Way {
  if (life === null) return {};
  const earlier = life.domids.slice(0, -1);
  return {
    ...(earlier.length === 0 ? {} : { earlier }),
    ...(life.arriving === null ? {} : { arriving: life.arriving }),
  };
}

/** What is no way counts as none. */
function soundWay({ earlier, arriving }: Way): Way {
  const isDomid = (value: unknown): boolean => Number.isSafeInteger(value) && Number(value) > 0;
  return {
    ...(Array.isArray(earlier) && earlier.every(isDomid) ? { earlier } : {}),
    ...(isDomid(arriving) ? { arriving } : {}),
  };
}

function isSameWay(one: Way, other: Way): boolean {
  return one.arriving === other.arriving && one.earlier?.join() === other.earlier?.join();
}

/**
 * Whether both are the same state of the same incarnation. A domain that does not exist is the same
 * in every boot of the host.
 */
function isSame(one: Known, other: Known): boolean {
  if (one.state !== other.state) return false;
  if (one.incarnation === null || other.incarnation === null) return one.incarnation === other.incarnation;
  return isSameIncarnation(one.incarnation, other.incarnation) && one.boot === other.boot;
}
