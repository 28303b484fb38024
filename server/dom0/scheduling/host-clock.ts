import { readFileSync } from 'node:fs';

/**
 * The host's own time. Waits and ages use this clock: nobody can set it, and it tells one boot
 * of the host from another.
 */
export interface HostClock {
  /** The boot of the host: `/proc/sys/kernel/random/boot_id`. Empty without /proc. */
  readonly boot: string;
  /**
   * Whole milliseconds since the host was booted (CLOCK_MONOTONIC): the same for every process of this boot.
   */
  uptime(): number;
  /**
   * Calls once, after this many milliseconds. @returns a function that cancels the call;
   * calling it twice is harmless
   */
  after(ms: number, call: () => void): () => void;
}

/** The clock of this machine. */
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
