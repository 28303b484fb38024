import type { Dom0Settings } from '../../server/dom0/dom0-settings.js';
import type { Timings } from '../../server/dom0/scheduling/timings.js';

/** The state directory of every half in the model. */
export const STATE = '/var/lib/postern';

export const DEADLINES = {
  shutdownSeconds: 8,
  createSeconds: 8,
  rebootSeconds: 12,
  destroySeconds: 5,
} as const;

export const LIMITS = { createsPerDomain: { count: 2, windowSeconds: 60 }, powerOffsPerMinute: 5 } as const;

export const OBSERVE = { intervalSeconds: 20, goneAfterSeconds: 40 } as const;

/** Small, so that most sequences rotate the journal at least once. */
export const ROTATE_BYTES = 5_000;

export const MODEL_PACE: Timings = {
  poll: 1_000,
  rebootAbsence: 6_000,
  unexplainedAbsence: 4_000,
  rise: 20_000,
  build: 15_000,
  askAgain: 15_000,
  attach: 3_000,
  stale: 15_000,
  profileRetry: 5_000,
  lastProfileRetry: 20_000,
  endRetry: 600_000,
  endRefusedRetry: 60_000,
};

export const PROFILES: Dom0Settings['profiles'] = {
  rescue: {
    kind: 'direct',
    types: ['pv', 'pvh'],
    title: 'Rescue system',
    disks: 'Your disks stay as they are.',
    hint: 'Mount your disk on /mnt.',
    kernel: '/rescue',
    ramdisk: '/rescue-initrd',
    extra: 'console=hvc0 rescue',
    parameters: {},
    addDisks: [],
  },
};
