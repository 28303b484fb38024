import type { Actor } from './operation.js';

/** `PUT /domains/NAME/rescue-end`: a later end. The same again is the same as once. */
export interface RescueExtension {
  /** The operation that booted the rescue; of another boot nothing is changed. */
  readonly operation: string;
  /** The whole time from the boot to the new end, never less than now. */
  readonly forSeconds: number;
  readonly actor: Actor;
}
