import { decideKernel } from './bootloader.js';
import type { DomainConfig } from './config/domain-config.js';
import type { DomainRecord } from './domain-record.js';
import type { Host } from './host.js';
import type { ProcessIdentity } from './process-identity.js';

/** How long building a domain takes, in milliseconds. */
export const BUILD_MILLISECONDS = 3_800;
/** From this time on a domain that is being built shows its memory. */
const MEMORY_MILLISECONDS = 900;

/**
 * The record of a domain that is about to be built.
 *
 * @param keeper the process whose end is the domain's end, until the domain has its own process
 */
export function newRecord(
  host: Host,
  domid: number,
  uuid: string,
  config: DomainConfig,
  command: string,
  keeper: ProcessIdentity,
): DomainRecord {
  const now = Date.now();
  return {
    domid,
    uuid,
    name: config.name,
    keeper,
    command,
    config,
    createdAt: now,
    memoryAt: now + host.scaled(MEMORY_MILLISECONDS),
    configured: false,
    kernel: decideKernel(config),
    pauses: 1,
    pausedAt: 0,
    idle: false,
    cpu: 0,
    cpuSince: null,
    shutdown: null,
  };
}
