import { NO_TEXT_CONSOLE } from '../../menus/domain-words.js';
import type { MenuLogPiece } from '../../menus/log-port.js';
import type { MenuDomain } from '../../menus/menu-domain.js';
import { GRAPH_MINUTES, usageGraph } from '../../menus/usage-graph.js';
import { MenuDriver } from './menu-driver.js';
import {
  IMAGES,
  NOW,
  PROFILES,
  REINSTALLABLE,
  customerName,
  domain,
  domainName,
  fingerprint,
  imageName,
  logLine,
  logPiece,
  menuKey,
  menuStart,
  offers,
  operation,
  profileName,
  refused,
} from './menu-samples.js';

/** Drives a menu to one of its screens, in a window of the given size. */

export type Place = (start: { columns: number; rows: number; charset: 'utf-8' | 'ascii' }) => MenuDriver;

const HOUSE: readonly MenuDomain[] = [
  domain('horatio'),
  domain('ophelia', {
    state: 'crashed',
    since: NOW - 90_000,
    cpuPercent: null,
    profile: profileName('rescue'),
    offers: offers({ start: refused('It has crashed. Power it off first.') }),
  }),
  domain('yorick', {
    state: 'off',
    since: NOW - 9_000_000_000,
    cpuPercent: null,
    role: 'watcher',
    offers: offers({}, refused('You may only watch this server.')),
  }),
  domain('polonius', {
    state: null,
    profile: null,
    since: null,
    seenAt: null,
    memoryMiB: null,
    vcpus: null,
    cpuPercent: null,
  }),
  domain('hamlet', { reachable: false, seenAt: NOW - 75_000 }),
  domain('gertrude', { state: 'off', operation: operation('reboot', { step: 'rebooting' }) }),
  domain('laertes.with-a-name.as-long-as-names.may-be.example.net.sixty-3', {
    memoryMiB: 65_536,
    vcpus: 64,
    cpuPercent: 6399.6,
  }),
  domain('fortinbras', { state: 'paused', seenAt: NOW - 12_000 }),
];

function started(domains: readonly MenuDomain[], motd: readonly string[] = menuStart().motd): Place {
  return ({ columns, rows, charset }) =>
    new MenuDriver({ domains, motd, columns, rows, preferences: { charset, colour: true } });
}

function one(some: Partial<MenuDomain>): Place {
  return started([domain('horatio', some)]);
}

const KEYS = [
  menuKey('A', { comment: 'alice@laptop', inUse: true }),
  menuKey('B', { comment: '漢字の鍵', type: 'sk-ssh-ed25519@openssh.com', lastUsedAt: null }),
  menuKey('C', { comment: '', type: 'ecdsa-sha2-nistp256', expiresAt: NOW + 90 * 86_400_000 }),
];

const MAINTENANCE =
  'Maintenance (until 2025-11-21 09:00 UTC): New disks for the host. Nothing is lost, and nothing can be started meanwhile.';

/** The output of a guest that does not find its disk, between the end of an earlier boot and a prompt. */
const BOOTED: MenuLogPiece = {
  ...logPiece(0, 79, {}, 60),
  lines: [
    ...logPiece(0, 59, {}, 60).lines,
    logLine(60, 60, '[    0.000000] Linux version 6.1.0-56-cloud-amd64 (debian-kernel@lists.debian.org)'),
    ...logPiece(61, 72, {}, 60).lines,
    logLine(73, 60, 'Begin: Waiting for root file system ... Begin: Running /scripts/local-block ... done.'),
    logLine(74, 60, 'Gave up waiting for root file system device.  Common problems:'),
    logLine(75, 60, ' - The entry for / in /etc/fstab; and gave up, \u6f22\u5b57, ^[[?1000h<U+202E>'),
    logLine(76, 60, ''),
    logLine(77, 60, 'x'.repeat(200)),
    logLine(78, 60, 'ALERT!  /dev/xvdz does not exist.  Dropping to a shell!'),
  ],
  to: 790,
  open: [logLine(79, 60, '(initramfs)')],
};

function logged({ piece }: { readonly piece: MenuLogPiece }): Place {
  return (start) =>
    one({ offers: offers() })(start)
      .press('l')
      .tell({ fact: 'log', domain: domainName('horatio'), where: 'end', piece });
}

