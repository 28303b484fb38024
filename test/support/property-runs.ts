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
