import { LOG_PAGE_BOOTS } from '../../wire/log.js';
import type { LogBoot, LogFacts, LogPage } from '../../wire/log.js';
import type { LoggedBoot } from './log-mark.js';
import type { LogQuery } from './log-query.js';
import { bootSpans, lastLines, positionSince } from './log-search.js';
import type { BootSpan, SearchedLog } from './log-search.js';

/** The bytes that answer a query: from one position to another. */
interface LogRange {
  readonly from: number;
  readonly to: number;
  readonly facts: Pick<LogFacts, 'boot' | 'page'>;
}

interface Limits {
  readonly start: number;
  readonly end: number;
}

/** @throws a disk error */
export async function rangeOf(log: SearchedLog, query: LogQuery): Promise<LogRange> {
  const all = { start: await seenFrom(log, query.since), end: log.end };
  const spans = query.boot === null && query.bytes === null ? [] : await bootSpans(log);
  const asked = query.boot === null ? undefined : askedFor(spans, query.boot, all);
  const limits = query.boot === null ? all : (asked ?? { start: all.end, end: all.end });
  const within = (position: number): number => Math.min(limits.end, Math.max(limits.start, position));
  let from = within(query.from ?? limits.start);
  const to = Math.max(from, within(query.before ?? limits.end));
  if (query.lines !== null) from = query.lines === 0 ? to : await lastLines(log, from, to, query.lines);
  const boot = asked === undefined ? null : onWire(asked.boot);
  if (query.bytes === null) return { from, to, facts: { boot, page: null } };
  const page = pageOf(from, to, query, limits, spans);
  return { from: page.from, to: page.to, facts: { boot, page } };
}

async function seenFrom(log: SearchedLog, since: number | null): Promise<number> {
  const seen = since === null ? log.start : await positionSince(log, since);
  return Math.min(log.end, Math.max(log.start, seen));
}

function askedFor(
  spans: readonly BootSpan[],
  boot: number,
  { start, end }: Limits,
): (Limits & { readonly boot: LoggedBoot }) | undefined {
  // A reader who may see nothing of a boot must not learn that it happened.
  const seen = spans.filter((span, index) => span.to > start || index === spans.length - 1);
  const span = seen.at(boot - 1);
  if (span === undefined) return undefined;
  return { boot: span.boot, start: Math.max(start, span.from), end: boot === 0 ? end : span.to };
}

function pageOf(
  from: number,
  to: number,
  { from: forwards, bytes }: LogQuery,
  limits: Limits,
  spans: readonly BootSpan[],
): LogPage {
  const most = bytes ?? 0;
  const page =
    forwards === null ? { from: Math.max(from, to - most), to } : { from, to: Math.min(to, from + most) };
  const last = spans.length - 1;
  const own = spans
    .filter(
      (span, at) => span.from <= Math.max(page.from, page.to - 1) && (span.to > page.from || at === last),
    )
    .map((span) => ({
      ...onWire(span.boot),
      from: Math.max(limits.start, span.from),
      to: Math.min(limits.end, span.to),
    }));
  if (own.length <= LOG_PAGE_BOOTS) return { ...page, ...limitsOf(limits), boots: own };
  const boots = forwards === null ? own.slice(-LOG_PAGE_BOOTS) : own.slice(0, LOG_PAGE_BOOTS);
  return {
    from: Math.max(page.from, boots[0]?.from ?? page.from),
    to: Math.min(page.to, boots.at(-1)?.to ?? page.to),
    ...limitsOf(limits),
    boots,
  };
}

function limitsOf({ start, end }: Limits): Limits {
  return { start, end };
}

function onWire({ began, profile }: LoggedBoot): LogBoot {
  return { at: new Date(began).toISOString(), profile };
}
