import type { AdminActor } from '../../store/audit-actor.js';

/** The admin as claimed: a Unix login; `unknown` when the claim is no printable word. */
export function adminActor(claimed: unknown): AdminActor {
  return { admin: typeof claimed === 'string' && /^[\x21-\x7e]{1,64}$/.test(claimed) ? claimed : 'unknown' };
}
