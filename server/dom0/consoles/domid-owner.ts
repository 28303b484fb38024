import type { DomainName } from '../../../policy/names.js';
import { isRefusal } from '../../../policy/refusal.js';
import type { Toolstack } from '../toolstack/toolstack.js';
import type { Ownership } from './console-client.js';
import type { Incarnation } from '../toolstack/incarnation.js';

/** Who has a domid now, by a listing that begins after the call. `unknown` when the toolstack fails. */
export async function domidOwner(
  toolstack: Pick<Toolstack, 'list'>,
  name: DomainName,
  { domid, uuid }: Incarnation,
): Promise<Ownership> {
  const listed = await toolstack.list();
  if (isRefusal(listed)) return 'unknown';
  const found = listed.find((domain) => domain.domid === domid);
  return found?.name === name && (found.uuid === null || found.uuid === uuid) ? 'same' : 'other';
}
