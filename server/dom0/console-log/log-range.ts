import { LOG_PAGE_BOOTS } from '../../wire/log.js';
import { MOST_LOG_SPANS } from '../../wire/log.js';
import type { LogBoot, LogFacts, LogPage, LogSpans } from '../../wire/log.js';
import type { LoggedBoot } from './log-mark.js';
import type { LogQuery } from './log-query.js';
import { bootSpans, lastLines, positionSince } from './log-search.js';
import type { BootSpan, SearchedLog } from './log-search.js';

/** The bytes that answer a query: from one position to another. */
interface LogRange {
  readonly from: number;
  readonly to: number;
  readonly facts: Pick<LogFacts, 'boot' | 'page' | 'lines' | 'from'>;
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
  let lines: { readonly lines?: number } = {};
  if (query.lines !== null) {
    const last = query.lines === 0 ? { from: to, lines: 0 } : await lastLines(log, from, to, query.lines);
    from = last.from;
    lines = { lines: last.lines };
  }
  const boot = asked === undefined ? null : onWire(asked.boot);
  if (query.bytes === null) return { from, to, facts: { boot, page: null, ...lines, from } };
  const page = pageOf(from, to, query, limits, spans);
  return { from: page.from, to: page.to, facts: { boot, page, from: page.from } };
}

/** The boots of a log. @param since as in a query @throws a disk error */
export async function spansOf(log: SearchedLog, since: number | null): Promise<LogSpans> {
  const limits = { start: await seenFrom(log, since), end: log.end };
  const spans = seenOf(await bootSpans(log), limits)
    .slice(-MOST_LOG_SPANS)
    .map(({ boot, from, to }) => ({
      ...onWire(boot),
      uuid: boot.uuid === '' ? null : boot.uuid,
      from: Math.max(limits.start, from),
      to: Math.max(limits.start, to),
    }));
  return { ...limits, spans };
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
  const span = seenOf(spans, { start }).at(boot - 1);
  if (span === undefined) return undefined;
  return { boot: span.boot, start: Math.max(start, span.from), end: boot === 0 ? end : span.to };
}

/** A reader who may see nothing of a boot must not learn that it happened. */
function seenOf(spans: readonly BootSpan[], { start }: Pick<Limits, 'start'>): readonly BootSpan[] {
  return spans.filter((span, index) => span.to > start || index === spans.length - 1);
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
