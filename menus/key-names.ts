import { NAMED_KEYS } from './state.js';
import type { NamedKey } from './state.js';

/** A keypress as blessed's parser gives it (Node's own of 2010). */
export interface Keypress {
  readonly name?: string;
  readonly sequence?: string;
  readonly ctrl?: boolean;
  readonly meta?: boolean;
}

const NAMES: Readonly<Record<string, NamedKey>> = {
  up: 'up',
  down: 'down',
  left: 'left',
  right: 'right',
  home: 'home',
  end: 'end',
  pageup: 'pageup',
  pagedown: 'pagedown',
  escape: 'escape',
  backspace: 'backspace',
  return: 'enter',
  linefeed: 'enter',
};

export function isNamed(key: string | undefined): boolean {
  return key !== undefined && (NAMED_KEYS as readonly string[]).includes(key);
}

const WITH_CONTROL: Readonly<Record<string, NamedKey>> = {
  c: 'interrupt',
  d: 'eof',
  l: 'repaint',
  u: 'clear',
};

/** @returns the key's name as `update` knows it; null for an unknown key */
export function keyName(character: string | undefined, key: Keypress | undefined): string | null {
  const name = key?.name ?? '';
  if (key?.ctrl === true && key.sequence?.length === 1) return WITH_CONTROL[name] ?? null;
  // Blessed gives a carriage return twice, as `return` and `enter`, and a line feed once, as `enter`.
  if (name === 'enter') return key?.sequence === '\n' ? 'enter' : null;
  if (Object.hasOwn(NAMES, name) && (character === undefined || character < ' ' || character === '\x7f')) {
    return NAMES[name] ?? null;
  }
  if (key?.meta === true || key?.ctrl === true || character === undefined) return null;
  return character >= ' ' && character !== '\x7f' ? character : null;
}
