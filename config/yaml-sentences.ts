import type { ErrorCode, YAMLError } from 'yaml';
import type { Problem } from './problem.js';
import type { SourceText } from './source-text.js';

/** Clear sentences for common parser errors; other errors keep the parser's own. */
const SENTENCES: Readonly<Partial<Record<ErrorCode, string>>> = {
  TAB_AS_INDENT: 'A tab cannot indent here; use spaces.',
  DUPLICATE_KEY: 'This key stands here twice.',
  BLOCK_AS_IMPLICIT_KEY: 'A second ": " in one line; put the text in quotes when it is meant as such.',
  BAD_SCALAR_START: 'An unquoted text cannot begin so; put it in quotes.',
  TAG_RESOLVE_FAILED: 'Tags (!…) are not used here; put a text that begins with ! in quotes.',
  MULTIPLE_DOCS: 'A second document begins here; a file holds one.',
  BAD_ALIAS: 'Unquoted, * begins an alias of YAML; a glob that begins with * needs quotes.',
};

const SUGGESTIONS: Readonly<Partial<Record<ErrorCode, string>>> = {
  BAD_ALIAS: '"*"',
};

/** Where one code covers several mistakes, the parser's message tells them apart. */
const BY_MESSAGE: readonly (readonly [RegExp, string])[] = [
  [
    /^Flow (?:map|sequence)/,
    'A bracket that was opened is not closed, or this is not indented far enough for what is inside.',
  ],
  [/^Missing closing .quote/, 'A quote that was opened is not closed.'],
  [/^Missing , between/, 'There is no comma between two entries.'],
  [/^Nested mappings/, 'A second ": " in one line; put the text in quotes when it is meant as such.'],
  [
    /^(?:All collection items must|A block sequence may not|Implicit keys need|Implicit map keys need)/,
    'This line does not fit in with those before it: look at its indentation and for a missing ":".',
  ],
];

/** Turns an error of the YAML parser into a problem with one clear sentence. */
export function yamlProblem(source: SourceText, error: YAMLError): Problem {
  const offset = Math.min(error.pos[0], source.text.length);
  const known = SENTENCES[error.code] ?? BY_MESSAGE.find(([pattern]) => pattern.test(error.message))?.[1];
  const message = known ?? `This is not YAML: ${error.message.replace(/\.?$/, '.')}`;
  return source.problem(offset, message, { suggestion: SUGGESTIONS[error.code] ?? null });
}
