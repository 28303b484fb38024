import { configAsJson, prettyJson } from './config/domain-config.js';
import type { DomainRecord } from './domain-record.js';
import type { HostSettings } from './host-settings.js';

export const ZERO_UUID = '00000000-0000-0000-0000-000000000000';
/** MiB. */
export const DOMAIN_0_MEMORY = 1024;
/** A blocked domain that was just paused is shown as blocked and paused for this long. In real time. */
const BLOCKED_PAUSE_MILLISECONDS = 300;

/** Until when a domain that was paused while blocked shows both; milliseconds since the epoch. */
export function blockedPauseUntil(record: DomainRecord, { timeScale }: HostSettings): number {
  return Math.ceil(record.pausedAt + BLOCKED_PAUSE_MILLISECONDS * timeScale);
}

/** An entry of `xl list -l`. */
export function longEntry(record: DomainRecord): Parameters<typeof prettyJson>[0] {
  return { domid: record.domid, config: configAsJson(record.config, record.uuid, true) };
}

/** Domain-0's entry of `xl list -l`. */
export function longEntryOfDomain0(): Parameters<typeof prettyJson>[0] {
  const memory = DOMAIN_0_MEMORY * 1024;
  return {
    domid: 0,
    config: {
      c_info: { type: 'pv', name: 'Domain-0' },
      b_info: {
        max_memkb: memory,
        target_memkb: memory - 1,
        sched_params: { sched: 'credit2', weight: 256, cap: 0 },
        'type.pv': {},
        arch_arm: {},
        arch_x86: {},
      },
    },
  };
}

/**
 * The host's `quick` file for xl.sh: the boot time, and thousandths of simulated time per unit of real time.
 */
export function quickHost({ bootedAt, timeScale }: HostSettings): string {
  return lines(bootedAt, Math.round(1000 / timeScale));
}

/** A domain's `quick` file for xl.sh: a line for each variable. Times in milliseconds. */
export function quickDomain(record: DomainRecord, settings: HostSettings): string {
  return lines(
    record.domid,
    record.name,
    record.uuid,
    record.keeper.pid,
    record.keeper.started ?? '-',
    record.config.memory ?? 128,
    record.config.vcpus ?? 1,
    Math.ceil(record.memoryAt),
    record.pauses > 0 ? 1 : 0,
    blockedPauseUntil(record, settings),
    record.idle ? 1 : 0,
    Math.round(record.cpu * 1000),
    record.cpuSince === null ? '-' : Math.round(record.cpuSince),
    record.shutdown ?? '-',
    record.configured ? 1 : 0,
    Math.round(record.createdAt),
  );
}

/** The domain's entry as it follows another one in `xl list -l`. */
export function quickLongEntry(record: DomainRecord): string {
  return `,\n    ${prettyJson(longEntry(record), '    ')}`;
}

/** The same for Domain-0, which is always the first. */
export function quickLongEntryOfDomain0(): string {
  return `    ${prettyJson(longEntryOfDomain0(), '    ')}`;
}

function lines(...values: readonly (string | number)[]): string {
  return `${values.join('\n')}\n`;
}
