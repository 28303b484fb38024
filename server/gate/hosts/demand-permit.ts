import type { Action } from '../../../policy/actions.js';
import { DemandedPermit } from '../access/authorize.js';

/** @throws TypeError when it is no permit for one of these: a fault of ours, never a customer's */
export function demandPermit(demanded: DemandedPermit, actions: readonly Action[]): void {
  if (!DemandedPermit.is(demanded) || !actions.includes(demanded.action))
    throw new TypeError(`no permit for ${actions.join(' or ')}`);
}
