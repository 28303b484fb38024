import type { Logger } from '../wire/logger.js';
import type { FileCalls } from './config/foreign-files.js';
import type { Dom0Settings } from './dom0-settings.js';
import type { ImageWriter } from './images/image-writer.js';
import type { ConsoleHost } from './observation/console-host.js';
import type { HostClock } from './scheduling/host-clock.js';
import type { Timings } from './scheduling/timings.js';
import type { SeedImage } from './seed/seed-image.js';
import type { StateDisk } from './state/state-disk.js';
import type { Toolstack } from './toolstack/toolstack.js';
import type { GuestClaims } from './toolstack/xenstore.js';
import type { DeviceCounts } from './toolstack/xentop.js';

/** What the half is made of that is not its own. Everything optional stands for something of this host. */
export interface Dom0Parts {
  readonly settings: Dom0Settings;
  readonly version: string;
  /** By default, the toolstack that the settings name. */
  readonly toolstack?: Toolstack;
  readonly consoles: ConsoleHost;
  readonly logger: Logger;
  readonly timings?: Partial<Timings>;
  readonly clock?: () => number;
  readonly host?: HostClock;
  readonly disk?: StateDisk;
  /** What makes the seed disks; by default, the program that the settings name. */
  readonly seedImage?: SeedImage;
  /** The file systems that the configuration files are on. */
  readonly files?: FileCalls;
  /** What guests say of themselves; by default, what is in Xen's store. */
  readonly guestClaims?: GuestClaims;
  /** What counts network and disks; by default, the xentop of the settings. */
  readonly deviceCounts?: DeviceCounts;
  /** By default, a process of its own for each image. */
  readonly imageWriter?: ImageWriter;
}
