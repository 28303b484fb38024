import type { DomainConfig } from '../config/domain-config.js';
import type { GuestClock } from './clock.js';
import type { LoadedKernel } from './loaded-kernel.js';
import type { ShutdownReason } from './shutdown-reason.js';

/** What a domain gives to its guest. */
export interface Machine {
  readonly name: string;
  readonly config: DomainConfig;
  /** The first kernel: a Linux, or a boot loader inside the domain. */
  readonly kernel: LoadedKernel;
  /** The domain's own directory on the host, for a ramdisk. */
  readonly directory: string;
  /** It has booted already, on another host. Its memory did not come with it: it logs in anew. */
  readonly resumed?: boolean;
  /** Its kernel writes a line behind each prompt. */
  readonly isNoisy?: boolean;
  readonly clock: GuestClock;
  write(bytes: Buffer): void;
  /** How many bytes a flood may write now. */
  room(): number;
  /** Writes into Xen's store, below `data` of the domain's own home. */
  store(key: string, value: string): void;
  idle(idle: boolean): void;
  shutDown(reason: ShutdownReason): void;
}
