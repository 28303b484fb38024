import type { BootloaderFailure } from './bootloader.js';
import type { DomainConfig } from './config/domain-config.js';
import type { LoadedKernel } from './guest/loaded-kernel.js';
import type { ShutdownReason } from './guest/shutdown-reason.js';
import type { ProcessIdentity } from './process-identity.js';

/** What the hypervisor and the toolstack know of one domain, in a file that the domain's process replaces. */
export interface DomainRecord {
  readonly domid: number;
  readonly uuid: string;
  readonly name: string;
  /** The process that keeps it alive: at first `xl create`, then the domain's own process. */
  readonly keeper: ProcessIdentity;
  /** The domain's process as ps(1) shows it. */
  readonly command: string;
  readonly config: DomainConfig;
  readonly createdAt: number;
  /** Until then the list shows neither memory nor VCPUs. */
  readonly memoryAt: number;
  /** libxl stores the configuration when the domain is built; before that a long listing has none. */
  readonly configured: boolean;
  /** The kernel that dom0 found for it to boot, or why there is none. */
  readonly kernel: LoadedKernel | BootloaderFailure;
  /** How many more unpauses than pauses it needs to run. */
  readonly pauses: number;
  readonly pausedAt: number;
  readonly idle: boolean;
  /** Seconds used up to `cpuSince`. Since then it has been busy, unless that is null. */
  readonly cpu: number;
  readonly cpuSince: number | null;
  readonly shutdown: ShutdownReason | null;
  /** `xl migrate` brought it here. */
  readonly migrated?: boolean;
}
