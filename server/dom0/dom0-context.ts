import type { Logger } from '../wire/logger.js';
import { ForeignFiles } from './config/foreign-files.js';
import type { Dom0Parts } from './dom0-parts.js';
import type { Dom0Settings } from './dom0-settings.js';
import { SYSTEM_HOST_CLOCK } from './scheduling/host-clock.js';
import type { HostClock } from './scheduling/host-clock.js';
import { TIMINGS } from './scheduling/timings.js';
import type { Timings } from './scheduling/timings.js';
import { LocalStateDisk } from './state/local-state-disk.js';
import type { StateDisk } from './state/state-disk.js';
import { toolstackOf } from './toolstack/toolstack-of.js';
import type { Toolstack } from './toolstack/toolstack.js';

/** What everything in the half rests on: its settings, its clocks, its disks and the toolstack. */
export interface Dom0Context {
  readonly settings: Dom0Settings;
  readonly toolstack: Toolstack;
  /** The time of day, milliseconds since the epoch. */
  readonly clock: () => number;
  readonly host: HostClock;
  /** Where the half keeps its state. */
  readonly disk: StateDisk;
  /** Makes a way to other people's files. One that hangs delays only those who share it. */
  readonly foreignFiles: () => ForeignFiles;
  readonly timings: Timings;
  readonly logger: Logger;
}

/** The parts that are set, and for the others what belongs to this host. */
export function contextOf(parts: Dom0Parts): Dom0Context {
  const { settings, logger, host = SYSTEM_HOST_CLOCK } = parts;
  return {
    settings,
    toolstack: parts.toolstack ?? toolstackOf(settings.toolstack),
    clock: parts.clock ?? Date.now,
    host,
    disk: parts.disk ?? new LocalStateDisk(),
    foreignFiles: () => new ForeignFiles(host, parts.files),
    timings: { ...TIMINGS, ...parts.timings },
    logger,
  };
}
