import { ACTIONS } from '../../policy/actions.js';
import type { Action } from '../../policy/actions.js';
import { CTRL_BRACKET } from '../../policy/escape-key.js';
import {
  NORMAL,
  parseBootProfileName,
  parseCustomerName,
  parseDomainName,
  parseFingerprint,
  parseImageName,
} from '../../policy/names.js';
import type {
  BootProfileName,
  CustomerName,
  DomainName,
  Fingerprint,
  ImageName,
} from '../../policy/names.js';
import type { MenuBoot, MenuLogLine, MenuLogPiece } from '../../menus/log-port.js';
import type { MenuDomain, MenuImage, MenuOperation, MenuProfile, Offer } from '../../menus/menu-domain.js';
import type { MenuKey, MenuStart } from '../../menus/port.js';

/** Values for the menus' tests: a customer, domains, keys. Times count from NOW. */

export const NOW = Date.UTC(2025, 10, 21, 7, 15, 0);

function known<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('a sample is not valid');
  return value;
}

export function domainName(text: string): DomainName {
  return known(parseDomainName(text));
}

export function profileName(text: string): BootProfileName {
  return known(parseBootProfileName(text));
}

export function imageName(text: string): ImageName {
  return known(parseImageName(text));
}

export function customerName(text: string): CustomerName {
  return known(parseCustomerName(text));
}

export function fingerprint(letter: string): Fingerprint {
  return known(parseFingerprint(`SHA256:${letter.repeat(43)}`));
}

export const OFFERED: Offer = { offered: true };

export function refused(reason: string): Offer {
  return { offered: false, code: 'wrong-state', reason };
}

export function offers(
  some: Partial<Record<Action, Offer>> = {},
  otherwise: Offer = OFFERED,
): Record<Action, Offer> {
  return Object.fromEntries(ACTIONS.map((action) => [action, some[action] ?? otherwise])) as Record<
    Action,
    Offer
  >;
}

export const PROFILES: readonly MenuProfile[] = [
  {
    name: profileName('rescue'),
    title: 'Rescue system (Debian 12)',
    disks: 'your disks are there as /dev/xvda and on, none is mounted and nothing is written to them.',
    hint: 'choose 7 Normal boot in this menu.',
    parameters: [],
    refused: null,
  },
  {
    name: profileName('rescue-grub'),
    title: 'Boot menu of your own disk',
    disks: 'your own system is started from your disk, with the kernel you choose.',
    hint: '',
    parameters: [],
    refused: null,
  },
];

export const IMAGES: readonly MenuImage[] = [
  {
    name: imageName('debian-13'),
    title: 'Debian 13 (trixie)',
    minimumMiB: 4096,
    keys: 'Your SSH keys may log in to it, where it runs SSH.',
    refused: null,
  },
  {
    name: imageName('debian-12'),
    title: 'Debian 12 (bookworm)',
    minimumMiB: null,
    keys: '',
    refused: 'You may not install this system here.',
  },
];

/** What a domain has besides where it can be reinstalled. */
export const REINSTALLABLE = {
  images: IMAGES,
  firstDisk: { vdev: 'xvda', bytes: 10 * 1024 ** 3 },
} as const satisfies Partial<MenuDomain>;

export function domain(name: string, some: Partial<MenuDomain> = {}): MenuDomain {
  return {
    name: domainName(name),
    role: 'owner',
    state: 'running',
    profile: NORMAL,
    since: NOW - 3 * 3_600_000 - 12 * 60_000,
    seenAt: NOW - 1000,
    reachable: true,
    type: null,
    textConsole: true,
    memoryMiB: 512,
    vcpus: 2,
    cpuPercent: 3,
    profiles: PROFILES,
    operation: null,
    rescueEnd: null,
    consoleLocked: false,
    elsewhere: null,
    recorded: 'off',
    offers: offers({
      start: refused('It is running already.'),
      normal: refused('It is booted normally.'),
    }),
    ...some,
  };
}

export function operation(action: Action, some: Partial<MenuOperation> = {}): MenuOperation {
  return {
    id: '5b0b1d2e-0000-4000-8000-000000000001',
    action,
    profile: null,
    phase: 'running',
    step: 'shutting-down',
    place: 0,
    startedAt: NOW - 12_000,
    deadlineAt: NOW + 48_000,
    by: customerName('alice'),
    message: null,
    ...some,
  };
}

export function menuKey(letter: string, some: Partial<MenuKey> = {}): MenuKey {
  return {
    fingerprint: fingerprint(letter),
    type: 'ssh-ed25519',
    comment: `alice@${letter}`,
    addedAt: NOW - 40 * 86_400_000,
    lastUsedAt: NOW - 3_600_000,
    expiresAt: null,
    inUse: false,
    ...some,
  };
}

export const BOOTS: readonly MenuBoot[] = [
  { began: NOW - 26 * 3_600_000, profile: 'normal' },
  { began: NOW - 2 * 3_600_000, profile: 'rescue' },
];

/** Numbered lines of ten bytes each, from `first` to `last`; the second boot starts at line `boots`. */
export function logPiece(
  first: number,
  last: number,
  some: Partial<MenuLogPiece> = {},
  boots = 1000,
): MenuLogPiece {
  const lines = Array.from({ length: last - first + 1 }, (_, at) => logLine(first + at, boots));
  return {
    from: first * 10,
    to: (last + 1) * 10,
    lines,
    open: [],
    atStart: first === 0,
    atEnd: true,
    about: { keeping: true, switchedAt: null, onDisk: true },
    ...some,
  };
}

export function logLine(number: number, boots = 1000, text = `line ${number}`): MenuLogLine {
  const boot = BOOTS[number < boots ? 0 : 1] ?? null;
  return {
    from: number * 10,
    to: number * 10 + 10,
    text,
    boot,
    begins: number === 0 || number === boots,
  };
}

export function menuStart(some: Partial<MenuStart> = {}): MenuStart {
  return {
    customer: customerName('alice'),
    site: 'Postern demo',
    maintenance: null,
    motd: ['Maintenance on Sunday, 02:00 to 03:00 UTC.'],
    preferences: { charset: 'utf-8', colour: true },
    escape: CTRL_BRACKET,
    domains: [domain('horatio'), domain('ophelia', { state: 'off', since: NOW - 90_000, cpuPercent: null })],
    followsStart: true,
    only: null,
    columns: 80,
    rows: 24,
    now: NOW,
    ...some,
  };
}
