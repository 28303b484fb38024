/** The number of runs of a property test, and their seed. */
export interface PropertyRuns {
  readonly numRuns: number;
  readonly seed: number;
}

/**
 * The runs of a property test: `usual` of them, or `long` with POSTERN_TEST_LONG. The seed is new each time
 * unless POSTERN_TEST_SEED sets it. Both are printed, so that a failure can be repeated.
 */
export function propertyRuns(what: string, usual: number, long: number): PropertyRuns {
  const numRuns = process.env['POSTERN_TEST_LONG'] === undefined ? usual : long;
  const seed = Number(process.env['POSTERN_TEST_SEED'] ?? Date.now() % 2 ** 31);
  process.stdout.write(`\n  ${what}: ${numRuns} runs, seed ${seed}\n`);
  return { numRuns, seed };
}

/** The short form always uses this seed: a failure then comes from a change of ours. */
const STEADY_SEED = 1129;

/** As `propertyRuns`, but the short form is always the same. The long form starts anywhere. */
export function steadyRuns(what: string, usual: number, long: number): PropertyRuns {
  const isLong = process.env['POSTERN_TEST_LONG'] !== undefined;
  const given = process.env['POSTERN_TEST_SEED'];
  if (isLong || given !== undefined) return propertyRuns(what, usual, long);
  process.stdout.write(`\n  ${what}: ${usual} runs, seed ${STEADY_SEED} (always)\n`);
  return { numRuns: usual, seed: STEADY_SEED };
}
