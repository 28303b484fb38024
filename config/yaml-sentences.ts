import type { ErrorCode, YAMLError } from 'yaml';
import type { Problem } from './problem.js';
import type { SourceText } from './source-text.js';

/** The parser's errors that people make, in their words; the rest keep the parser's. */
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

/** An error of the YAML parser as a problem with one clear sentence. */
export function yamlProblem(source: SourceText, error: YAMLError): Problem {
  const offset = Math.min(error.pos[0], source.text.length);
  const message = SENTENCES[error.code] ?? `This is not YAML: ${error.message.replace(/\.?$/, '.')}`;
  return source.problem(offset, message, { suggestion: SUGGESTIONS[error.code] ?? null });
}
