import type { DomainName } from '../../../policy/names.js';
import type { Refusal } from '../../../policy/refusal.js';
import type { Configured, Observation } from '../../wire/domain.js';
import type { DomainConfig } from '../config/domain-config.js';
import type { Incarnation } from '../toolstack/incarnation.js';
import type { GuestFacts, ListedDomain } from '../toolstack/toolstack.js';

/** A managed domain as it was last seen. */
export interface ObservedDomain {
  readonly name: DomainName;
  readonly config: DomainConfig;
  readonly observation: Observation;
  /** Of what runs, which may be older than its file; of its file when it is off. */
  readonly guest: GuestFacts;
  readonly listed: ListedDomain | null;
  readonly incarnation: Incarnation | null;
  readonly cpuPercent: number | null;
  readonly configured: Configured;
  /** Why its configuration files forbid any change to it. */
  readonly fault?: Refusal | null;
}
