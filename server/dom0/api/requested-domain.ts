import { parseDomainName } from '../../../policy/names.js';
import type { DomainName } from '../../../policy/names.js';
import { refusal } from '../../../policy/refusal.js';
import type { Refusal } from '../../../policy/refusal.js';
import type { DomainView } from '../../wire/domain.js';

export const NO_TEXT_CONSOLE = refusal(
  'not-on-this-host',
  "This server has no text console: its configuration file has no `serial`. Ask the host's operators.",
  'an HVM domain needs serial="pty" in its file',
);

/** Finds a domain by its name. */
export type FindDomain = (name: DomainName) => DomainView | undefined;

/** The domain that a path names. @param text as it stands there */
export function requestedDomain(find: FindDomain, text: string | undefined): DomainView | Refusal {
  const name = parseDomainName(text ?? '');
  const view = name === undefined ? undefined : find(name);
  return view ?? refusal('no-such-domain', 'There is no such server.');
}
