/** How a piece of text is meant; what that looks like is the palette's business. */
const STYLES = [
  'plain',
  'strong',
  'dim',
  'bar',
  'bar-strong',
  'border',
  'heading',
  'key',
  'selected',
  'good',
  'busy',
  'bad',
  'special',
  'error',
  'notice',
  'field',
] as const;

export type Style = (typeof STYLES)[number];

export interface Run {
  readonly text: string;
  readonly style: Style;
}

/** One painted screen. Every line is exactly `columns` wide, there are exactly `rows` lines. */
export interface Frame {
  readonly columns: number;
  readonly rows: number;
  readonly lines: readonly (readonly Run[])[];
  /** Where text is being typed, counted from 0; null hides the cursor. */
  readonly cursor: { readonly column: number; readonly row: number } | null;
  readonly colour: boolean;
  /** Another number asks for every cell to be painted anew. */
  readonly generation: number;
}

export function isSameLine(a: readonly Run[] | undefined, b: readonly Run[] | undefined): boolean {
  if (a === b) return true;
  if (a?.length !== b?.length || a === undefined || b === undefined) return false;
  return a.every((run, index) => run.text === b[index]?.text && run.style === b[index].style);
}

/** Whether lines of the one may stand on a screen that shows the other. */
export function isSameGround(a: Frame, b: Frame): boolean {
  return (
    a.columns === b.columns && a.rows === b.rows && a.colour === b.colour && a.generation === b.generation
  );
}

export function isSameCursor(a: Frame, b: Frame): boolean {
  return a.cursor?.column === b.cursor?.column && a.cursor?.row === b.cursor?.row;
}
