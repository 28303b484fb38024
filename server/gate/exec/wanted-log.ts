import type { Refusal } from '../../../policy/refusal.js';
import * as say from '../console-log/log-words.js';
import type { OpenedLog } from '../console-log/opened-log.js';
import type { LogRequest } from '../hosts/host-log.js';
import type { LogStream } from '../hosts/log-stream.js';
import type { Command } from './command.js';
import { timeOf } from './log-since.js';

/** What `NAME log` was asked for, by its options. */
export type WantedLog = Extract<Command, { command: 'log' }>;

/** How many lines are shown when no option says how much. */
export const USUAL_LINES = 1_000;

/** Whether no option says how much. */
export function isUsual({ lines, since, boot }: WantedLog): boolean {
  return lines === null && since === null && boot === null;
}

/** The same, as a host is asked. */
export function requestOf(wanted: WantedLog): LogRequest {
  const { since, boot, follow } = wanted;
  const lines = isUsual(wanted) ? USUAL_LINES : wanted.lines;
  return { lines, since: since === null ? null : timeOf(since, Date.now()), boot, follow };
}

/** Refuses what a host that keeps no log on its disk cannot do. */
export function unfit({ demanded, host }: OpenedLog, { boot, follow }: WantedLog): Refusal | null {
  return host.log.onDisk || (boot === null && !follow) ? null : say.inMemory(demanded.domain);
}

/** Refuses what was asked for and is not in the host's answer. */
export function missing(
  { demanded }: OpenedLog,
  { boot, follow }: WantedLog,
  { head }: LogStream,
): Refusal | null {
  if (head === null) return null;
  if (head.place === 'memory') return boot !== null || follow ? say.inMemory(demanded.domain) : null;
  return boot !== null && head.boot === null ? say.noSuchBoot(demanded.domain) : null;
}
