import { join } from 'node:path';
import type { Dom0Settings } from '../../server/dom0/dom0-settings.js';
import type { Timings } from '../../server/dom0/scheduling/timings.js';

/** Settings of a dom0 half whose socket and state are in one directory. */
export function dom0SettingsSample(
  directory: string,
  xl: string,
  configs: string,
  rescue: { readonly kernel: string; readonly ramdisk: string; readonly disk: string },
): Dom0Settings {
  return {
    host: 'elsinore',
    socket: join(directory, 'run', 'dom0.sock'),
    socketGroup: null,
    state: join(directory, 'state-dom0'),
    toolstack: {
      kind: 'xl',
      command: xl,
      environment: {},
      consoleEscapeOption: false,
      timeoutSeconds: 30,
    },
    domains: [configs],
    unmanaged: [],
    profiles: {
      rescue: {
        kind: 'direct',
        types: ['pv', 'pvh'],
        title: 'Rescue system',
        disks: 'Your disks stay as they are, unmounted.',
        hint: 'Mount your disk on /mnt.',
        kernel: rescue.kernel,
        ramdisk: rescue.ramdisk,
        extra: 'console=hvc0 rescue',
        parameters: {},
        addDisks: [`file:${rescue.disk},xvdr,r`],
      },
    },
    seeds: { command: '/usr/bin/xorriso', xenstoreRead: '/nowhere/xenstore-read', networks: [] },
    images: {},
    usage: { xentop: null },
    reinstall: { mibPerSecond: 1_000 },
    limits: { createsPerDomain: { count: 20, windowSeconds: 3600 }, powerOffsPerMinute: 30 },
    deadlines: { shutdownSeconds: 20, createSeconds: 20, rebootSeconds: 20, destroySeconds: 20 },
    acpiButton: true,
    observe: { intervalSeconds: 0.4, goneAfterSeconds: 0.5 },
    sysrqKeys: 'hs',
  };
}

/** For calls that a test holds, and for a real `xl` on a busy machine: either may take minutes. */
export function patient(settings: Dom0Settings): Dom0Settings {
  return {
    ...settings,
    toolstack: { ...settings.toolstack, timeoutSeconds: 600 },
    deadlines: { shutdownSeconds: 600, createSeconds: 600, rebootSeconds: 600, destroySeconds: 600 },
  };
}

/** For a simulated host on which time runs fifty times as fast. */
export const FAST_PACE: Partial<Timings> = {
  poll: 120,
  rebootAbsence: 8_000,
  unexplainedAbsence: 1_500,
  rise: 5_000,
  build: 2_000,
  // Longer than a look may take on a busy machine, as are the absences.
  stale: 6_000,
  profileRetry: 500,
  lastProfileRetry: 500,
};
