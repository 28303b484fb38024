import type { Action } from '../../../policy/actions.js';
import { Grant } from '../access/authorize.js';

/** @throws TypeError when it is not a grant for one of these: a fault of ours, never a customer's */
export function demandGrant(grant: Grant, actions: readonly Action[]): void {
  if (!Grant.is(grant) || !actions.includes(grant.action))
    throw new TypeError(`no grant for ${actions.join(' or ')}`);
}
