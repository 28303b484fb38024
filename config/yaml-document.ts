import type { ParsedNode, YAMLError } from 'yaml';
import { Composer, isAlias, isMap, isScalar, isSeq, Lexer, Parser } from 'yaml';
import type { Document } from 'yaml';
import type { DocumentPath } from '../policy/schema-fault.js';
import type { Problem } from './problem.js';
import type { SourceText } from './source-text.js';
import { yamlProblem } from './yaml-sentences.js';

/**
 * No file that somebody wrote is nested deeper. The composer recurses, and deep nesting would end the
 * process.
 */
const DEEPEST = 64;

/** Values that all aliases of a file together may stand for: enough for a few anchors, too few for a bomb. */
const MOST_ALIASED = 10_000;

/**
 * With more problems the first ones would be lost. Later ones of a broken file only follow from the first.
 */
const MOST_SYNTAX_PROBLEMS = 5;

type Token = Parameters<typeof Composer.prototype.next>[0];

interface Spot {
  readonly key: number | null;
  readonly value: number;
  /** A scalar as the file spells it. */
  readonly spelt: string | null;
}

/** A YAML 1.2 (or JSON) file as plain values, with the place of each. */
export class YamlDocument {
  readonly source: SourceText;
  /** Objects have no prototype; an empty file is null. */
  readonly value: unknown;
  readonly #spots: ReadonlyMap<string, Spot>;

  constructor(source: SourceText, value: unknown, spots: ReadonlyMap<string, Spot>) {
    this.source = source;
    this.value = value;
    this.#spots = spots;
  }

  /** The offset of a key or a value. For a missing one, the offset of the nearest part around it. */
  offset(path: DocumentPath, at: 'key' | 'value'): number {
    const spot = this.#spots.get(spotName(path));
    if (spot !== undefined) return at === 'key' ? (spot.key ?? spot.value) : spot.value;
    return path.length === 0 ? 0 : this.offset(path.slice(0, -1), 'value');
  }

  /** A scalar as the file spells it: `0x10` for the value 16. Null for anything else. */
  spelt(path: DocumentPath): string | null {
    return this.#spots.get(spotName(path))?.spelt ?? null;
  }
}

type ParsedYaml =
  | { readonly ok: true; readonly document: YamlDocument }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/**
 * Reads one document of YAML 1.2, core schema, which includes JSON. It refuses these, with their place:
 * duplicate keys, tabs as indentation, several documents, directives, tags, keys that are not text, aliases
 * of themselves or of too much, deep nesting, control characters. Never throws.
 */
export function parseYaml(source: SourceText): ParsedYaml {
  const control = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\uFFFE\uFFFF]/.exec(source.text);
  if (control !== null) return refused([source.problem(control.index, 'A control character is not text.')]);
  const tokens = tokenize(source);
  if (!Array.isArray(tokens)) return refused([tokens]);
  const directive = tokens.find((token) => token.type === 'directive');
  if (directive !== undefined) {
    return refused([
      source.problem(directive.offset, 'Directives (%…) are not used here; the file is YAML 1.2.'),
    ]);
  }
  const composer = new Composer({
    version: '1.2',
    schema: 'core',
    merge: false,
    resolveKnownTags: false,
    logLevel: 'silent',
  });
  const documents = [...composer.compose(tokens, false, source.text.length)] as Document.Parsed[];
  const broken = documents.flatMap((document) => [...document.errors, ...document.warnings]);
  if (broken.length > 0) return refused(syntaxProblems(source, broken));
  const [first, second] = documents;
  if (second !== undefined) {
    return refused([source.problem(second.range[0], 'A second document begins here; a file holds one.')]);
  }
  return new Plain(source).document(first?.contents ?? null);
}

function refused(problems: readonly Problem[]): ParsedYaml {
  return { ok: false, problems };
}

/** Checks the depth by the parser's own stack, so that the composer never sees what is too deep. */
function tokenize(source: SourceText): Token[] | Problem {
  const parser = new Parser();
  const tokens: Token[] = [];
  for (const lexeme of new Lexer().lex(source.text)) {
    tokens.push(...parser.next(lexeme));
    if (parser.stack.length > DEEPEST) return source.problem(parser.offset, 'This is nested too deeply.');
  }
  tokens.push(...parser.end());
  return tokens;
}

