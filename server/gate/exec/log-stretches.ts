import { isRefusal } from '../../../policy/refusal.js';
import type { Refusal } from '../../../policy/refusal.js';
import type { DemandedPermit } from '../access/authorize.js';
import { endOf, localOf } from '../console-log/joined-log.js';
import type { JoinedLog, LogPart } from '../console-log/joined-log.js';
import type { LogHead } from '../hosts/log-answer.js';
import type { LogRequest } from '../hosts/host-log.js';
import type { LogStream } from '../hosts/log-stream.js';

/** A stretch of one host's log that was asked for, with the host's positions. */
export interface LogStretch extends Pick<LogRequest, 'from' | 'before' | 'boot' | 'follow' | 'uuid'> {
  readonly part: LogPart;
}

/** One that is read. */
export interface OpenStretch {
  /** The host's name. */
  readonly host: string;
  readonly stream: LogStream;
}

/** The stretches that were asked for, oldest first. @returns null when there is no such boot */
export function stretchesOf(
  { parts, boots }: JoinedLog,
  { boot = null, follow = false }: LogRequest,
): readonly LogStretch[] | null {
  const last = parts.at(-1);
  // The host finds the boot itself.
  if (parts.length === 1 && last !== undefined) return [{ part: last, boot, follow }];
  const wanted = boot === null ? null : boots?.at(boot - 1);
  if (wanted === undefined) return null;
  const from = wanted?.from ?? -Infinity;
  const to = wanted?.to ?? null;
  return parts.flatMap((part) => {
    const end = endOf(part);
    if ((end !== null && end <= from && part !== last) || (to !== null && part.at >= to)) return [];
    const cut = to !== null && (end === null || to < end) ? localOf(part, to) : part.to;
    const about = part.uuid === null ? {} : { uuid: part.uuid };
    return [
      {
        part,
        boot: null,
        from: localOf(part, Math.max(from, part.at)),
        before: cut,
        follow: follow && part === last,
        ...about,
      },
    ];
  });
}

/**
 * Opens them, the last one first: it decides how many lines the others give.
 *
 * @param isOpen called with each stream, as it is opened
 * @returns those that give lines, oldest first; a refusal when a host gives none, with all closed
 */
export async function openStretches(
  demanded: DemandedPermit,
  stretches: readonly LogStretch[],
  request: LogRequest,
  isOpen: (stream: LogStream) => void,
): Promise<readonly OpenStretch[] | Refusal> {
  const opened: OpenStretch[] = [];
  let lines = request.lines ?? null;
  for (const { part, ...where } of stretches.toReversed()) {
    const stream = await part.host.log.open(demanded, { ...request, ...where, lines });
    if (isRefusal(stream)) {
      for (const each of opened) each.stream.close();
      return stream;
    }
    opened.unshift({ host: part.host.name, stream });
    isOpen(stream);
    if (lines !== null) lines = Math.max(0, lines - (stream.head?.lines ?? lines));
    if (lines === 0) break;
  }
  return opened;
}

/** What is said of the whole: the present host's head, and the boot as it is joined. */
export function headOf(
  { parts, boots }: JoinedLog,
  { boot = null }: LogRequest,
  streams: readonly OpenStretch[],
): LogHead | null {
  const head = streams.at(-1)?.stream.head ?? null;
  const own = boot === null || parts.length === 1 ? undefined : boots?.at(boot - 1);
  return head === null || own === undefined
    ? head
    : { ...head, boot: { began: own.began, profile: own.profile } };
}
