import { cut, wrap } from './printable-text.js';
import type { MenuPreferences } from './port.js';

/** In a smaller window only a sentence is shown. */
const LEAST_COLUMNS = 40;
const LEAST_ROWS = 12;
/** Wider text is hard to read; the rest of a wide window becomes margin. */
const WIDEST = 100;

/** The parts of a menu's state that decide where things are drawn. */
export interface Screen {
  readonly columns: number;
  readonly rows: number;
  readonly maintenance: string | null;
  readonly preferences: MenuPreferences;
}

/** Where pages draw: between the bar at the top and the line at the foot. */
export interface Layout {
  readonly left: number;
  readonly width: number;
  readonly top: number;
  /** The maintenance sentence's lines, between the bar and the page. */
  readonly banner: readonly string[];
  /** The first row below the page. */
  readonly bottom: number;
  /** Whether boxes and blank lines have no room. */
  readonly low: boolean;
  /** Whether hints have no room. */
  readonly narrow: boolean;
}

export function isTooSmall(screen: Screen): boolean {
  return screen.columns < LEAST_COLUMNS || screen.rows < LEAST_ROWS;
}

export function layoutOf(screen: Screen): Layout {
  const margin = screen.columns >= 60 ? 2 : 1;
  const width = Math.min(WIDEST, screen.columns - 2 * margin);
  const low = screen.rows < 22;
  const banner = bannerOf(screen, width - 2, low ? 1 : 3);
  return {
    left: Math.floor((screen.columns - width) / 2),
    width,
    top: (low ? 1 : 2) + banner.length,
    banner,
    bottom: screen.rows - 1,
    low,
    narrow: screen.columns < 64,
  };
}

function bannerOf({ maintenance, preferences }: Screen, width: number, most: number): readonly string[] {
  if (maintenance === null) return [];
  const lines = wrap(maintenance, width, preferences.charset);
  if (lines.length <= most) return lines;
  const rest = lines.slice(most - 1).join(' ');
  return [...lines.slice(0, most - 1), cut(rest, width, preferences.charset)];
}