function syntaxProblems(source: SourceText, errors: readonly YAMLError[]): readonly Problem[] {
  const problems = new Map<number, Problem>();
  for (const error of errors) {
    const problem = yamlProblem(source, error);
    if (!problems.has(problem.place.line)) problems.set(problem.place.line, problem);
  }
  return [...problems.values()].slice(0, MOST_SYNTAX_PROBLEMS);
}

/** Turns parsed nodes into plain values, and records their places. */
class Plain {
  readonly #source: SourceText;
  readonly #spots = new Map<string, Spot>();
  readonly #anchors = new Map<string, ParsedNode>();
  readonly #open = new Set<ParsedNode>();
  readonly #problems: Problem[] = [];
  #aliased = 0;

  constructor(source: SourceText) {
    this.#source = source;
  }

  document(root: ParsedNode | null): ParsedYaml {
    const value = root === null ? null : this.#value(root, [], null, false);
    if (this.#problems.length > 0) return refused(this.#problems.slice(0, MOST_SYNTAX_PROBLEMS));
    return { ok: true, document: new YamlDocument(this.#source, value, this.#spots) };
  }

  #value(node: ParsedNode, path: DocumentPath, key: number | null, aliased: boolean): unknown {
    if (isAlias(node)) return this.#alias(node, path, key);
    if (aliased && this.#spend(node)) return null;
    const spelt = isScalar(node) && typeof node.source === 'string' ? node.source : null;
    this.#spots.set(spotName(path), { key, value: node.range[0], spelt });
    if (node.anchor !== undefined) this.#anchors.set(node.anchor, node);
    if (isScalar(node)) return node.value;
    this.#open.add(node);
    const value = isSeq(node)
      ? node.items.map((item, index) => this.#value(item, [...path, String(index)], null, aliased))
      : isMap(node)
        ? this.#map(node, path, aliased)
        : null;
    this.#open.delete(node);
    return value;
  }

  #map(node: ParsedNode & { items: unknown[] }, path: DocumentPath, aliased: boolean): object {
    const object = Object.create(null) as Record<string, unknown>;
    for (const pair of node.items as { key: ParsedNode; value: ParsedNode | null }[]) {
      if (!isScalar(pair.key) || typeof pair.key.value !== 'string') {
        this.#refuse(pair.key, 'A key must be text; quote it when it is meant as such.');
        continue;
      }
      const name = pair.key.value;
      const at = pair.key.range[0];
      const inside = [...path, name];
      if (pair.value === null) this.#spots.set(spotName(inside), { key: at, value: at, spelt: null });
      object[name] = pair.value === null ? null : this.#value(pair.value, inside, at, aliased);
    }
    return object;
  }

  #alias(node: ParsedNode & { source: string }, path: DocumentPath, key: number | null): unknown {
    const target = this.#anchors.get(node.source);
    if (target === undefined) {
      this.#refuse(
        node,
        `Unquoted, *${node.source} is an alias of YAML; in front of a text, * needs quotes.`,
        `"*${node.source}"`,
      );
      return null;
    }
    if (this.#open.has(target)) {
      this.#refuse(node, `*${node.source} stands inside of what it is an alias of.`);
      return null;
    }
    return this.#value(target, path, key, true);
  }

  /** @returns whether this file's aliases already stand for too many values */
  #spend(node: ParsedNode): boolean {
    this.#aliased += 1;
    if (this.#aliased === MOST_ALIASED + 1)
      this.#refuse(node, 'The aliases of this file stand for too many values.');
    return this.#aliased > MOST_ALIASED;
  }

  #refuse(node: ParsedNode, message: string, suggestion: string | null = null): void {
    this.#problems.push(this.#source.problem(node.range[0], message, { suggestion }));
  }
}

function spotName(path: DocumentPath): string {
  return path.join('\u0000');
}
