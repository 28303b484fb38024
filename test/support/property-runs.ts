/** How often a property is tried, and from where. */
export interface PropertyRuns {
  readonly numRuns: number;
  readonly seed: number;
}

/**
 * The runs of a property test: `usual` ones, `long` ones with POSTERN_TEST_LONG. The seed is new each time unless
 * POSTERN_TEST_SEED gives one; both are printed, so that a failure can be made again.
 */
export function propertyRuns(what: string, usual: number, long: number): PropertyRuns {
  const numRuns = process.env['POSTERN_TEST_LONG'] === undefined ? usual : long;
  const seed = Number(process.env['POSTERN_TEST_SEED'] ?? Date.now() % 2 ** 31);
  process.stdout.write(`\n  ${what}: ${numRuns} runs, seed ${seed}\n`);
  return { numRuns, seed };
}

/** The short form of what must be the same on every run: a red one is then the doing of a change. */
const STEADY_SEED = 1129;

/** As `propertyRuns`, but the short form always tries the same; the long form begins anywhere. */
export function steadyRuns(what: string, usual: number, long: number): PropertyRuns {
  const isLong = process.env['POSTERN_TEST_LONG'] !== undefined;
  const given = process.env['POSTERN_TEST_SEED'];
  if (isLong || given !== undefined) return propertyRuns(what, usual, long);
  process.stdout.write(`\n  ${what}: ${usual} runs, seed ${STEADY_SEED} (always)\n`);
  return { numRuns: usual, seed: STEADY_SEED };
}
