import type { BootProfileName, DomainName } from '../../../policy/names.js';
import type { StartPhase } from './observed-state.js';
import type { BootShape } from '../toolstack/toolstack.js';
import type { Incarnation } from '../toolstack/incarnation.js';

/** A boot that was ours, as the journal has it. */
export interface LastBoot extends Incarnation {
  readonly profile: BootProfileName;
  readonly boot: BootShape;
  /** The boot of the host; null where the journal did not say so yet. */
  readonly host: string | null;
}

/** What our own operations do and did, as far as it explains what is seen. */
export interface Expectations {
  startPhase(name: DomainName): StartPhase;
  /** Whether an operation is taking it down. */
  isFalling(name: DomainName): boolean;
  /** The last boot by us under this name. */
  lastBoot(name: DomainName): LastBoot | null;
}
