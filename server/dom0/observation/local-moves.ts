import type { DomainName } from '../../../policy/names.js';
import { arrivingName, leavingName } from '../../wire/guest-name.js';
import type { GuestName } from '../../wire/guest-name.js';
import type { Incarnation } from '../toolstack/incarnation.js';
import type { ListedDomain } from '../toolstack/toolstack.js';

/** One unbroken life of a domain: a migration on one host gives it another domid, and the UUID stays. */
export interface Life {
  readonly uuid: string;
  /** All domids of this life, never empty: first the one that it booted with, last the present one. */
  readonly domids: readonly number[];
  /** The domid under which it was arriving in the last listing; null when it was not. */
  readonly arriving: number | null;
}

/**
 * Where a listing finds a domain on its way from this host to this host. `going`: it is here and arrives here,
 * too. `between`: it has neither place yet. `arrived`: this listing is the first that has it in its new place.
 */
export type MoveStep = 'going' | 'between' | 'arrived';

export interface LocalMove {
  readonly step: MoveStep;
  /** The incarnation that goes on. */
  readonly from: Incarnation;
}

interface Listing {
  readonly listed: ReadonlyMap<GuestName, ListedDomain>;
  /** Whether a guest name is a managed domain's own name, and so no name of a migration. */
  readonly isManaged: (name: GuestName) => boolean;
}

/**
 * Follows `xl migrate NAME localhost`. Xen then has the guest twice for a time, with one UUID: as NAME and as
 * NAME--incoming, then as NAME--migratedaway and NAME--incoming, and at last as NAME with the new domid.
 *
 * A reboot from inside keeps the UUID and changes the domid, too. So a new domid goes on with the life before
 * only where the listing before proves it: it had the new domid as NAME--incoming, or the old one as NAME that
 * is NAME--migratedaway now. Only root on this host gives such names.
 */
export class LocalMoves {
  readonly #lives = new Map<DomainName, Life>();
  readonly #kept: (name: DomainName) => Life | null;

  /** @param kept the life of a domain that an earlier half saw last, in this boot of the host */
  constructor(kept: (name: DomainName) => Life | null) {
    this.#kept = kept;
  }

  /** Takes in a listing. @returns the domains that are on their way */
  see(names: Iterable<DomainName>, listing: Listing): ReadonlyMap<DomainName, LocalMove> {
    const moves = new Map<DomainName, LocalMove>();
    for (const name of names) {
      const before = this.#lives.get(name) ?? this.#kept(name);
      const { life, move } = next(name, before, listing);
      if (life === null) this.#lives.delete(name);
      else this.#lives.set(name, life);
      if (move !== null) moves.set(name, move);
    }
    return moves;
  }

  /** The life of the domain by the last listing; null when it does not exist, or shows no UUID. */
  of(name: DomainName): Life | null {
    return this.#lives.get(name) ?? null;
  }

  forget(name: DomainName): void {
    this.#lives.delete(name);
  }
}

/** Whether an incarnation is of this life. */
export function isOfLife(life: Life | null, { uuid, domid }: Incarnation): boolean {
  return life?.uuid === uuid && life.domids.includes(domid);
}

function next(
  name: DomainName,
  before: Life | null,
  { listed, isManaged }: Listing,
): { readonly life: Life | null; readonly move: LocalMove | null } {
  const find = (guest: GuestName): ListedDomain | undefined =>
    isManaged(guest) ? undefined : listed.get(guest);
  const here = listed.get(name);
  const incoming = find(arrivingName(name));
  const arriving = (uuid: string): number | null => (incoming?.uuid === uuid ? incoming.domid : null);
  if (here === undefined) {
    const to = before === null ? null : arriving(before.uuid);
    if (before === null || to === null) return { life: null, move: null };
    return { life: { ...before, arriving: to }, move: { step: 'between', from: present(before) } };
  }
  const { uuid, domid } = here;
  if (uuid === null) return { life: null, move: null };
  const to = arriving(uuid);
  if (before?.uuid !== uuid) {
    const life = { uuid, domids: [domid], arriving: to };
    return { life, move: to === null ? null : { step: 'going', from: present(life) } };
  }
  const from = present(before);
  if (from.domid === domid) {
    const move: LocalMove | null = to === null ? null : { step: 'going', from };
    return { life: { ...before, arriving: to }, move };
  }
  const left = find(leavingName(name));
  const goesOn = before.arriving === domid || (left?.uuid === uuid && left.domid === from.domid);
  if (!goesOn) return { life: { uuid, domids: [domid], arriving: to }, move: null };
  const life = { uuid, domids: [...before.domids, domid], arriving: to };
  return { life, move: { step: 'arrived', from } };
}

function present({ uuid, domids }: Life): Incarnation {
  return { uuid, domid: domids.at(-1) ?? 0 };
}
