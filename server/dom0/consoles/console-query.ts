import type { ConsoleMode } from '../../wire/console.js';
import { clampSize } from '../screens/screen-job.js';
import type { ScreenSize } from '../screens/screen-job.js';
import { TEXT_LIMITS } from '../../wire/text-limits.js';

/** The query of a request to upgrade to a console. */
export interface ConsoleQuery {
  readonly asked: ConsoleMode;
  readonly size: ScreenSize | null;
  readonly label: string;
  /** The name of an admin of the host, who comes past the gate; null: an attachment of the gate's. */
  readonly admin: string | null;
  readonly since: number | null;
  readonly takeover: boolean;
  /** Whether to begin with the output of the running boot, from its first byte, and not with the screen. */
  readonly fromBoot: boolean;
  /** Whether somebody looks at a screen. */
  readonly hasPty: boolean;
}

/**
 * Labels keep only printable ASCII: no terminal obeys it or mistakes its width, whatever mode a guest set.
 */
const NOT_ASCII = /[^\x20-\x7e]/g;

/** @returns undefined when the query is invalid: an unreadable `since` must not show more than was meant */
export function parseConsoleQuery(query: URLSearchParams): ConsoleQuery | undefined {
  const mode = query.get('mode');
  if (mode !== 'write' && mode !== 'watch') return undefined;
  const text = query.get('since');
  const since = text === null ? null : Date.parse(text);
  if (Number.isNaN(since)) return undefined;
  return {
    asked: mode,
    size: clampSize(Number(query.get('cols') ?? 0), Number(query.get('rows') ?? 0)),
    label: asLabel(query.get('label')) ?? 'somebody',
    admin: asLabel(query.get('admin')),
    since,
    takeover: query.get('takeover') === '1',
    fromBoot: query.get('boot') === '1',
    hasPty: query.get('pty') !== '0',
  };
}

function asLabel(text: string | null): string | null {
  const label = (text ?? '').replace(NOT_ASCII, '').slice(0, TEXT_LIMITS.label).trim();
  return label === '' ? null : label;
}
