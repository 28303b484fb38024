import { agoWord, duration } from '../../../menus/time-words.js';
import { counted } from '../../../policy/listing.js';
import type { RefusalCount } from '../../store/audit-figures.js';
import type { FolderRoom } from '../../wire/folder-check.js';
import type { WorkerStatus } from '../../gate/control/control-ports.js';
import type { NoticeChannelStatus } from '../../gate/notices/notice-delivery.js';
import type { HostOverview, Overview } from '../../gate/control/overview.js';
import { aligned } from '../../../policy/columns.js';
import { printable } from '../../../policy/printable.js';
import { bytesWord } from '../command/bytes-word.js';
import { table, utc } from '../command/table.js';

/** States in the order in which an admin looks for them. */
const STATES = ['running', 'paused', 'shutting-down', 'rebooting', 'crashed', 'off', 'unknown'] as const;
const CONSOLES = ['attached', 'locked', 'detached'] as const;
/** Further reasons are only counted. */
const MOST_REASONS = 5;

/** An overview for people: the gate's lines, then a line for each host. */
export function overviewText(overview: Overview): string {
  const {
    version,
    startedAt,
    workers = [],
    policy,
    audit,
    backup,
    refused,
    maintenance,
    expiring,
    notices = [],
    folders,
  } = overview;
  const now = Date.parse(overview.at);
  const lines = aligned([
    ['Gate', `version ${version}, up ${duration(now - Date.parse(startedAt))}`],
    ['Sessions', sessionsText(overview)],
    ...(workers.length === 0 ? [] : [['Workers', workers.map(workerText).join(', ')] as const]),
    ['Policy', `revision ${policy.revision}, ${counted(policy.rules, 'rule')}`],
    ['Audit log', audit.trouble === null ? `row ${audit.seq}` : `CANNOT BE WRITTEN: ${audit.trouble}`],
    ['Backup', backup === null ? 'none was made' : `${utc(backup.at)} by ${backup.by}: ${backup.file}`],
    ['Refused', `${refusedText(refused)} in the last hour`],
    ['Keys', `${expiring.count} expire within ${expiring.within} days`],
    ...(notices.length === 0 ? [] : [['Notices', notices.map(noticesText).join(', ')] as const]),
    ['Maintenance', maintenance === null ? 'none' : maintenance.sentence],
    ['Free', folders.map((folder) => `${folder.what} ${roomText(folder)}`).join('; ')],
  ]);
  const rows = overview.hosts.map((host) => hostRow(host, now));
  return `${lines.map((line) => `${printable(line)}\n`).join('')}\n${table(
    ['HOST', 'HALF', 'LOOKED', 'DOMAINS', 'CONSOLES', 'UNDER WAY', 'FREE'],
    rows,
    'there are no hosts in the settings',
  )}`;
}

function sessionsText({ sessions, consoles }: Overview): string {
  const { menu, exec, connection } = sessions;
  const parts = [
    counted(menu + sessions['plain-menu'], 'menu'),
    counted(exec, 'command'),
    ...(connection === 0 ? [] : [`${counted(connection, 'connection')} without one`]),
  ];
  const { writing, watching } = consoles;
  return `${parts.join(', ')}; ${counted(writing, 'console')} open${watching === 0 ? '' : `, ${watching} watched`}`;
}

function noticesText({ name, waiting, lastSentAt }: NoticeChannelStatus): string {
  const sent = lastSentAt === null ? 'nothing sent yet' : `sent ${utc(lastSentAt)}`;
  return `${name} ${sent}${waiting === 0 ? '' : `, ${waiting} waiting`}`;
}

function workerText({ number, pid, connections, isReady }: WorkerStatus): string {
  const who = `${number} (process ${pid ?? 'not started'})`;
  return isReady ? `${who} with ${counted(connections, 'connection')}` : `${who} STARTS`;
}

function refusedText({ logins, requests }: Overview['refused']): string {
  return `${reasonsText('login', logins)}, ${reasonsText('request', requests)}`;
}

/** `12 logins (9 key-unknown, 3 key-expired)` */
function reasonsText(noun: string, counts: readonly RefusalCount[]): string {
  const sum = counts.reduce((total, { times }) => total + times, 0);
  const shown = counts.slice(0, MOST_REASONS).map(({ reason, times }) => `${times} ${reason}`);
  const more = counts.length > MOST_REASONS ? ', …' : '';
  return `${counted(sum, noun)}${shown.length === 0 ? '' : ` (${shown.join(', ')}${more})`}`;
}

function roomText({ free, size }: FolderRoom): string {
  return free === null || size === null ? 'unknown' : `${bytesWord(free)} of ${bytesWord(size)}`;
}

function hostRow(host: HostOverview, now: number): string[] {
  const { name, reachable, half, lookedAt, heardAt, domains, underWay } = host;
  const age = (time: string | null): string => (time === null ? 'never' : agoWord(now - Date.parse(time)));
  const queued = underWay.filter(({ place }) => place > 0).length;
  return [
    name,
    halfText(reachable, half, heardAt === null ? 'never heard' : `heard ${age(heardAt)}`, now),
    age(lookedAt),
    `${domains}${listText(STATES.map((state) => [host.states[state], state]))}`,
    CONSOLES.flatMap((state) =>
      host.attached[state] === undefined ? [] : [`${host.attached[state]} ${state}`],
    ).join(', '),
    underWay.length === 0
      ? '-'
      : `${underWay.length - queued} running${queued === 0 ? '' : `, ${queued} queued`}`,
    half === null ? '-' : half.folders.map(roomText).join('; '),
  ];
}

function halfText(reachable: boolean, half: HostOverview['half'], heard: string, now: number): string {
  if (!reachable) return `NOT REACHABLE, ${heard}`;
  return half === null ? 'up' : `${half.version}, up ${duration(now - Date.parse(half.startedAt))}`;
}

/** `: 38 running, 2 off`; empty without any. */
function listText(counts: readonly (readonly [count: number | undefined, word: string])[]): string {
  const words = counts.flatMap(([count, word]) => (count === undefined ? [] : [`${count} ${word}`]));
  return words.length === 0 ? '' : `: ${words.join(', ')}`;
}
