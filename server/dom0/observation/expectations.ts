import type { BootProfileName, DomainName } from '../../../policy/names.js';
import type { StartPhase } from './observed-state.js';
import type { BootShape, GuestFacts } from '../toolstack/toolstack.js';
import type { Incarnation } from '../toolstack/incarnation.js';

/** A boot by one of our operations, as the journal has it. */
export interface LastBoot extends Incarnation {
  readonly profile: BootProfileName;
  readonly boot: BootShape;
  /** Null in records from before they held it. */
  readonly guest: GuestFacts | null;
  /** The boot of the host; null in records from before they held it. */
  readonly host: string | null;
}

/** What our own operations do and did, as far as it explains an observation. */
export interface Expectations {
  /** Whether an operation on the domain is under way. */
  isUnderWay(name: DomainName): boolean;
  startPhase(name: DomainName): StartPhase;
  /** Whether an operation is taking the domain down. */
  isFalling(name: DomainName): boolean;
  /** Our last boot of a domain of this name. */
  lastBoot(name: DomainName): LastBoot | null;
}
