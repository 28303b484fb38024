import type { GuestClock } from './clock.js';
import type { FileSystem } from './file-system.js';

export type PowerAction = 'poweroff' | 'reboot';

/** Everything that a shell's commands can see and do. */
export interface Surroundings {
  readonly name: string;
  readonly commandLine: string;
  /** MiB. */
  readonly memory: number;
  readonly clock: GuestClock;
  readonly files: FileSystem;
  /** Attached disks, such as `xvda`, with their directories on the host. */
  readonly disks: readonly {
    readonly device: string;
    /** Null: nothing that could be mounted. */
    readonly directory: string | null;
    readonly writable: boolean;
  }[];
  readonly kernelMessages: readonly string[];
  /** Working directory. */
  cwd: string;
  /** Shuts down in order, or at once when forced. */
  power(action: PowerAction, forced: boolean): void;
  panic(): void;
}

export interface Call {
  readonly args: readonly string[];
  readonly stdin: string;
  readonly around: Surroundings;
}

export interface Result {
  readonly out?: string;
  readonly err?: string;
  readonly status?: number;
  /** The shell itself ends. */
  readonly exits?: boolean;
  /** The machine goes down: no more prompt. */
  readonly goesDown?: boolean;
}

/**
 * A command that runs until it is done or interrupted. It gives its output in pieces of at most `room` bytes.
 */
export interface Job {
  /** undefined when it is done. */
  next(room: number): string | undefined;
  /** Guest milliseconds until the next piece; without it, as fast as the console takes them. */
  readonly every?: number;
}

export type Command = (call: Call) => Result | Job;

export function isJob(outcome: Result | Job): outcome is Job {
  return 'next' in outcome;
}
