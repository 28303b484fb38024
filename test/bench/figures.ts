/** Numbers that were measured, and what they come to. */
export class Figures {
  readonly #sorted: readonly number[];

  constructor(values: readonly number[]) {
    this.#sorted = [...values].sort((one, other) => one - other);
  }

  get median(): number {
    return this.at(0.5);
  }

  get worst(): number {
    return this.#sorted.at(-1) ?? NaN;
  }

  /** @param share 0.99 for the value that 99 of 100 do not exceed */
  at(share: number): number {
    const place = Math.min(this.#sorted.length - 1, Math.floor(this.#sorted.length * share));
    return this.#sorted[place] ?? NaN;
  }
}

/** One line of the report. `openssh` is null where OpenSSH was not asked. */
export interface Line {
  readonly what: string;
  readonly unit: string;
  readonly openssh: number | null;
  readonly postern: number;
  /** Postern's share of OpenSSH's; null where OpenSSH was not asked. */
  readonly ratio: number | null;
  readonly wanted: string;
}

/** The lines as a table, one each. */
export function table(lines: readonly Line[]): string {
  const cells = [
    ['what', 'unit', 'OpenSSH', 'Postern', 'ratio', 'wanted'],
    ...lines.map(({ what, unit, openssh, postern, ratio, wanted }) => [
      what,
      unit,
      openssh === null ? '-' : short(openssh),
      short(postern),
      ratio === null ? '-' : short(ratio),
      wanted,
    ]),
  ];
  const widths = [0, 1, 2, 3, 4, 5].map((at) => Math.max(...cells.map((row) => row[at]?.length ?? 0)));
  return cells
    .map((row) =>
      row
        .map((cell, at) =>
          at < 2 || at === 5 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0),
        )
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** Three digits that count. */
function short(value: number): string {
  if (!Number.isFinite(value)) return '?';
  if (value >= 100) return value.toFixed(0);
  return value >= 10 ? value.toFixed(1) : value.toFixed(value >= 1 ? 2 : 3);
}
