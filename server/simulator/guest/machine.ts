import type { DomainConfig } from '../config/domain-config.js';
import type { GuestClock } from './clock.js';
import type { LoadedKernel } from './loaded-kernel.js';
import type { ShutdownReason } from './shutdown-reason.js';

/** What a guest is given by its domain. */
export interface Machine {
  readonly name: string;
  readonly config: DomainConfig;
  /** What dom0 starts: a Linux, or a boot loader of its own. */
  readonly kernel: LoadedKernel;
  /** The domain's own directory on the host, for a ramdisk. */
  readonly directory: string;
  readonly clock: GuestClock;
  write(bytes: Buffer): void;
  /** Bytes that a flood may write now. */
  room(): number;
  idle(idle: boolean): void;
  shutDown(reason: ShutdownReason): void;
}
