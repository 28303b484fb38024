import type { Style } from './frame.js';

/** How a style looks. Colours are numbers in the terminal's own table; null is its default. */
export interface Look {
  readonly foreground: number | null;
  readonly background: number | null;
  readonly bold: boolean;
  readonly inverse: boolean;
}

/** How many colours a terminal gets. */
export type Depth = 0 | 8 | 256;

function look(
  foreground: number | null,
  background: number | null = null,
  bold = false,
  inverse = false,
): Look {
  return Object.freeze({ foreground, background, bold, inverse });
}

const PLAIN = look(null);
const BOLD = look(null, null, true);
const INVERSE = look(null, null, false, true);

const NO_COLOUR: Readonly<Record<Style, Look>> = {
  plain: PLAIN,
  strong: BOLD,
  dim: PLAIN,
  bar: INVERSE,
  'bar-strong': look(null, null, true, true),
  border: PLAIN,
  heading: BOLD,
  key: BOLD,
  selected: INVERSE,
  good: PLAIN,
  busy: PLAIN,
  bad: BOLD,
  special: BOLD,
  error: BOLD,
  notice: PLAIN,
  field: INVERSE,
};

/** `dim` is the default colour here: dark grey is black on many eight-colour terminals. */
const EIGHT: Readonly<Record<Style, Look>> = {
  plain: PLAIN,
  strong: BOLD,
  dim: PLAIN,
  bar: look(7, 4),
  'bar-strong': look(7, 4, true),
  border: look(4),
  heading: look(6),
  key: look(6, null, true),
  selected: look(7, 4, true),
  good: look(2),
  busy: look(3),
  bad: look(1),
  special: look(5),
  error: look(1, null, true),
  notice: look(6),
  field: INVERSE,
};

/** Middle tones, readable on black and on white. */
const MANY: Readonly<Record<Style, Look>> = {
  plain: PLAIN,
  strong: BOLD,
  dim: look(245),
  bar: look(252, 24),
  'bar-strong': look(231, 24, true),
  border: look(66),
  heading: look(67),
  key: look(67, null, true),
  selected: look(231, 31, true),
  good: look(71),
  busy: look(172),
  bad: look(167),
  special: look(133, null, true),
  error: look(203, null, true),
  notice: look(67),
  field: look(231, 238),
};

/** The colours of a terminal, by its allow-listed name. */
export function depthOf(term: string, colour: boolean): Depth {
  if (!colour || /^vt|^dumb/.test(term)) return 0;
  return term.endsWith('256color') ? 256 : 8;
}

export function lookOf(style: Style, depth: Depth): Look {
  if (depth === 0) return NO_COLOUR[style];
  return depth === 8 ? EIGHT[style] : MANY[style];
}
