import { collected } from '../support/collector.js';
import { eventually } from '../support/eventually.js';
import { ProcessFacts } from '../support/process-facts.js';

const REST = { withinMs: 30_000, everyMs: 20 };

/** One half with nobody connected, after a collection. */
export interface HalfSample {
  readonly pid: number;
  /** Bytes. */
  readonly heap: number;
  readonly resident: number;
  readonly threads: number;
  readonly children: number;
  /** How many open descriptors there are of each kind. */
  readonly descriptors: Readonly<Record<string, number>>;
  /** Delay of the event loop since the sample before. Milliseconds. */
  readonly delay: { readonly p99: number; readonly worst: number };
}

export async function sampleHalf(pid: number, settings: string): Promise<HalfSample> {
  const facts = new ProcessFacts(pid);
  // The dom0 half looks all the time, and each look is a child for a moment.
  await eventually('no child to run', () => facts.children.length === 0, REST).catch(() => undefined);
  const descriptors: Record<string, number> = {};
  for (const kind of facts.descriptors) descriptors[kind] = (descriptors[kind] ?? 0) + 1;
  const [{ threads }, children] = [facts, facts.children.length];
  const { heap, resident, delay } = await collected(settings);
  return { pid, heap, resident, threads, children, descriptors, delay };
}

/** All open descriptors of a half. */
export function descriptorsOf({ descriptors }: Pick<HalfSample, 'descriptors'>): number {
  return Object.values(descriptors).reduce((sum, each) => sum + each, 0);
}