/** A day with a busy noon, a gap in the afternoon, and hosts that tell nothing of disks before the evening. */
const DAY = Array.from({ length: GRAPH_MINUTES }, (_, minute) => {
  const busy = Math.max(0, Math.sin(((minute - 360) / 720) * Math.PI));
  if (minute >= 840 && minute < 960) return null;
  return {
    cpuPercent: 2 + busy * 180,
    received: 2_000 + busy * 1.5e6,
    sent: 9_000 + busy * 6e5,
    diskRequests: minute < 1200 ? null : 4.2,
  };
});

function graphed(start: Parameters<Place>[0], some: Partial<MenuDomain>): MenuDriver {
  const driver = new MenuDriver({
    domains: [domain('horatio', some)],
    columns: start.columns,
    rows: start.rows,
    preferences: { charset: start.charset, colour: true },
    hasGraphs: true,
  });
  const graph = usageGraph(DAY, NOW);
  return driver
    .tell({ fact: 'tick', now: NOW })
    .tell({ fact: 'usage', domain: domainName('horatio'), graph });
}

export const PLACES: Readonly<Record<string, Place>> = {
  list: (start) => started(HOUSE)(start).press('down'),
  'list-empty': started([]),
  domain: one({}),
  'domain-before-dom0-answered': one({
    state: null,
    profile: null,
    since: null,
    seenAt: null,
    memoryMiB: null,
    vcpus: null,
    cpuPercent: null,
  }),
  'domain-graph': (start) => graphed(start, {}),
  'domain-graph-rebooting': (start) =>
    graphed(start, { operation: operation('reboot', { step: 'rebooting' }) }),
  'domain-unreachable': one({
    reachable: false,
    seenAt: NOW - 75_000,
    offers: offers(
      {},
      {
        offered: false,
        code: 'host-unreachable',
        reason: 'The host of horatio does not answer just now. Please try again in a moment.',
      },
    ),
  }),
  'domain-shutting-down': one({ state: 'shutting-down', operation: operation('shutdown') }),
  'domain-queued': one({
    state: 'off',
    operation: operation('start', {
      phase: 'queued',
      step: 'waiting',
      place: 2,
      deadlineAt: null,
      by: customerName('bob'),
    }),
  }),
  'domain-rebooting': one({
    state: 'off',
    operation: operation('reboot', { step: 'rebooting', deadlineAt: null }),
  }),
  'domain-console-locked': one({ consoleLocked: true }),
  'domain-hvm-without-console': one({
    type: 'hvm',
    textConsole: false,
    offers: offers({ console: refused(NO_TEXT_CONSOLE), watch: refused(NO_TEXT_CONSOLE) }),
  }),
  'domain-elsewhere': one({ elsewhere: { host: 'xen2', moving: false }, since: null, profile: null }),
  'domain-moving': one({ elsewhere: { host: 'xen2', moving: true }, since: null, profile: null }),
  'list-console-locked': started([
    domain('horatio', { consoleLocked: true }),
    domain('ophelia', { state: 'off' }),
  ]),
  'list-maintenance': (start) => started(HOUSE)(start).tell({ fact: 'maintenance', message: MAINTENANCE }),
  'domain-maintenance': (start) => one({})(start).tell({ fact: 'maintenance', message: MAINTENANCE }),
  'domain-in-rescue': one({ profile: profileName('rescue'), offers: offers() }),
  // The longest words of the rescue image that ships: the way back must stand there whole.
  'domain-rescue-image': one({
    profile: profileName('rescue'),
    profiles: [
      {
        ...PROFILES[0]!,
        title: 'Debian rescue system',
        hint: 'Type chroot-in for a shell in your own system. Leave the console with Ctrl-] and a dot, and choose normal boot.',
      },
    ],
    rescueEnd: { at: NOW + 28_740_000, then: 'normal', retryAt: null },
    rescueHostKey: fingerprint('k'),
    offers: offers(),
  }),
  'domain-rescue-host-key': one({
    profile: profileName('rescue'),
    rescueHostKey: fingerprint('k'),
    offers: offers(),
  }),
  'domain-watcher': one({ role: 'watcher', offers: offers({}, refused('You may only watch this server.')) }),
  'domain-problem': (start) =>
    one({})(start).tell({
      fact: 'refused',
      message:
        'The server could not be started: libxl_create.c:1034: not enough free memory on this host (512 MiB wanted).',
    }),
  'domain-notice': (start) => one({})(start).tell({ fact: 'notice', message: 'horatio has shut down.' }),
  'confirm-shutdown': (start) => one({ offers: offers() })(start).press('3'),
  'confirm-poweroff': (start) => one({ offers: offers() })(start).press('4').type('hora'),
  'confirm-poweroff-wrong': (start) =>
    one({ offers: offers() })(start).press('4').type('hamlet').press('enter'),
  'rescue-profiles': (start) => one({})(start).press('6'),
  'confirm-rescue': (start) => one({})(start).press('6', '1').type('horatio'),
  'domain-with-images': one(REINSTALLABLE),
  'reinstall-images': (start) => one(REINSTALLABLE)(start).press('i'),
  'confirm-reinstall': (start) => one(REINSTALLABLE)(start).press('i', '1').type('hora'),
  'reinstall-writing': one({
    ...REINSTALLABLE,
    state: 'off',
    operation: operation('reinstall', {
      step: 'writing',
      profile: imageName('debian-13'),
      deadlineAt: null,
      progress: { done: 1.2 * 1024 ** 3, total: 10 * 1024 ** 3, secondsLeft: 44 },
    }),
  }),
  'domain-incomplete': one({
    ...REINSTALLABLE,
    state: 'off',
    incomplete: imageName('debian-13'),
    offers: offers({
      start: refused('Its disk is incomplete: reinstall it again, or boot a rescue system.'),
    }),
  }),
  'domain-incomplete-in-rescue': one({
    ...REINSTALLABLE,
    profile: profileName('rescue'),
    incomplete: imageName('debian-13'),
  }),
  'list-incomplete': started([
    domain('horatio', { state: 'off', incomplete: imageName('debian-13') }),
    domain('ophelia'),
  ]),
  keys: (start) => one({})(start).press('s').tell({ fact: 'keys', keys: KEYS }).press('down'),
  'keys-remove-in-use': (start) => one({})(start).press('s').tell({ fact: 'keys', keys: KEYS }).press('1'),
  'key-add': (start) =>
    one({})(start).press('s', 'a').send({
      input: 'paste',
      text: 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPr3uRBSm5UM2/6pmDc1gSNpSkjzjYlYvo5NzF3Mcp5T alice@new-laptop',
    }),
  'key-add-unknown': (start) => one({})(start).press('s', 'a').type('b3BlbnNzaC1rZXk'),
  'key-add-private': (start) =>
    one({})(start)
      .press('s', 'a')
      .send({ input: 'paste', text: '-----BEGIN OPENSSH PRIVATE KEY-----\rAAAA\r' }),
  'rescue-ends': (start) =>
    one({
      profile: profileName('rescue'),
      rescueEnd: { at: NOW + 7_530_000, then: 'normal', retryAt: null },
    })(start),
  'rescue-time': (start) =>
    one({ profiles: PROFILES.map((profile) => ({ ...profile, times: { usual: 28_800, most: 86_400 } })) })(
      start,
    ).press('6', '1', 'up'),
  'log-asked-for': (start) => one({})(start).press('l'),
  log: (start) => logged({ piece: BOOTED })(start),
  'log-back-a-page': (start) => logged({ piece: BOOTED })(start).press('pageup'),
  'log-earlier-boot': (start) =>
    logged({ piece: BOOTED })(start)
      .press('[')
      .tell({ fact: 'log', domain: domainName('horatio'), where: 'earlier-boot', piece: logPiece(0, 149) }),
  'log-empty': (start) =>
    logged({ piece: { ...BOOTED, from: 0, to: 0, lines: [], open: [], atStart: true } })(start),
  'log-off': (start) =>
    logged({ piece: { ...BOOTED, about: { keeping: false, switchedAt: NOW - 600_000, onDisk: true } } })(
      start,
    ),
  'log-in-memory': (start) =>
    logged({ piece: { ...BOOTED, about: { keeping: true, switchedAt: null, onDisk: false } } })(start),
  'log-followed': (start) => logged({ piece: BOOTED })(start).press('f'),
  'log-typed': (start) => logged({ piece: BOOTED })(start).press('/').type('gave up wai'),
  'log-searched': (start) => logged({ piece: BOOTED })(start).press('/').type('gave up').press('enter'),
  'log-found': (start) =>
    logged({ piece: BOOTED })(start)
      .press('/')
      .type('gave up')
      .press('enter')
      .tell({ fact: 'log-found', domain: domainName('horatio'), piece: BOOTED, at: 740 }),
  'log-not-found': (start) =>
    logged({ piece: BOOTED })(start)
      .press('/')
      .type('gave up')
      .press('enter')
      .tell({ fact: 'log-missing', domain: domainName('horatio'), what: 'text' }),
  'log-switch': (start) => logged({ piece: BOOTED })(start).press('o'),
  activity: (start) =>
    one({})(start)
      .press('a')
      .tell({
        fact: 'activity',
        activity: Array.from({ length: 70 }, (_, at) => ({
          at: NOW - at * 1_000_000,
          text:
            at % 7 === 3
              ? 'You asked for a rescue boot of horatio with the profile rescue, from 192.0.2.7.'
              : 'You logged in from 192.0.2.7.',
        })),
      }),
  'activity-none': (start) => one({})(start).press('a').tell({ fact: 'activity', activity: [] }),
  help: (start) => one({})(start).press('?'),
  'only-and-gone': ({ columns, rows, charset }) =>
    new MenuDriver({
      domains: [],
      only: domainName('horatio'),
      columns,
      rows,
      preferences: { charset, colour: true },
    }),
  'many-servers': (start) =>
    started(Array.from({ length: 250 }, (_, at) => domain(`server-${at}`)))(start).press(
      'pagedown',
      'pagedown',
      'pagedown',
    ),
};

