import { readFileSync } from 'node:fs';

/**
 * The host's own time. Whoever waits, or judges how old something is, does it by this clock: nobody can set it, and it tells one
 * boot of the host from another.
 */
export interface HostClock {
  /** Which boot of the host this is: `/proc/sys/kernel/random/boot_id`. Empty where there is no /proc. */
  readonly boot: string;
  /** Whole milliseconds since the host was booted (CLOCK_MONOTONIC): the same for every process of this boot. */
  uptime(): number;
  /** Calls once, after so many milliseconds. @returns what calls it off; twice is harmless */
  after(ms: number, call: () => void): () => void;
}

/** This machine's. */
export const SYSTEM_HOST_CLOCK: HostClock = {
  boot: bootOfHost(),
  uptime: () => Number(process.hrtime.bigint() / 1_000_000n),
  after: (ms, call) => {
    const timer = setTimeout(call, ms);
    return () => {
      clearTimeout(timer);
    };
  },
};

function bootOfHost(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
  } catch {
    return '';
  }
}
