import fc from 'fast-check';
import { propertyRuns } from '../support/property-runs.js';
import { run, sequences } from './sequence.js';
import type { Sequence } from './sequence.js';

/** Milliseconds in which even a single sequence of the long form ends. */
const LONG_MS = 6 * 3_600_000;
const MOST_STEPS = 12;

describe('a model of the host', function () {
  this.timeout(process.env['POSTERN_TEST_LONG'] === undefined ? 600_000 : LONG_MS);

  it('does what was asked once, to the incarnation that was meant, in time, and leaves nothing half-done', async () => {
    const { numRuns, seed } = propertyRuns('sequences of the model', 10_000, 1_000_000);
    const found = await fc.check(
      fc.asyncProperty(sequences(MOST_STEPS), async (sequence) => {
        const { wrong } = await run(sequence);
        if (wrong !== null) throw new Error(wrong);
      }),
      { numRuns, seed },
    );
    const sequence = found.counterexample?.[0];
    if (sequence !== undefined) throw new Error(await told(sequence, found.seed));
  });
});

/** A failing sequence, step by step, with the lines that turn it into a test of its own. */
async function told(sequence: Sequence, seed: number): Promise<string> {
  const { wrong, world } = await run(sequence, { trace: true });
  const lines = (world.trace ?? []).map((line) => `    ${line}`);
  return [wrong, `seed ${seed}`, ...lines, JSON.stringify(sequence)].join('\n');
}