/** Text that would do harm on a terminal, for every field from elsewhere. */
export const HOSTILE =
  '\x1b[2J\x1b]0;owned\x07\u009b31m\u202e{red-fg}漢字\r\n\0z\u0300\u0301\u0302\u0303😀{/} ';

/** The same screens with hostile text in every field. */
export function hostilePlaces(start: {
  columns: number;
  rows: number;
  charset: 'utf-8' | 'ascii';
}): MenuDriver[] {
  const profiles = PROFILES.map((profile) => ({ ...profile, title: HOSTILE, disks: HOSTILE, hint: HOSTILE }));
  const images = IMAGES.map((image) => ({ ...image, title: HOSTILE, keys: HOSTILE }));
  const bad = (some: Partial<MenuDomain>): MenuDomain =>
    domain('horatio', {
      profiles,
      images,
      firstDisk: { vdev: HOSTILE, bytes: null },
      offers: offers({ start: refused(HOSTILE) }),
      ...some,
    });
  const begin = (some: Partial<MenuDomain>): MenuDriver =>
    new MenuDriver({
      site: HOSTILE,
      motd: [HOSTILE, HOSTILE],
      domains: [bad(some)],
      columns: start.columns,
      rows: start.rows,
      preferences: { charset: start.charset, colour: true },
    });
  const keys = [menuKey('A', { comment: HOSTILE, type: HOSTILE }), menuKey('B', { comment: HOSTILE })];
  return [
    begin({}),
    begin({ profile: profileName('rescue') }),
    begin({ operation: operation('rescue', { step: HOSTILE, message: HOSTILE }) }),
    begin({}).tell({ fact: 'refused', message: HOSTILE }),
    begin({}).tell({ fact: 'notice', message: HOSTILE }),
    begin({}).tell({ fact: 'maintenance', message: HOSTILE }),
    begin({}).tell({
      fact: 'ended',
      domain: domainName('horatio'),
      operation: operation('start', { phase: 'failed', message: HOSTILE }),
    }),
    begin({}).press('2'),
    begin({}).press('6'),
    begin({}).press('6', '1'),
    begin({}).press('i'),
    begin({}).press('i', '1'),
    begin({}).press('s').tell({ fact: 'keys', keys }),
    begin({}).press('s').tell({ fact: 'keys', keys }).press('1'),
    begin({})
      .press('s', 'a')
      .send({ input: 'paste', text: `ssh-ed25519 ${HOSTILE}` }),
    begin({}).press('s', 'a').send({ input: 'paste', text: HOSTILE }),
    begin({})
      .press('l')
      .tell({
        fact: 'log',
        domain: domainName('horatio'),
        where: 'end',
        piece: {
          ...logPiece(0, 1),
          lines: [{ ...logLine(0, 0, HOSTILE), boot: { began: NaN, profile: HOSTILE } }],
          open: [logLine(1, 0, HOSTILE.repeat(20))],
        },
      })
      .press('/')
      .type(HOSTILE.slice(0, 4)),
    begin({})
      .press('a')
      .tell({
        fact: 'activity',
        activity: [
          { at: NOW, text: HOSTILE },
          { at: NaN, text: HOSTILE },
        ],
      }),
  ];
}
