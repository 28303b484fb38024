import type { DocumentPath, SchemaFault } from '../policy/schema-fault.js';
import type { Place } from '../policy/policy.js';
import type { Problem } from './problem.js';
import { closest } from './suggestion.js';
import type { YamlDocument } from './yaml-document.js';

/** A finding about one place of a document. */
interface Finding {
  readonly path: DocumentPath;
  readonly at?: 'key' | 'value';
  readonly message: string;
  readonly expected?: string | null;
  readonly suggestion?: string | null;
  /** An unknown word, and the known ones: the nearest is suggested. */
  readonly word?: string | null;
  readonly candidates?: readonly string[];
}

/** A file with more faults is broken as a whole. Nobody reads further ones, and finding them takes long. */
const MOST_FAULTS = 200;

/** YAML 1.1 read these words as true and false; YAML 1.2 reads them as text. */
const TRUTH: Readonly<Record<string, string>> = { yes: 'true', on: 'true', no: 'false', off: 'false' };

/** Collects the problems of one document, with their places. */
export class ProblemReport {
  readonly document: YamlDocument;
  readonly problems: Problem[] = [];
  readonly warnings: Problem[] = [];
  readonly #faulty: DocumentPath[] = [];

  constructor(document: YamlDocument) {
    this.document = document;
  }

  place(path: DocumentPath, at: 'key' | 'value' = 'value'): Place {
    return this.document.source.place(this.document.offset(path, at));
  }

  error(finding: Finding): void {
    this.problems.push(this.#problem(finding));
  }

  warn(finding: Finding): void {
    this.warnings.push(this.#problem(finding));
  }

  /** An error at a place that was determined earlier. */
  errorAt(place: Place, message: string, expected: string | null = null): void {
    const lineText = this.document.source.line(place.line);
    this.problems.push({ place, message, expected, suggestion: null, lineText });
  }

  /** A warning at a place that was determined earlier. */
  warnAt(place: Place, message: string): void {
    const lineText = this.document.source.line(place.line);
    this.warnings.push({ place, message, expected: null, suggestion: null, lineText });
  }

  /** Adds the faults of the schema check, and remembers which parts need no closer look. */
  faults(faults: readonly SchemaFault[]): void {
    for (const fault of faults.slice(0, MOST_FAULTS)) {
      this.#faulty.push(fault.path);
      this.error({ ...fault, suggestion: this.#spelling(fault) });
    }
    const [next] = faults.slice(MOST_FAULTS);
    if (next === undefined) return;
    this.#faulty.push([]);
    this.error({ path: next.path, message: `From here on there are ${faults.length - MOST_FAULTS} more.` });
  }

  /**
   * Whether the schema check found no fault in this part or around it, so that the part has the shape of its
   * type.
   */
  sound(path: DocumentPath): boolean {
    return this.soundWithin(path) && !this.#faulty.some((faulty) => begins(path, faulty));
  }

  /** Whether the schema check found no fault inside this part, whatever is around it. */
  soundWithin(path: DocumentPath): boolean {
    return this.#faulty.length <= MOST_FAULTS && !this.#faulty.some((faulty) => begins(faulty, path));
  }

  /**
   * The correction for a value of the wrong type, where it is obvious: quotes, a list of one, or true and
   * false.
   */
  #spelling({ path, expected, at }: SchemaFault): string | null {
    const spelt = this.document.spelt(path);
    if (spelt === null || spelt === '' || at === 'key' || expected === null) return null;
    if (expected.startsWith('text')) return JSON.stringify(spelt);
    if (expected === 'true or false') return TRUTH[spelt.toLowerCase()] ?? null;
    if (!expected.startsWith('a list')) return null;
    return `[${NEEDS_QUOTES.test(spelt) ? JSON.stringify(spelt) : spelt}]`;
  }

  #problem({
    path,
    at = 'value',
    message,
    expected = null,
    suggestion = null,
    word = null,
    candidates = [],
  }: Finding): Problem {
    const few = this.problems.length <= MOST_FAULTS;
    const meant = suggestion ?? (word === null || !few ? null : closest(word, candidates));
    return this.document.source.problem(this.document.offset(path, at), message, {
      expected,
      suggestion: meant,
    });
  }
}

/** Matches text that needs quotes in a flow sequence (YAML 1.2, 7.3.3), like `[::]:2222`. */
const NEEDS_QUOTES = /^[-?:&*!|>%@`"'#\s]|[,[\]{}]|:(\s|$)|\s#|\s$/;

function begins(path: DocumentPath, start: DocumentPath): boolean {
  return start.every((part, index) => part === path[index]);
}

/** In the order of the given files, and of the lines in each. */
export function inOrder(problems: readonly Problem[], files: readonly string[]): readonly Problem[] {
  const rank = ({ place }: Problem): number => files.indexOf(place.file);
  return [...problems].sort(
    (a, b) => rank(a) - rank(b) || a.place.line - b.place.line || a.place.column - b.place.column,
  );
}
