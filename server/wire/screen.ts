import { DOMAIN_STATES } from '../../policy/domain-state.js';
import type { DomainState } from '../../policy/domain-state.js';
import type { BootProfileName } from '../../policy/names.js';
import { count, fields, flag, list, oneOf, orNull, profileName, size, text, time } from './answer-fields.js';
import type { Fields } from './answer-fields.js';
import { CONSOLE_STATES } from './domain.js';
import type { ConsoleState } from './domain.js';
import { TEXT_LIMITS } from './text-limits.js';

/** The whole text on a screen of a console. */
export interface ScreenLines {
  /** The size that the guest draws for. */
  readonly cols: number;
  readonly rows: number;
  /** One for each row, printable, without blanks at its end. A wide character stands once. */
  readonly lines: readonly string[];
  /** Row and column count from 0. */
  readonly cursor: { readonly row: number; readonly column: number; readonly visible: boolean };
  /** Whether this is the alternate screen, which full-screen programs use. */
  readonly alternate: boolean;
}

/** `GET /domains/NAME/screen`, where the contract's console has `screen`. */
export interface ScreenView extends ScreenLines {
  readonly state: DomainState;
  readonly console: ConsoleState;
  /** When the last output came, ISO 8601; null when there is none to show. */
  readonly outputAt: string | null;
  /** The boot whose output is on the screen; null when there is none to show. */
  readonly boot: {
    readonly profile: BootProfileName;
    /** Whether this boot is over: the domain is off, or another boot has printed nothing yet. */
    readonly over: boolean;
  } | null;
}

/** @throws AnswerError */
export function readScreenView(value: unknown): ScreenView {
  const from = fields(value, 'screen');
  const rows = size(from, 'rows');
  return {
    cols: size(from, 'cols'),
    rows,
    lines: list(from, 'lines', rows).map((line) => text({ line }, 'line', TEXT_LIMITS.screenLine)),
    cursor: readCursor(from),
    alternate: flag(from, 'alternate'),
    state: oneOf(from, 'state', DOMAIN_STATES),
    console: oneOf(from, 'console', CONSOLE_STATES),
    outputAt: orNull(from, 'outputAt', time),
    boot: orNull(from, 'boot', readBoot),
  };
}

function readCursor(screen: Fields): ScreenView['cursor'] {
  const from = fields(screen['cursor'], 'cursor');
  return { row: count(from, 'row'), column: count(from, 'column'), visible: flag(from, 'visible') };
}

function readBoot(screen: Fields, key: string): NonNullable<ScreenView['boot']> {
  const from = fields(screen[key], key);
  return { profile: profileName(from, 'profile'), over: flag(from, 'over') };
}
