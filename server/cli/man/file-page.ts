import { referenceParts } from '../../../config/reference.js';
import type { ReferenceRow } from '../../../config/reference.js';
import { bold, head, plain, section, spans, subsection, term } from './roff.js';

/** A kind of file that admins write. */
export interface FileKind {
  /** Of the page: `postern-gate.yaml`. */
  readonly name: string;
  readonly about: string;
  /** Where the file is. */
  readonly path: string;
  /** The JSON schema that the file is checked with. */
  readonly schema: object;
  /** What a reader needs besides the keys, a paragraph each. */
  readonly words: readonly string[];
}

/** The page of section 5, made of the schema that the file is checked with. */
export function filePage({ name, about, path, schema, words }: FileKind, version: string): string {
  return `${[
    ...head(name, 5, version, about),
    section('SYNOPSIS'),
    bold(path),
    section('DESCRIPTION'),
    ...words.flatMap((paragraph) => ['.PP', spans(paragraph)]),
    section('KEYS'),
    ...referenceParts(schema).flatMap(({ key, description, tables }) => [
      ...(key === null ? [] : [subsection(`${key}:`), spans(description)]),
      ...tables.flatMap((one) => [
        ...(one.title === null ? [] : ['.PP', `${bold(one.title)}: ${spans(one.description)}`]),
        ...one.rows.flatMap(row),
      ]),
    ]),
    section('SEE ALSO'),
    plain('postern(1), postern-gate.yaml(5), postern-dom0.yaml(5), postern-policy(5), postern-customers(5)'),
  ].join('\n')}\n`;
}

function row({ key, value, byDefault, meaning }: ReferenceRow): readonly string[] {
  const state = byDefault === '' || byDefault === 'required' ? byDefault : `default ${byDefault}`;
  return term(
    bold(key),
    [spans(`${value}${state === '' ? '' : `; ${state}`}`), '.br', spans(meaning)].join('\n'),
  );
}
