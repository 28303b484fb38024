import { descriptorsOf } from './half-sample.js';
import type { HalfSample } from './half-sample.js';

/** Both halves at the end of a round, with every domain off. */
export interface RoundSample {
  readonly round: number;
  /** Seconds since the beginning. */
  readonly at: number;
  readonly gate: HalfSample;
  readonly dom0: HalfSample;
}

/** How much a half may have more at the end than after its first round. A leak of one for each visit is far above. */
const MORE_DESCRIPTORS = 8;
const MORE_THREADS = 4;
/** What V8 and the caches of SQLite do by themselves in an hour is below. Bytes. */
const MORE_HEAP = 12 * 1024 * 1024;
const MORE_RESIDENT = 64 * 1024 * 1024;

/** @returns a sentence for each thing that a half has kept, over the rounds in which it was not killed */
export function leaks(samples: readonly RoundSample[]): readonly string[] {
  return (['gate', 'dom0'] as const).flatMap((half) => {
    const last = samples.at(-1)?.[half];
    const lived = samples.map((sample) => sample[half]).filter(({ pid }) => pid === last?.pid);
    const first = lived[0];
    if (last === undefined || first === undefined || lived.length < 2) return [];
    const more = (what: string, from: number, to: number, most: number, unit = 1): string[] =>
      to - from <= most
        ? []
        : [`the ${half} half has ${Math.round(to / unit)} ${what}, and had ${Math.round(from / unit)}`];
    const mib = 1024 * 1024;
    return [
      ...more(
        `open descriptors (${JSON.stringify(last.descriptors)})`,
        descriptorsOf(first),
        descriptorsOf(last),
        MORE_DESCRIPTORS,
      ),
      ...more('threads', first.threads, last.threads, MORE_THREADS),
      ...more('children', first.children, last.children, 0),
      ...more('MiB of heap', first.heap, last.heap, MORE_HEAP, mib),
      ...more('MiB of resident memory', first.resident, last.resident, MORE_RESIDENT, mib),
    ];
  });
}

/** The rounds as a table, one line each. */
export function roundsTable(samples: readonly RoundSample[]): string {
  const head =
    'round  time  half  heap MiB  resident MiB  descriptors  threads  children  delay p99/worst ms';
  const mib = (bytes: number): string => (bytes / 1024 / 1024).toFixed(1);
  const rows = samples.flatMap((sample) =>
    (['gate', 'dom0'] as const).map((half) => {
      const one = sample[half];
      return [
        String(sample.round).padStart(5),
        `${Math.round(sample.at)}s`.padStart(5),
        half,
        mib(one.heap).padStart(8),
        mib(one.resident).padStart(12),
        String(descriptorsOf(one)).padStart(11),
        String(one.threads).padStart(7),
        String(one.children).padStart(8),
        `${one.delay.p99.toFixed(0)}/${one.delay.worst.toFixed(0)}`.padStart(20),
      ].join('  ');
    }),
  );
  return [head, ...rows].join('\n');
}
