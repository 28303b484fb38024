import fc from 'fast-check';
import { VERBS } from '../../server/wire/contract.js';
import type { Verb } from '../../server/wire/contract.js';
import type { DiskMood } from './model-disk.js';
import type { ConsoleMood } from './model-half.js';
import { KINDS } from './model-configs.js';
import { operate, OPERATOR_ACTS } from './operators.js';
import type { OperatorAct } from './operators.js';
import { TOOLSTACK_MOODS } from './model-toolstack.js';
import type { ToolstackMood } from './model-toolstack.js';
import { settled } from './virtual-time.js';
import { World } from './world.js';

/** A happening in a sequence. Domains and requests are given by number. */
export type Happening =
  | { readonly what: 'ask'; readonly domain: number; readonly verb: Verb; readonly again: number | null }
  | { readonly what: 'toolstack'; readonly mood: ToolstackMood; readonly acts: number }
  | { readonly what: 'disk'; readonly mood: DiskMood }
  | { readonly what: 'consoles'; readonly mood: ConsoleMood }
  | { readonly what: 'kill'; readonly doings: number }
  | { readonly what: 'stop'; readonly downFor: number }
  | {
      readonly what: 'host reboot';
      readonly cut: boolean;
      readonly downFor: number;
      readonly halfAfter: number;
    }
  | { readonly what: 'clock'; readonly by: number }
  | { readonly what: 'operator'; readonly act: OperatorAct; readonly domain: number }
  | {
      readonly what: 'guest';
      readonly does: 'reboot' | 'crash' | 'poweroff' | 'deaf';
      readonly domain: number;
    };

/** A happening, and the time until the next one: in events of the world, or in milliseconds. */
export interface Step {
  readonly happening: Happening;
  readonly events: number;
  readonly ms: number;
}

export interface Sequence {
  readonly seed: number;
  readonly steps: readonly Step[];
}

const CUSTOMERS = ['alice', 'bob', 'carol'];
const WAITS = [0, 0, 0, 0, 100, 1_000, 1_000, 3_000, 3_000, 10_000, 10_000, 30_000];
const ABSENCES = [1_000, 5_000, 60_000, 270_000, 400_000, 4_000_000];
const HOUR = 3_600_000;

/** Most happenings concern one domain, so that many of them meet. */
const domain = fc.constantFrom(1, 1, 1, 1, 1, 0, 0, 2);
const verb = fc.constantFrom<Verb>(...VERBS, 'start', 'start', 'poweroff', 'rescue');

const ask = fc.record({ what: fc.constant('ask' as const), domain, verb, again: fc.constant(null) });
const repeat = fc.record({ what: fc.constant('ask' as const), domain, verb, again: fc.nat(5) });
const toolstack = fc.record({
  what: fc.constant('toolstack' as const),
  mood: fc.constantFrom<ToolstackMood>(...TOOLSTACK_MOODS),
  acts: fc.integer({ min: 1, max: 4 }),
});
const disk = fc.record({
  what: fc.constant('disk' as const),
  mood: fc.constantFrom<DiskMood>('well', 'well', 'slow', 'slow', 'full', 'full', 'read-only', 'failing'),
});
const consoles = fc.record({
  what: fc.constant('consoles' as const),
  mood: fc.constantFrom<ConsoleMood>('locked', 'failing', 'silent'),
});
const kill = fc.record({ what: fc.constant('kill' as const), doings: fc.nat(25) });
const stop = fc.record({ what: fc.constant('stop' as const), downFor: fc.constantFrom(...ABSENCES) });
const reboot = fc.record({
  what: fc.constant('host reboot' as const),
  cut: fc.boolean(),
  downFor: fc.constantFrom(...ABSENCES),
  halfAfter: fc.constantFrom(500, 3_000, 30_000),
});
const jump = fc.record({
  what: fc.constant('clock' as const),
  by: fc.constantFrom(-24 * HOUR, -HOUR, -20_000, 20_000, HOUR, 800 * HOUR),
});
const operator = fc.record({
  what: fc.constant('operator' as const),
  act: fc.constantFrom<OperatorAct>(...OPERATOR_ACTS),
  domain,
});
const guest = fc.record({
  what: fc.constant('guest' as const),
  does: fc.constantFrom(
    'reboot' as const,
    'reboot' as const,
    'crash' as const,
    'poweroff' as const,
    'deaf' as const,
  ),
  domain,
});

