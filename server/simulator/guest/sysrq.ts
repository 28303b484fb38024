type SysrqEffect = 'none' | 'reboot' | 'poweroff' | 'crash';

interface SysrqAnswer {
  /** Kernel messages. */
  readonly messages: readonly string[];
  readonly effect: SysrqEffect;
}

const HELP =
  'sysrq: HELP : loglevel(0-9) reboot(b) crash(c) show-all-locks(d) terminate-all-tasks(e) memory-full-oom-kill(f) kill-all-tasks(i) thaw-filesystems(j) sak(k) show-backtrace-all-active-cpus(l) show-memory-usage(m) nice-all-RT-tasks(n) poweroff(o) show-registers(p) show-all-timers(q) unraw(r) sync(s) show-task-states(t) unmount(u) force-fb(v) show-blocked-tasks(w) dump-ftrace-buffer(z)';

/** Bits of kernel.sysrq, Documentation/admin-guide/sysrq.rst. */
const KEYS: Readonly<Record<string, { bit: number; messages: readonly string[]; effect: SysrqEffect }>> = {
  b: { bit: 128, messages: ['sysrq: Resetting'], effect: 'reboot' },
  c: { bit: 8, messages: ['sysrq: Trigger a crash'], effect: 'crash' },
  o: { bit: 128, messages: ['sysrq: Power Off', 'reboot: Power down'], effect: 'poweroff' },
  s: { bit: 16, messages: ['sysrq: Emergency Sync', 'Emergency Sync complete'], effect: 'none' },
  u: { bit: 32, messages: ['sysrq: Emergency Remount R/O', 'Emergency Remount complete'], effect: 'none' },
};

/** @param mask kernel.sysrq: 1 allows all keys, otherwise each bit allows some. */
export function answerSysrq(key: string, mask: number): SysrqAnswer {
  const known = KEYS[key];
  if (!known) return { messages: [HELP], effect: 'none' };
  if (mask !== 1 && (mask & known.bit) === 0) {
    return { messages: ['sysrq: This sysrq operation is disabled.'], effect: 'none' };
  }
  return known;
}
