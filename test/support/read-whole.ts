import assert from 'node:assert/strict';

/**
 * Reads what a dom0 half said, and sees that reading changes nothing of it: every text is printable and short enough, and
 * no field has another value. The reader may add fields that were not sent.
 *
 * @throws AssertionError when it changes something @throws AnswerError as `read`
 */
export function readWhole<T>(read: (value: unknown) => T, said: unknown): NonNullable<T> {
  const value = read(said);
  assert.ok(value !== undefined && value !== null, `not known: ${JSON.stringify(said)}`);
  assert.partialDeepStrictEqual(value, said);
  return value;
}
