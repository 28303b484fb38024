/** The meaning of a piece of text. The palette decides how it looks. */
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

/** One painted screen: exactly `rows` lines, each exactly `columns` wide. */
export interface Frame {
  readonly columns: number;
  readonly rows: number;
  readonly lines: readonly (readonly Run[])[];
  /** Where text is typed, counted from 0; null hides the cursor. */
  readonly cursor: { readonly column: number; readonly row: number } | null;
  readonly colour: boolean;
  /** A different number has every cell painted again. */
  readonly generation: number;
}

export function isSameLine(a: readonly Run[] | undefined, b: readonly Run[] | undefined): boolean {
  if (a === b) return true;
  if (a?.length !== b?.length || a === undefined || b === undefined) return false;
  return a.every((run, index) => run.text === b[index]?.text && run.style === b[index].style);
}

/** Whether a screen that shows one frame can take single lines of the other. */
export function isSameGround(a: Frame, b: Frame): boolean {
  return (
    a.columns === b.columns && a.rows === b.rows && a.colour === b.colour && a.generation === b.generation
  );
}

export function isSameCursor(a: Frame, b: Frame): boolean {
  return a.cursor?.column === b.cursor?.column && a.cursor?.row === b.cursor?.row;
}
