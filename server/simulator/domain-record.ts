import type { BootloaderFailure } from './bootloader.js';
import type { DomainConfig } from './config/domain-config.js';
import type { LoadedKernel } from './guest/loaded-kernel.js';
import type { ShutdownReason } from './guest/shutdown-reason.js';
import type { ProcessIdentity } from './process-identity.js';

/** What the hypervisor and the toolstack know of one domain; kept in a file that its process replaces. */
export interface DomainRecord {
  readonly domid: number;
  readonly uuid: string;
  readonly name: string;
  /** Who keeps it alive: at first `xl create`, then the domain's own process. */
  readonly keeper: ProcessIdentity;
  /** How the domain's process shows in ps(1). */
  readonly command: string;
  readonly config: DomainConfig;
  readonly createdAt: number;
  /** Until then the list shows neither memory nor VCPUs. */
  readonly memoryAt: number;
  /** libxl stores the configuration when the domain is built; until then there is none to be listed. */
  readonly configured: boolean;
  /** What dom0 found for it to boot, or why nothing. */
  readonly kernel: LoadedKernel | BootloaderFailure;
  /** How many more unpauses than pauses it needs to run. */
  readonly pauses: number;
  readonly pausedAt: number;
  readonly idle: boolean;
  /** Seconds used up to `cpuSince`; from then on it has been busy, unless that is null. */
  readonly cpu: number;
  readonly cpuSince: number | null;
  readonly shutdown: ShutdownReason | null;
}
