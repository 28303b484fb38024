import { LOG_PAGE_BOOTS, MOST_LOG_SPANS } from '../../wire/log.js';
import {
  count,
  fields,
  list,
  oneOf,
  orAbsent,
  orNull,
  text,
  time,
  uuid as uuidField,
} from '../../wire/answer-fields.js';
import type { Fields } from '../../wire/answer-fields.js';
import { TEXT_LIMITS } from '../../wire/text-limits.js';

/** What the host says about a log, for a reader with a role: no time from before the role is in it. */
export interface LogHead {
  readonly keeping: boolean;
  /** When keeping was last switched off or on, ISO 8601; null when it never was, or before the role began. */
  readonly switchedAt: string | null;
  readonly place: 'disk' | 'memory';
  /** The boot that was asked for; null when there is none. */
  readonly boot: LogHeadBoot | null;
  /** The position of the bytes, when a page was asked for. */
  readonly page: LogHeadPage | null;
  /** How many lines there are, when so many were asked for; null where the host does not count them. */
  readonly lines?: number | null;
  /** The position of the first byte; null where the host does not tell it. */
  readonly from?: number | null;
}

export interface LogHeadBoot {
  /** ISO 8601; null when it was before the role began. */
  readonly began: string | null;
  readonly profile: string;
}

/** As `LogPage` of the wire. */
export interface LogHeadPage {
  readonly from: number;
  readonly to: number;
  readonly start: number;
  readonly end: number;
  readonly boots: readonly (LogHeadBoot & { readonly from: number; readonly to: number })[];
}

/** Which boots are where in a log. */
export interface LogSpansAnswer {
  readonly start: number;
  readonly end: number;
  /** Oldest first. */
  readonly spans: readonly LogHeadSpan[];
}

export interface LogHeadSpan extends LogHeadBoot {
  /** When its console began, milliseconds since the epoch: for the order of logs, never shown. */
  readonly at: number;
  readonly uuid: string | null;
  readonly from: number;
  readonly to: number;
}

/** @param since when the role began, ISO 8601 @throws AnswerError */
export function readLogSpans(value: unknown, since: string): LogSpansAnswer {
  const from = fields(value, 'spans');
  return {
    start: count(from, 'start'),
    end: count(from, 'end'),
    spans: list(from, 'spans', MOST_LOG_SPANS).map((each) => {
      const span = fields(each, 'span');
      const at = Date.parse(time(span, 'at'));
      const uuid = orNull(span, 'uuid', uuidField);
      return { ...readBoot(span, since), at, uuid, from: count(span, 'from'), to: count(span, 'to') };
    }),
  };
}

/**
 * @param value the header as it came
 * @param since when the role began, ISO 8601
 * @throws AnswerError, SyntaxError
 */
export function readLogHead(value: string, since: string): LogHead {
  const from = fields(JSON.parse(value), 'log');
  const switchedAt = orAbsent(from, 'switchedAt', null, (_, key) => orNull(from, key, time));
  return {
    keeping: from['keeping'] !== false,
    switchedAt: switchedAt === null || isBefore(switchedAt, since) ? null : switchedAt,
    place: oneOf(from, 'place', ['disk', 'memory'] as const),
    boot: isNothing(from['boot']) ? null : readBoot(fields(from['boot'], 'boot'), since),
    page: isNothing(from['page']) ? null : readPage(fields(from['page'], 'page'), since),
    lines: orAbsent(from, 'lines', null, count),
    from: orAbsent(from, 'from', null, count),
  };
}

function readPage(from: Fields, since: string): LogHeadPage {
  return {
    from: count(from, 'from'),
    to: count(from, 'to'),
    start: count(from, 'start'),
    end: count(from, 'end'),
    boots: list(from, 'boots', LOG_PAGE_BOOTS).map((value) => {
      const boot = fields(value, 'boot');
      return { ...readBoot(boot, since), from: count(boot, 'from'), to: count(boot, 'to') };
    }),
  };
}

function readBoot(from: Fields, since: string): LogHeadBoot {
  const began = time(from, 'at');
  return { began: isBefore(began, since) ? null : began, profile: text(from, 'profile', TEXT_LIMITS.label) };
}

function isBefore(time: string, since: string): boolean {
  return Date.parse(time) < Date.parse(since);
}

function isNothing(value: unknown): boolean {
  return value === null || value === undefined;
}
