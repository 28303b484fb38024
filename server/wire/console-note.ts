import { DOMAIN_STATES } from '../../policy/domain-state.js';
import {
  count,
  domainName,
  fields,
  flag,
  label,
  list,
  oneOf,
  orNull,
  profileName,
  size,
  text,
  time,
} from './answer-fields.js';
import type { Fields } from './answer-fields.js';
import { CONSOLE_ENDS, CONSOLE_MODES, SCREEN_TEXT_LINES } from './console.js';
import type { ConsoleNote, Presence, ScreenText } from './console.js';
import { CONSOLE_STATES } from './domain.js';
import { TEXT_LIMITS } from './text-limits.js';

function readPresence(value: unknown): Presence {
  const from = fields(value, 'presence');
  return {
    attachment: count(from, 'attachment'),
    label: label(from, 'label'),
    mode: oneOf(from, 'mode', CONSOLE_MODES),
  };
}

/**
 * @returns undefined for a note that this gate does not know
 * @throws AnswerError
 */
export function readConsoleNote(value: unknown): ConsoleNote | undefined {
  const from = fields(value, 'note');
  switch (from['note']) {
    case 'attached':
      return {
        note: 'attached',
        attachment: count(from, 'attachment'),
        domain: domainName(from, 'domain'),
        mode: oneOf(from, 'mode', CONSOLE_MODES),
        present: list(from, 'present', 1000).map(readPresence),
        cols: size(from, 'cols'),
        rows: size(from, 'rows'),
      };
    case 'writer':
      return {
        note: 'writer',
        attachment: orNull(from, 'attachment', count),
        label: orNull(from, 'label', label),
      };
    case 'joined':
    case 'left':
      return { note: from['note'], who: readPresence(from['who']) };
    case 'resized':
      return { note: 'resized', cols: size(from, 'cols'), rows: size(from, 'rows') };
    case 'skipped':
      return { note: 'skipped', bytes: count(from, 'bytes') };
    case 'state':
      return {
        note: 'state',
        state: oneOf(from, 'state', DOMAIN_STATES),
        profile: profileName(from, 'profile'),
        console: oneOf(from, 'console', CONSOLE_STATES),
      };
    case 'boot':
      return { note: 'boot', began: time(from, 'began'), silent: flag(from, 'silent') };
    case 'moved':
    case 'painted':
      return { note: from['note'] };
    case 'screen':
      return { note: 'screen', screen: orNull(from, 'screen', readScreenText) };
    case 'ended':
      return { note: 'ended', reason: oneOf(from, 'reason', CONSOLE_ENDS) };
    case 'ping':
    case 'pong':
      return { note: from['note'] };
    default:
      return undefined;
  }
}

function readScreenText(note: Fields, key: string): ScreenText {
  const from = fields(note[key], key);
  const lines = list(from, 'lines', SCREEN_TEXT_LINES).map((line) =>
    text({ line }, 'line', TEXT_LIMITS.screenLine),
  );
  return { lines, below: flag(from, 'below'), alternate: flag(from, 'alternate') };
}
