import assert from 'node:assert/strict';

/**
 * Reads the output of a dom0 half, and checks that reading changes none of it: every text is printable and
 * short enough, and every field keeps its value. The reader may add fields that were not sent.
 *
 * @throws AssertionError when reading changes something
 * @throws AnswerError as `read` does
 */
export function readWhole<T>(read: (value: unknown) => T, said: unknown): NonNullable<T> {
  const value = read(said);
  assert.ok(value !== undefined && value !== null, `not known: ${JSON.stringify(said)}`);
  assert.partialDeepStrictEqual(value, said);
  return value;
}
