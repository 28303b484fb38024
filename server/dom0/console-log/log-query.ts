import { refusal } from '../../../policy/refusal.js';
import type { Refusal } from '../../../policy/refusal.js';
import { LOG_PAGE_BYTES } from '../../wire/log.js';

/** A query for a console's log. */
export interface LogQuery {
  /** Nothing from before this time; milliseconds since the epoch. */
  readonly since: number | null;
  /** The last lines, this many. */
  readonly lines: number | null;
  /** One boot: 0 is the last, -1 the one before it. Null: all boots. */
  readonly boot: number | null;
  /** Also new output, until the reader leaves. */
  readonly follow: boolean;
  /** From this position on. */
  readonly from: number | null;
  /** Up to this position. */
  readonly before: number | null;
  /** One page of at most this many bytes: with `from` the first one, else the last. */
  readonly bytes: number | null;
  /** Which boots there are, instead of their bytes. */
  readonly spans?: boolean;
  /** The log in which a boot has this UUID, also of a name that is gone; null: the log of the managed domain. */
  readonly uuid?: string | null;
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const MOST_LINES = 1_000_000;

/** @returns a refusal `usage` when the query is invalid */
export function parseLogQuery(query: URLSearchParams): LogQuery | Refusal {
  const wrong = (sentence: string): Refusal => refusal('usage', sentence);
  const since = query.get('since');
  const at = since === null ? null : Date.parse(since);
  if (Number.isNaN(at)) return wrong('since is a time: 2026-01-31T12:00:00Z.');
  const lines = whole(query.get('lines'), 0, MOST_LINES);
  if (lines === undefined) return wrong(`lines is a number, at most ${MOST_LINES}.`);
  const boot = whole(query.get('boot'), -999, 0);
  if (boot === undefined) return wrong('boot is 0 for the last one, -1 for the one before it.');
  const follow = query.get('follow') ?? '0';
  if (follow !== '0' && follow !== '1') return wrong('follow is 1 or 0.');
  if (follow === '1' && boot !== null && boot !== 0) return wrong('Only the last boot can be followed.');
  const from = whole(query.get('from'), 0, Number.MAX_SAFE_INTEGER);
  const before = whole(query.get('before'), 0, Number.MAX_SAFE_INTEGER);
  if (from === undefined || before === undefined) return wrong('from and before are positions.');
  const bytes = whole(query.get('bytes'), 1, LOG_PAGE_BYTES);
  if (bytes === undefined) return wrong(`bytes is a number, at most ${LOG_PAGE_BYTES}.`);
  if (follow === '1' && (bytes !== null || before !== null))
    return wrong('A page cannot be followed: leave out bytes and before, or follow.');
  const spans = query.get('spans') ?? '0';
  if (spans !== '0' && spans !== '1') return wrong('spans is 1 or 0.');
  const uuid = query.get('uuid');
  if (uuid !== null && !UUID.test(uuid)) return wrong('uuid is a UUID, in small letters.');
  if (lines !== null && bytes !== null) return wrong('lines and bytes do not go together.');
  return { since: at, lines, boot, follow: follow === '1', from, before, bytes, spans: spans === '1', uuid };
}

/** @returns undefined when the text is no number in the range; null when there is no text */
function whole(text: string | null, least: number, most: number): number | null | undefined {
  if (text === null) return null;
  const value = Number(text);
  return /^-?\d{1,16}$/.test(text) && value >= least && value <= most ? value : undefined;
}
