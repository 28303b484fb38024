import fc from 'fast-check';
import type { Verb } from '../../server/wire/contract.js';
import type { OperatorAct } from './operators.js';
import { HORATIO, OPHELIA, TwoHosts } from './two-hosts.js';
import { settled } from './virtual-time.js';

const DOMAINS = [HORATIO, OPHELIA];
const WAITS = [0, 500, 3_000, 3_000, 15_000, 30_000, 90_000];

/** A happening with its host and domain, and the milliseconds until the next one. */
export type GateStep =
  | { readonly what: 'ask'; readonly verb: Verb; readonly domain: number; readonly ms: number }
  | {
      readonly what: 'migrate' | 'cut' | 'mend' | 'kill' | 'power cut' | 'gate restart' | 'silent xl';
      readonly host: number;
      readonly domain: number;
      readonly ms: number;
    }
  | {
      readonly what: 'operator';
      readonly act: OperatorAct;
      readonly host: number;
      readonly domain: number;
      readonly ms: number;
    };

export interface GateSequence {
  readonly seed: number;
  readonly steps: readonly GateStep[];
}

const host = fc.nat(1);
const domain = fc.constantFrom(0, 0, 1);
const ms = fc.constantFrom(...WAITS);

const step: fc.Arbitrary<GateStep> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      what: fc.constant('ask' as const),
      verb: fc.constantFrom<Verb>('start', 'start', 'start', 'rescue', 'poweroff', 'shutdown'),
      domain,
      ms,
    }),
  },
  {
    weight: 7,
    arbitrary: fc.record({
      what: fc.constantFrom(
        'migrate' as const,
        'migrate' as const,
        'migrate' as const,
        'cut' as const,
        'mend' as const,
        'kill' as const,
        'power cut' as const,
        'gate restart' as const,
        'gate restart' as const,
        'cut' as const,
        'silent xl' as const,
      ),
      host,
      domain,
      ms,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      what: fc.constant('operator' as const),
      act: fc.constantFrom<OperatorAct>(
        'destroy',
        'remove the file',
        'restore the file',
        'unmount the files',
        'unmount the files',
        'mount the files',
        'shutdown',
      ),
      host,
      domain,
      ms,
    }),
  },
);

export function sequences(most: number): fc.Arbitrary<GateSequence> {
  return fc.record({
    seed: fc.nat(),
    steps: fc.array(step, { minLength: 1, maxLength: most, size: 'max' }),
  });
}

/**
 * Runs a sequence over two hosts with their own gate.
 *
 * @returns the first violation; null when there was none
 */
export async function run({ seed, steps }: GateSequence): Promise<{
  readonly wrong: string | null;
  readonly trace: readonly string[];
}> {
  const two = new TwoHosts(seed);
  await two.begin();
  for (const it of steps) {
    happen(two, it);
    await settled();
    await two.time.pass(it.ms);
    if (two.violations.length > 0) break;
  }
  if (two.violations.length === 0) await two.calm();
  return {
    wrong: two.violations[0] ?? null,
    trace: [...two.trace, ...two.worlds.flatMap(({ trace }) => trace ?? [])],
  };
}

function happen(two: TwoHosts, it: GateStep): void {
  const name = DOMAINS[it.domain]!;
  switch (it.what) {
    case 'ask':
      two.ask(name, it.verb);
      return;
    case 'migrate':
      two.migrate(name, it.host);
      return;
    case 'cut':
    case 'mend':
      two.cut(it.host, it.what === 'cut');
      return;
    case 'kill':
      two.worlds[it.host]!.kill(20_000);
      return;
    case 'power cut':
      two.worlds[it.host]!.reboot('power cut', 60_000, 3_000);
      return;
    case 'gate restart':
      two.restartGate();
      return;
    case 'silent xl':
      two.worlds[it.host]!.temper.set('silent', 3);
      return;
    case 'operator':
      two.operate(it.host, it.act, name);
  }
}