const happening: fc.Arbitrary<Happening> = fc.oneof(
  { weight: 12, arbitrary: ask },
  { weight: 1, arbitrary: repeat },
  { weight: 4, arbitrary: toolstack },
  { weight: 4, arbitrary: disk },
  { weight: 1, arbitrary: consoles },
  { weight: 6, arbitrary: kill },
  { weight: 2, arbitrary: stop },
  { weight: 2, arbitrary: reboot },
  { weight: 1, arbitrary: jump },
  { weight: 5, arbitrary: operator },
  { weight: 3, arbitrary: guest },
);

const step: fc.Arbitrary<Step> = fc.record({
  happening,
  events: fc.nat(20),
  ms: fc.constantFrom(...WAITS),
});

/** Sequences of at most this many steps. */
export function sequences(most: number): fc.Arbitrary<Sequence> {
  return fc.record({
    seed: fc.nat(),
    steps: fc.array(step, { minLength: 1, maxLength: most, size: 'max' }),
  });
}

/** Runs a sequence in its own world. @returns the first violation; null when there was none */
export async function run(
  { seed, steps }: Sequence,
  options: { readonly trace?: boolean } = {},
): Promise<{ readonly wrong: string | null; readonly world: World }> {
  const world = new World(seed, options);
  const { violations } = world.witness;
  await world.begin();
  for (const { happening: it, events, ms } of steps) {
    happen(world, it);
    await settled();
    for (let count = 0; count < events; count += 1)
      if (!(await world.time.next(world.time.now + 2_000))) break;
    await world.time.pass(ms);
    if (violations.length > 0) return { wrong: violations[0]!, world };
  }
  await world.calm();
  return { wrong: violations[0] ?? null, world };
}

function happen(world: World, it: Happening): void {
  const name = 'domain' in it ? KINDS[it.domain]!.name : null;
  switch (it.what) {
    case 'ask':
      world.ask(world.chance.of(CUSTOMERS), KINDS[it.domain]!.name, it.verb, it.again);
      return;
    case 'toolstack':
      world.say(`the toolstack is ${it.mood} for ${it.acts} acts`);
      world.temper.set(it.mood, it.acts);
      return;
    case 'disk':
      world.say(`the disk is ${it.mood}`);
      world.host.disk.mood = it.mood;
      return;
    case 'consoles':
      world.say(`consoles are ${it.mood}`);
      world.consoles = it.mood;
      return;
    case 'kill':
      world.say(`the half will be killed after ${it.doings} more things that it does`);
      world.killAfter(it.doings);
      return;
    case 'stop':
      world.stop(it.downFor);
      return;
    case 'host reboot':
      world.reboot(it.cut ? 'power cut' : 'in order', it.downFor, it.halfAfter);
      return;
    case 'clock':
      world.say(`the time of day jumps by ${it.by / 1000} s`);
      world.host.skew += it.by;
      world.jumped = true;
      return;
    case 'operator':
      operate(world, it.act, name!);
      return;
    case 'guest': {
      const there = world.host.named(name!);
      world.say(`${name!} ${it.does === 'deaf' ? 'hears nothing' : `does a ${it.does}`}`);
      if (it.does === 'deaf') world.host.deaf.add(name!);
      else if (there !== undefined && there.built && !there.paused && there.shutdown === null)
        world.host.end(there, it.does);
    }
  }
}
