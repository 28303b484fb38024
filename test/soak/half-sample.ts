import { collected } from '../support/collector.js';
import { ProcessFacts } from '../support/process-facts.js';

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
  const { heap, resident, delay } = await collected(settings);
  const facts = new ProcessFacts(pid);
  const descriptors: Record<string, number> = {};
  for (const kind of facts.descriptors) descriptors[kind] = (descriptors[kind] ?? 0) + 1;
  const { threads } = facts;
  return { pid, heap, resident, threads, children: facts.children.length, descriptors, delay };
}

/** All open descriptors of a half. */
export function descriptorsOf({ descriptors }: Pick<HalfSample, 'descriptors'>): number {
  return Object.values(descriptors).reduce((sum, each) => sum + each, 0);
}
