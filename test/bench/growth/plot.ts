/** Lines over one growing number. Both axes are logarithmic: a cost that grows with the number is a diagonal. */
export interface Panel {
  readonly title: string;
  readonly sizes: readonly number[];
  /** What each line is called, and its value at each size; null where it was not measured. */
  readonly lines: readonly { readonly name: string; readonly values: readonly (number | null)[] }[];
}

const WIDTH = 460;
const HEIGHT = 300;
const COLUMNS = 2;
const MARGIN = { left: 56, right: 150, top: 34, bottom: 36 } as const;
const COLOURS = [
  '#1b6ca8',
  '#c0392b',
  '#27894b',
  '#8e44ad',
  '#b9770e',
  '#117a65',
  '#5d6d7e',
  '#d35480',
  '#6e2c00',
];
/** Milliseconds below which nothing can be told apart. */
const LEAST = 0.1;
/** Pixels between the names of two lines. */
const APART = 12;

/** @returns the panels as one SVG picture */
export function plot(panels: readonly Panel[], unit: string): string {
  const rows = Math.ceil(panels.length / COLUMNS);
  const drawn = panels.map((panel, at) => {
    const [x, y] = [(at % COLUMNS) * WIDTH, Math.floor(at / COLUMNS) * HEIGHT];
    return `<g transform="translate(${x} ${y})">${draw(panel, unit)}</g>`;
  });
  const [width, height] = [WIDTH * Math.min(COLUMNS, panels.length), HEIGHT * rows];
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="11">
<rect width="${width}" height="${height}" fill="#fff"/>
${drawn.join('\n')}
</svg>
`;
}

function draw({ title, sizes, lines }: Panel, unit: string): string {
  const values = lines.flatMap((line) => line.values.filter((value) => value !== null));
  const [low, high] = [exponent(Math.min(...values)), exponent(Math.max(...values)) + 1];
  const across = scale(
    Math.log10(sizes[0] ?? 1),
    Math.log10(sizes.at(-1) ?? 10),
    MARGIN.left,
    WIDTH - MARGIN.right,
  );
  const up = scale(low, high, HEIGHT - MARGIN.bottom, MARGIN.top);
  const x = (size: number): string => across(Math.log10(size)).toFixed(1);
  const y = (value: number): string => up(Math.log10(Math.max(value, LEAST))).toFixed(1);
  const [left, right, bottom] = [MARGIN.left, WIDTH - MARGIN.right, HEIGHT - MARGIN.bottom];
  const grid = Array.from({ length: high - low + 1 }, (_, at) => {
    const value = 10 ** (low + at);
    return `<path d="M${left} ${y(value)}H${right}" stroke="#ddd"/><text x="${left - 6}" y="${Number(y(value)) + 4}" text-anchor="end">${short(value)}</text>`;
  });
  const ticks = sizes.map(
    (size) =>
      `<path d="M${x(size)} ${MARGIN.top}V${bottom}" stroke="#eee"/><text x="${x(size)}" y="${bottom + 15}" text-anchor="middle">${short(size)}</text>`,
  );
  const ends = spread(
    lines.map(({ values: of }) => Number(y(of.findLast((value) => value !== null) ?? LEAST))),
  );
  const curves = lines.map(({ name, values: of }, at) => {
    const colour = COLOURS[at % COLOURS.length] ?? '#000';
    const points = of.flatMap((value, place) =>
      value === null ? [] : [`${x(sizes[place] ?? 1)},${y(value)}`],
    );
    const dots = points.map((point) => {
      const [cx, cy] = point.split(',');
      return `<circle cx="${cx}" cy="${cy}" r="2.5" fill="${colour}"/>`;
    });
    return `<polyline points="${points.join(' ')}" fill="none" stroke="${colour}" stroke-width="1.5"/>${dots.join('')}<text x="${right + 8}" y="${(ends[at] ?? 0) + 4}" fill="${colour}">${escaped(name)}</text>`;
  });
  return `<text x="${left}" y="18" font-size="13">${escaped(title)}</text><text x="6" y="${MARGIN.top - 8}">${escaped(unit)}</text>${[...grid, ...ticks, ...curves].join('')}`;
}

function exponent(value: number): number {
  return Math.floor(Math.log10(Math.max(value, LEAST)));
}

function scale(from: number, to: number, start: number, end: number): (value: number) => number {
  const span = to === from ? 1 : to - from;
  return (value) => start + ((value - from) / span) * (end - start);
}

/** Moves places apart, so that names do not lie upon each other. */
function spread(places: readonly number[]): readonly number[] {
  const moved = [...places];
  const order = places.map((_, at) => at).sort((one, other) => (places[one] ?? 0) - (places[other] ?? 0));
  let last = -Infinity;
  for (const at of order) {
    moved[at] = Math.max(places[at] ?? 0, last + APART);
    last = moved[at] ?? 0;
  }
  return moved;
}

/** 1000 as 1k, 10000000 as 10M. */
export function short(value: number): string {
  if (value >= 1e6) return `${value / 1e6}M`;
  if (value >= 1e3) return `${value / 1e3}k`;
  return String(Number(value.toPrecision(3)));
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
