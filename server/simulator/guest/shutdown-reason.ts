/** Reason codes of SCHEDOP_shutdown, xen/include/public/sched.h. */
export const SHUTDOWN_POWEROFF = 0;
export const SHUTDOWN_REBOOT = 1;
export const SHUTDOWN_CRASH = 3;
export type ShutdownReason = typeof SHUTDOWN_POWEROFF | typeof SHUTDOWN_REBOOT | typeof SHUTDOWN_CRASH;
