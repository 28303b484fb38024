import { parseDomainName } from '../../policy/names.js';
import type { DomainName } from '../../policy/names.js';

/** What `xl migrate` puts behind a domain's name: where it arrives, and where it has left (xl_migrate.c). */
const SUFFIXES = ['--incoming', '--migratedaway'] as const;

/** What `xm migrate` puts before the name of a domain that leaves (XendCheckpoint.py). */
const PREFIX = 'migrating-';

/** The name of a guest that runs: a domain's, or one that a domain has on its way from host to host. Printable, at most 77 characters. */
export type GuestName = string;

/** @returns undefined when the text is no name that a guest of ours could have; never Domain-0 */
export function parseGuestName(text: string): GuestName | undefined {
  const names = [text, ...SUFFIXES.map((suffix) => text.endsWith(suffix) && text.slice(0, -suffix.length))];
  if (text.startsWith(PREFIX)) names.push(text.slice(PREFIX.length));
  return names.some((name) => name !== false && parseDomainName(name) !== undefined) ? text : undefined;
}

/** The names that the domain has while it is on its way to another host, or from one. */
export function namesOnTheWay(domain: DomainName): readonly GuestName[] {
  return [...SUFFIXES.map((suffix) => `${domain}${suffix}`), `${PREFIX}${domain}`];
}

/** What is to be read of a guest with one of the names of a domain. */
export type GuestPart = 'runs' | 'arriving' | 'leaving';

/** The domain that leaves its host, when a guest has this name; null: none does. */
export function domainThatLeaves(guest: GuestName): DomainName | null {
  const name = guest.endsWith(SUFFIXES[1])
    ? guest.slice(0, -SUFFIXES[1].length)
    : guest.startsWith(PREFIX)
      ? guest.slice(PREFIX.length)
      : '';
  return parseDomainName(name) ?? null;
}

/** Whether a guest of this name is the domain, and in which part of its way; null: it is another. */
export function partOf(domain: DomainName, guest: GuestName): GuestPart | null {
  if (guest === domain) return 'runs';
  if (guest === `${domain}${SUFFIXES[0]}`) return 'arriving';
  return namesOnTheWay(domain).includes(guest) ? 'leaving' : null;
}
