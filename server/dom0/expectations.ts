import type { BootProfileName, DomainName } from '../../policy/names.js';
import type { Incarnation } from './console-host.js';
import type { Rising } from './observed-state.js';
import type { BootShape } from './toolstack/toolstack.js';

/** A boot that was ours, as the journal has it. */
export interface LastBoot extends Incarnation {
  readonly profile: BootProfileName;
  readonly boot: BootShape;
}

/** What our own operations do and did, as far as it explains what is seen. */
export interface Expectations {
  rising(name: DomainName): Rising;
  /** Whether an operation is taking it down. */
  falling(name: DomainName): boolean;
  /** The last boot by us under this name. */
  lastBoot(name: DomainName): LastBoot | null;
}
