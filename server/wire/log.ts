import type { Actor } from './operation.js';

/** What the answer to `GET /domains/NAME/log` is of, in the header `postern-log`, as JSON. Its body is raw bytes. */
export interface LogFacts {
  /** False when the owner has switched it off: what was kept before is still there. */
  readonly keeping: boolean;
  /** `memory`: it is not written to the disk, and what is there is the last 256 KiB. */
  readonly place: 'disk' | 'memory';
  /** The boot that was asked for: when its console began, and its profile. Null when none was asked for, or none is there. */
  readonly boot: { readonly at: string; readonly profile: string } | null;
}

export const LOG_HEADER = 'postern-log';

/** `PUT /domains/NAME/log`: the log is kept from now on, or no longer. What is kept stays. */
export interface LogSwitch {
  readonly keep: boolean;
  readonly actor: Actor;
}
