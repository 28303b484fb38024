import { LOG_PAGE_BOOTS } from '../../wire/log.js';
import { fields, list, number, oneOf, text, time, timeOrNull } from '../../wire/answer-fields.js';
import type { Fields } from '../../wire/answer-fields.js';

/** What a log's bytes are of, for a reader whose role began at some time: no time from before is in it. */
export interface LogHead {
  readonly keeping: boolean;
  /** When it was switched off or on last, ISO 8601; null when it never was, or before the role began. */
  readonly switchedAt: string | null;
  readonly place: 'disk' | 'memory';
  /** The boot that was asked for; null when there is none. */
  readonly boot: LogHeadBoot | null;
  /** Where the bytes stand, when a page was asked for. */
  readonly page: LogHeadPage | null;
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

/**
 * @param value the header as it came
 * @param since when the role began, ISO 8601
 * @throws AnswerError, SyntaxError
 */
export function readLogHead(value: string, since: string): LogHead {
  const from = fields(JSON.parse(value), 'log');
  const switchedAt = timeOrNull(from, 'switchedAt');
  return {
    keeping: from['keeping'] !== false,
    switchedAt: switchedAt === null || isBefore(switchedAt, since) ? null : switchedAt,
    place: oneOf(from, 'place', ['disk', 'memory'] as const),
    boot: isNothing(from['boot']) ? null : readBoot(fields(from['boot'], 'boot'), since),
    page: isNothing(from['page']) ? null : readPage(fields(from['page'], 'page'), since),
  };
}

function readPage(from: Fields, since: string): LogHeadPage {
  return {
    from: number(from, 'from'),
    to: number(from, 'to'),
    start: number(from, 'start'),
    end: number(from, 'end'),
    boots: list(from, 'boots', LOG_PAGE_BOOTS).map((value) => {
      const boot = fields(value, 'boot');
      return { ...readBoot(boot, since), from: number(boot, 'from'), to: number(boot, 'to') };
    }),
  };
}

function readBoot(from: Fields, since: string): LogHeadBoot {
  const began = time(from, 'at');
  return { began: isBefore(began, since) ? null : began, profile: text(from, 'profile', 80) };
}

function isBefore(time: string, since: string): boolean {
  return Date.parse(time) < Date.parse(since);
}

function isNothing(value: unknown): boolean {
  return value === null || value === undefined;
}
