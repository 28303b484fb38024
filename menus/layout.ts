import { cut, wrap } from './printable-text.js';
import type { MenuPreferences } from './port.js';

/** Below this nothing but a sentence is shown. */
const LEAST_COLUMNS = 40;
const LEAST_ROWS = 12;
/** Wider text is hard to read; the rest of a wide window is margin. */
const WIDEST = 100;

/** What of a menu's state decides where things are drawn. */
export interface Screen {
  readonly columns: number;
  readonly rows: number;
  readonly maintenance: string | null;
  readonly preferences: MenuPreferences;
}

/** Where the pages draw: between the bar at the top and the line at the foot. */
export interface Layout {
  readonly left: number;
  readonly width: number;
  readonly top: number;
  /** The lines between the bar and the page: while maintenance is on, what is said of it. */
  readonly banner: readonly string[];
  /** The first row that is no longer the page's. */
  readonly bottom: number;
  /** No room for boxes and blank lines. */
  readonly low: boolean;
  /** No room for hints. */
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
