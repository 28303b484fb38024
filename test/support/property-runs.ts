/** The number of runs of a property test, and their seed. */
export interface PropertyRuns {
  readonly numRuns: number;
  readonly seed: number;
}

/** The short form always uses this seed: a failure then comes from a change of ours. */
const STEADY_SEED = 1129;

/**
 * The runs of a property test: `usual` of them, or `long` with POSTERN_TEST_LONG. The long form starts anywhere, unless
 * POSTERN_TEST_SEED says where. Number and seed are printed, so that a failure can be repeated.
 */
export function propertyRuns(what: string, usual: number, long: number): PropertyRuns {
  const isLong = process.env['POSTERN_TEST_LONG'] !== undefined;
  const given = process.env['POSTERN_TEST_SEED'];
  const seed = Number(given ?? (isLong ? Date.now() % 2 ** 31 : STEADY_SEED));
  const numRuns = isLong ? long : usual;
  process.stdout.write(`\n  ${what}: ${numRuns} runs, seed ${seed}\n`);
  return { numRuns, seed };
}
