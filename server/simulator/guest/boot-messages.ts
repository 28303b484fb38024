import { seedWords } from './seed.js';
import type { Seed } from './seed.js';

/** The text of one step of a boot, and how long the guest waits before it, in milliseconds. */
export interface BootStep {
  readonly after: number;
  readonly text: string;
}

const OK = '[\x1b[0;32m  OK  \x1b[0m]';

function steps(pace: number, texts: readonly string[]): BootStep[] {
  return texts.map((text) => ({ after: pace, text: `${text}\n` }));
}

/** An installed system, from init to its login prompt. @param system its name for people */
export function installedBoot(name: string, system: string, seed: Seed | null): readonly BootStep[] {
  const told = seed === null ? [] : seedWords(seed).trimEnd().split('\n');
  return steps(25, [
    ...told.map((line) => `cloud-init: ${line}`),
    '',
    `\x1b[1mWelcome to \x1b[0;31m${system}\x1b[0m!`,
    '',
    `${OK} Created slice \x1b[0;1;39msystem-getty.slice\x1b[0m.`,
    `${OK} Started \x1b[0;1;39msystemd-journald.service\x1b[0m - Journal Service.`,
    `${OK} Finished \x1b[0;1;39msystemd-remount-fs.service\x1b[0m - Remount Root and Kernel File Systems.`,
    `${OK} Reached target \x1b[0;1;39mlocal-fs.target\x1b[0m - Local File Systems.`,
    `${OK} Finished \x1b[0;1;39mnetworking.service\x1b[0m - Raise network interfaces.`,
    `${OK} Started \x1b[0;1;39mssh.service\x1b[0m - OpenBSD Secure Shell server on ${name}.`,
    `${OK} Started \x1b[0;1;39mserial-getty@hvc0.service\x1b[0m - Serial Getty on hvc0.`,
    `${OK} Reached target \x1b[0;1;39mmulti-user.target\x1b[0m - Multi-User System.`,
  ]);
}

/** A shell in the place of init. */
export const SHELL_FOR_INIT: readonly BootStep[] = [
  { after: 40, text: "/bin/sh: 0: can't access tty; job control turned off\n" },
];

/** The initramfs gives up and drops to a shell. */
export function brokenBoot(missing: string): readonly BootStep[] {
  return [
    ...steps(25, [
      'Loading, please wait...',
      'Starting systemd-udevd version 252.39-1~deb12u1',
      'Begin: Loading essential drivers ... done.',
      'Begin: Running /scripts/init-premount ... done.',
      'Begin: Mounting root file system ... Begin: Running /scripts/local-top ... done.',
      'Begin: Running /scripts/local-premount ... done.',
      'Begin: Waiting for root file system ... Begin: Running /scripts/local-block ... done.',
    ]),
    ...steps(400, ['done.']),
    {
      after: 25,
      text: `Gave up waiting for root file system device.  Common problems:
 - Boot args (cat /proc/cmdline)
   - Check rootdelay= (did the system wait long enough?)
 - Missing modules (cat /proc/modules; ls /dev)
 - The entry for / in /etc/fstab
ALERT!  ${missing} does not exist.  Dropping to a shell!


BusyBox v1.35.0 (Debian 1:1.35.0-4+deb12u1+b1) built-in shell (ash)
Enter 'help' for a list of built-in commands.

`,
    },
  ];
}

/** A rescue system, or an installer when a suite is given. Both go straight to a root shell. */
export function rescueBoot(
  name: string,
  customerDisks: readonly string[],
  {
    suite,
    seed,
    hostKey,
  }: { readonly suite: string | undefined; readonly seed: Seed | null; readonly hostKey: string | null },
): readonly BootStep[] {
  const hint = customerDisks.map((device) => `  mount /dev/${device} /mnt\n`).join('');
  const greeting =
    suite === undefined
      ? `*** RESCUE MODE ***\n\nThis is a rescue system for ${name}. Your own system is not running.\n${
          hint === '' ? 'No disk of yours is attached.\n' : `Your files:\n${hint}`
        }`
      : `*** INSTALLER ***\nThis would install Debian ${suite} on /dev/${customerDisks[0] ?? 'xvda'}.\n`;
  const keyLine = hostKey === null ? '' : `SSH host key ${hostKey} (ED25519)\n`;
  return [
    { after: 40, text: 'rescue: starting\n' },
    { after: 40, text: 'rescue: devices ready\n' },
    { after: 40, text: `\n${greeting}\n${seed === null ? '' : `${seedWords(seed)}${keyLine}\n`}` },
    {
      after: 40,
      text: `BusyBox v1.35.0 (Debian 1:1.35.0-4+deb12u1+b1) built-in shell (ash)\nEnter 'help' for a list of built-in commands.\n\n`,
    },
  ];
}

/** An orderly shutdown, up to the last line before the kernel's. */
export function shutdownMessages(system: 'installed' | 'rescue', reboot: boolean): readonly BootStep[] {
  const request = `Requesting system ${reboot ? 'reboot' : 'poweroff'}`;
  if (system === 'rescue') {
    const busybox = [
      'The system is going down NOW!',
      'Sent SIGTERM to all processes',
      'Sent SIGKILL to all processes',
    ];
    return [{ after: 100, text: '\n' }, ...steps(500, [...busybox, request])];
  }
  const target = reboot
    ? 'reboot.target\x1b[0m - System Reboot'
    : 'poweroff.target\x1b[0m - System Power Off';
  return [
    { after: 100, text: '\n' },
    ...steps(330, [
      `${OK} Stopped target \x1b[0;1;39mmulti-user.target\x1b[0m - Multi-User System.`,
      `${OK} Stopped \x1b[0;1;39mssh.service\x1b[0m - OpenBSD Secure Shell server.`,
      `${OK} Unmounted \x1b[0;1;39mboot.mount\x1b[0m - /boot.`,
      `${OK} Reached target \x1b[0;1;39mshutdown.target\x1b[0m - System Shutdown.`,
      `${OK} Reached target \x1b[0;1;39m${target}.`,
      request,
    ]),
  ];
}
