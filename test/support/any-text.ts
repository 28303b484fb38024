import fc from 'fast-check';

const LAST_BEFORE_SURROGATES = 0xd7ff;
const SURROGATES = 2_048;

const anywhere = fc
  .integer({ min: 0, max: 0x10ffff - SURROGATES })
  .map((number) => (number > LAST_BEFORE_SURROGATES ? number + SURROGATES : number));
const character = fc.oneof(
  { weight: 9, arbitrary: anywhere },
  { weight: 1, arbitrary: fc.integer({ min: 0x20, max: 0x7e }) },
);

/**
 * Texts of any code points but halves of surrogate pairs, as `fc.string({ unit: 'binary' })`; one in ten is printable
 * ASCII. `fc.string` first makes a table of all 1.1 million code points, which takes more time than the runs of a test.
 *
 * @param maxLength in code points
 */
export function anyText(maxLength: number): fc.Arbitrary<string> {
  return fc.array(character, { maxLength }).map((codes) => String.fromCodePoint(...codes));
}
