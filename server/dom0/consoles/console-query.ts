import type { ConsoleMode } from '../../wire/console.js';
import { clampSize } from './screen-job.js';
import type { ScreenSize } from './screen-job.js';

/** What the query of a console's upgrade asks for. */
export interface ConsoleQuery {
  readonly asked: ConsoleMode;
  readonly size: ScreenSize | null;
  readonly label: string;
  readonly since: number | null;
  readonly takeover: boolean;
}

const LABEL_LENGTH = 64;
/** Controls, format characters (bidi among them), surrogates, private use and unassigned: nothing that a terminal obeys. */
const UNPRINTABLE = /[\p{C}\p{Zl}\p{Zp}]/gu;

/** @returns undefined when it is none: an unreadable `since` must not show more than was meant */
export function parseConsoleQuery(query: URLSearchParams): ConsoleQuery | undefined {
  const mode = query.get('mode');
  if (mode !== 'write' && mode !== 'watch') return undefined;
  const text = query.get('since');
  const since = text === null ? null : Date.parse(text);
  if (Number.isNaN(since)) return undefined;
  const label = Array.from((query.get('label') ?? '').replace(UNPRINTABLE, ''))
    .slice(0, LABEL_LENGTH)
    .join('');
  return {
    asked: mode,
    size: clampSize(Number(query.get('cols') ?? 0), Number(query.get('rows') ?? 0)),
    label: label === '' ? 'somebody' : label,
    since,
    takeover: query.get('takeover') === '1',
  };
}
