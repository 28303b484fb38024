import fc from 'fast-check';
import { propertyRuns } from '../support/property-runs.js';
import { run, sequences } from './two-hosts-sequence.js';

const LONG_MS = 6 * 3_600_000;
const MOST_STEPS = 12;

describe('a model of two hosts and a gate', function () {
  this.timeout(process.env['POSTERN_TEST_LONG'] === undefined ? 600_000 : LONG_MS);

  it('runs no server twice that the gate could know of, and retires none that is there', async () => {
    const { numRuns, seed } = propertyRuns('sequences of two hosts', 2_000, 200_000);
    const found = await fc.check(
      fc.asyncProperty(sequences(MOST_STEPS), async (sequence) => {
        const { wrong } = await run(sequence);
        if (wrong !== null) throw new Error(wrong);
      }),
      { numRuns, seed },
    );
    const sequence = found.counterexample?.[0];
    if (sequence === undefined) return;
    const { wrong, trace } = await run(sequence);
    throw new Error([wrong, `seed ${found.seed}`, ...trace, JSON.stringify(sequence)].join('\n'));
  });
});
