import type { ConsoleState } from '../../wire/domain.js';
import type { Logger } from '../../wire/logger.js';
import type { PtyCommand } from '../process/pty.js';
import type { Semaphore } from '../scheduling/semaphore.js';
import type { Incarnation } from '../toolstack/incarnation.js';
import type { Ownership } from './console-client.js';
import type { FloodLimiter } from './flood-limiter.js';
import type { LineTiming } from './line-timing.js';

/** The listener of a console line. */
export interface LineListener {
  /** Bytes of the console, none of the toolstack's own words. */
  output(bytes: Buffer): void;
  /** How many attachments get the output. */
  readers(): number;
  /** The next bytes are this incarnation's; `before` is the one whose bytes came last, null when none came. */
  begins(incarnation: Incarnation, before: Incarnation | null): void;
  state(state: ConsoleState): void;
  /** Called after refused input, when there is room again. */
  drain(): void;
}

/** What a console line needs. */
export interface LineParts {
  readonly name: string;
  readonly command: (domid: number) => PtyCommand;
  readonly whose: (incarnation: Incarnation) => Promise<Ownership>;
  readonly passesEscape: boolean;
  readonly pacer: FloodLimiter;
  readonly semaphore: Semaphore;
  readonly timing: LineTiming;
  readonly logger: Logger;
}
