import { parseDomainName } from '../../policy/names.js';
import type { DomainName } from '../../policy/names.js';

/**
 * The suffixes that `xl migrate` adds to a domain's name: on the host where it arrives, and on the one that
 * it has left (xl_migrate.c).
 */
const SUFFIXES = ['--incoming', '--migratedaway'] as const;

/** The prefix that `xm migrate` adds to the name of a domain that leaves (XendCheckpoint.py). */
const PREFIX = 'migrating-';

/**
 * The name of a running guest: a domain's, or the name that a domain has during a migration.
 * Printable, at most 77 characters.
 */
export type GuestName = string;

/** @returns undefined when no guest of ours could have this name; never Domain-0 */
export function parseGuestName(text: string): GuestName | undefined {
  const names = [text, ...SUFFIXES.map((suffix) => text.endsWith(suffix) && text.slice(0, -suffix.length))];
  if (text.startsWith(PREFIX)) names.push(text.slice(PREFIX.length));
  return names.some((name) => name !== false && parseDomainName(name) !== undefined) ? text : undefined;
}

/** The last answer of `namesOnTheWay`: a domain is looked for on one host after the other. */
let last: { readonly domain: DomainName; readonly names: readonly GuestName[] } | null = null;

/** The names that the domain has during a migration, in or out. */
export function namesOnTheWay(domain: DomainName): readonly GuestName[] {
  if (last?.domain !== domain)
    last = { domain, names: [...SUFFIXES.map((suffix) => `${domain}${suffix}`), `${PREFIX}${domain}`] };
  return last.names;
}

/** The name that the domain has where `xl migrate` builds it. */
export function arrivingName(domain: DomainName): GuestName {
  return `${domain}${SUFFIXES[0]}`;
}

/** The name that `xl migrate` gives the domain where it has left. */
export function leavingName(domain: DomainName): GuestName {
  return `${domain}${SUFFIXES[1]}`;
}

/** The relation of a guest to the domain whose name it has, or has in part. */
export type GuestPart = 'runs' | 'arriving' | 'leaving';

/** The domain that leaves its host under this guest name; null when the name is none of a leaving domain. */
export function domainThatLeaves(guest: GuestName): DomainName | null {
  const name = guest.endsWith(SUFFIXES[1])
    ? guest.slice(0, -SUFFIXES[1].length)
    : guest.startsWith(PREFIX)
      ? guest.slice(PREFIX.length)
      : '';
  return parseDomainName(name) ?? null;
}

/** The domain that is on its way under this guest name, in or out; null when the name is none of a migration. */
export function domainOnTheWay(guest: GuestName): DomainName | null {
  const [arriving] = SUFFIXES;
  const name = guest.endsWith(arriving) ? parseDomainName(guest.slice(0, -arriving.length)) : undefined;
  return name ?? domainThatLeaves(guest);
}

/** How a guest of this name relates to the domain; null: it is another one. */
export function partOf(domain: DomainName, guest: GuestName): GuestPart | null {
  if (guest === domain) return 'runs';
  if (guest === arrivingName(domain)) return 'arriving';
  return namesOnTheWay(domain).includes(guest) ? 'leaving' : null;
}
