export interface WindowSize {
  readonly columns: number;
  readonly rows: number;
}

export const DEFAULT_SIZE: WindowSize = { columns: 80, rows: 24 };

/**
 * A size that a screen can be painted for without harm: a window of 2000×2000 costs 4 seconds and 600 MB.
 * Zero means that the client does not know (OpenSSH without a terminal of its own), and becomes 80×24.
 */
export function windowSize(columns: number, rows: number): WindowSize {
  return {
    columns: columns === 0 ? DEFAULT_SIZE.columns : clamp(columns, 20, 300),
    rows: rows === 0 ? DEFAULT_SIZE.rows : clamp(rows, 5, 100),
  };
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(most, Math.max(least, Math.trunc(value)));
}
