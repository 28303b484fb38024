import type { Circumstances } from '../../../policy/conditions.js';
import { NOTHING_KNOWN } from '../../../policy/conditions.js';
import type { DomainName } from '../../../policy/names.js';

/** What a domain does, for the conditions of policy. */
export type Sight = Omit<Circumstances, 'source'>;

/** How domains are seen. */
export interface Sights {
  /** As it is known at this moment. */
  sight(domain: DomainName): Sight;
  /** As it was last heard, also when its host is not heard any more. */
  lastSight(domain: DomainName): Sight;
}

/** Where no host is heard. */
export const BLIND: Sights = { sight: () => NOTHING_KNOWN, lastSight: () => NOTHING_KNOWN };
