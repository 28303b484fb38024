import type { ErrorObject } from 'ajv/dist/2020.js';

/** A path in a document from its root: keys, and indexes in decimal. */
export type DocumentPath = readonly string[];

/** A fault against a schema, in words, without a line: only the reader of the file knows the line. */
export interface SchemaFault {
  readonly path: DocumentPath;
  /** Whether the key at the end of the path is wrong, or its value. */
  readonly at: 'key' | 'value';
  /** A sentence. */
  readonly message: string;
  /** The right values, for a message: `one of allow, deny`; null when the sentence says it. */
  readonly expected: string | null;
  /** An unknown word, and the known ones; null and empty for other faults. */
  readonly word: string | null;
  readonly candidates: readonly string[];
}

interface SchemaPart {
  readonly properties?: Readonly<Record<string, { readonly const?: string }>>;
  readonly oneOf?: readonly SchemaPart[];
  readonly errorMessage?: string;
  readonly patternErrorMessage?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
}

/** An error of ajv, with the parts that the sentences need. */
class Fault {
  readonly path: DocumentPath;
  readonly params: Readonly<Record<string, unknown>>;
  readonly data: unknown;
  /** The schema with the broken keyword. */
  readonly schema: SchemaPart;

  constructor(error: ErrorObject) {
    this.path = documentPath(error.instancePath);
    this.params = error.params;
    this.data = error.data;
    this.schema = (error.parentSchema ?? {}) as SchemaPart;
  }

  get name(): string {
    const last = this.path.at(-1);
    if (last === undefined) return 'the document';
    return /^\d+$/.test(last) ? `an entry of \`${this.path.at(-2) ?? ''}\`` : `\`${last}\``;
  }

  is(message: string, more: Partial<SchemaFault> = {}): SchemaFault {
    return { path: this.path, at: 'value', message, expected: null, word: null, candidates: [], ...more };
  }

  doesNotFit(expected: string | null): SchemaFault {
    if (this.data === null) return this.is(`There is no value for ${this.name}.`, { at: 'key', expected });
    return this.is(`${shown(this.data)} does not fit ${this.name}.`, { expected });
  }

  lacks(key: string, expected: string | null = null): SchemaFault {
    return this.is(`The key \`${key}\` is missing.`, { expected });
  }

  isUnknown(data: unknown, candidates: readonly string[], path = this.path): SchemaFault {
    const word = typeof data === 'string' ? data : null;
    const named = word === null || word === '' ? shown(data) : `\`${cut(word)}\``;
    return this.is(`${named} is not known here.`, { path, expected: oneOf(candidates), word, candidates });
  }
}

/** The sentence of each keyword; null when another error at the same place says it better. */
const SENTENCES: Readonly<Record<string, (fault: Fault, error: ErrorObject) => SchemaFault | null>> = {
  additionalProperties: (fault) => {
    const word = String(fault.params['additionalProperty']);
    const candidates = Object.keys(fault.schema.properties ?? {});
    const more = {
      path: [...fault.path, word],
      at: 'key',
      expected: oneOf(candidates),
      word,
      candidates,
    } as const;
    return fault.is(`There is no key \`${cut(word)}\` here.`, more);
  },
  propertyNames: (fault, error) => {
    const word = String(fault.params['propertyName']);
    const expected = (error.schema as SchemaPart).patternErrorMessage ?? null;
    return fault.is(`\`${cut(word)}\` cannot be a name here.`, {
      path: [...fault.path, word],
      at: 'key',
      expected,
    });
  },
  enum: (fault) =>
    fault.isUnknown(fault.data, (fault.params['allowedValues'] as readonly unknown[]).map(String)),
  const: (fault) => fault.isUnknown(fault.data, [String(fault.params['allowedValue'])]),
  discriminator: (fault) => {
    const tag = String(fault.params['tag']);
    const kinds = (fault.schema.oneOf ?? []).flatMap(({ properties }) => properties?.[tag]?.const ?? []);
    if (fault.params['tagValue'] === undefined) return fault.lacks(tag, oneOf(kinds));
    return fault.isUnknown(fault.params['tagValue'], kinds, [...fault.path, tag]);
  },
  required: (fault, error) =>
    /\/oneOf\/\d+\/required$/.test(error.schemaPath) && !('type' in fault.schema)
      ? null
      : fault.lacks(String(fault.params['missingProperty'])),
  oneOf: (fault) =>
    typeof fault.data === 'object'
      ? fault.is(fault.schema.errorMessage ?? `${fault.name} fits none of its forms.`)
      : null,
  pattern: (fault, error) =>
    error.propertyName === undefined ? fault.doesNotFit(fault.schema.patternErrorMessage ?? null) : null,
  type: (fault) =>
    fault.doesNotFit(
      [fault.params['type']]
        .flat()
        .map((type) => TYPE_NAMES[String(type)])
        .join(' or '),
    ),
  minItems: (fault) =>
    fault.is(`The list ${fault.name} is empty.`, { expected: 'at least one entry, or no such key at all' }),
  minProperties: (fault) =>
    fault.is(`The mapping ${fault.name} is empty.`, { expected: 'at least one key in it' }),
  uniqueItems: (fault) => {
    const at = Math.max(Number(fault.params['i']), Number(fault.params['j']));
    const twice = shown((fault.data as readonly unknown[])[at]);
    return fault.is(`${twice} stands in the list ${fault.name} twice.`, {
      path: [...fault.path, String(at)],
    });
  },
  minimum: (fault) => fault.doesNotFit(between(fault.schema.minimum, fault.schema.maximum)),
  maximum: (fault) => fault.doesNotFit(between(fault.schema.minimum, fault.schema.maximum)),
  minLength: (fault) =>
    fault.doesNotFit(`${between(fault.schema.minLength, fault.schema.maxLength)} characters`),
  maxLength: (fault) =>
    fault.doesNotFit(`${between(fault.schema.minLength, fault.schema.maxLength)} characters`),
};

const TYPE_NAMES: Readonly<Record<string, string>> = {
  string: 'text',
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  array: 'a list: [one, two], or a line that begins with - for each',
  object: 'a mapping: lines of key: value',
  null: 'null',
};

/** @returns null when another error at the same place says it better */
export function schemaFault(error: ErrorObject): SchemaFault | null {
  const fault = new Fault(error);
  const sentence = SENTENCES[error.keyword];
  return sentence === undefined
    ? fault.is(`${fault.name} ${error.message ?? 'is wrong'}.`)
    : sentence(fault, error);
}

/** instancePath is a JSON pointer (RFC 6901). */
function documentPath(pointer: string): string[] {
  const parts = pointer.split('/').slice(1);
  return parts.map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function oneOf(words: readonly string[]): string {
  return words.length === 1 ? words.join('') : `one of ${words.join(', ')}`;
}

function between(low = 0, high: number | undefined): string {
  return high === undefined ? `${low} or more` : `${low} to ${high}`;
}

function shown(data: unknown): string {
  if (typeof data === 'string') return `"${cut(data)}"`;
  if (typeof data === 'number' || typeof data === 'boolean') return String(data);
  if (Array.isArray(data)) return 'A list';
  return typeof data === 'object' && data !== null ? 'A mapping' : 'Nothing';
}

function cut(text: string): string {
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
