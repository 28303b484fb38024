import type { Charset } from './printable-text.js';
import { graphColumns, sparkline } from './sparkline.js';
import type { UsageGraph, UsageLine } from './usage-graph.js';
import { percentWord } from './domain-words.js';
import { moment } from './time-words.js';

/** Words for the graphs of a server, for the menus and the gate. */

export const NOTHING_RECORDED =
  'Nothing is recorded yet. The first points come some minutes after the server is yours and runs.';

/** Beside a graph on a page. */
export const LAST_DAY = '24 h';

/** The quantities, in the order in which they are shown. */
export const QUANTITIES = [
  { key: 'cpu', label: 'CPU', word: percentWord },
  { key: 'network', label: 'Network', word: bytesWord },
  { key: 'disk', label: 'Disk', word: requestsWord },
] as const satisfies readonly {
  readonly key: keyof UsageGraph;
  readonly label: string;
  readonly word: (value: number | null) => string;
}[];

type Quantity = (typeof QUANTITIES)[number];

/** Columns that a line needs beside its graph. */
const BESIDE = 42;

/** One line: label, graph, and what is and was most. */
export function graphLine(graph: UsageGraph, quantity: Quantity, columns: number, charset: Charset): string {
  const line = graph[quantity.key];
  const drawn = sparkline(line, graphColumns(columns - BESIDE), charset);
  return `${quantity.label.padEnd(8)}${drawn}  ${nowAndMost(line, quantity)}`;
}

/** `now 3 %, most 120 %` */
function nowAndMost({ now, most }: UsageLine, { word }: Quantity): string {
  return most === null ? 'not known' : `now ${word(now)}, most ${word(most)}`;
}

/** The whole graph, as lines of text. */
export function graphText(graph: UsageGraph, columns: number, charset: Charset): string[] {
  return [
    `The 24 hours until ${moment(graph.to)} UTC. A blank: nothing is known.`,
    ...QUANTITIES.map((quantity) => graphLine(graph, quantity, columns, charset)),
  ];
}

/** `1.2 MB/s` */
export function bytesWord(bytes: number | null): string {
  if (bytes === null) return '-';
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 0;
  // Not 999.6, which would be shown as 1000.
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${short(value)} ${units[unit] ?? ''}/s`;
}

export function requestsWord(requests: number | null): string {
  return requests === null ? '-' : `${short(requests)}/s`;
}

function short(value: number): string {
  return value < 9.95 && value > 0 ? value.toFixed(1) : `${Math.round(value)}`;
}
