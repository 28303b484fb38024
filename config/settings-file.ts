import type { SchemaCheck } from '../policy/schema-check.js';
import { frozen } from './frozen.js';
import type { Problem } from './problem.js';
import { fileProblem } from './problem.js';
import { inOrder, ProblemReport } from './problem-report.js';
import { SettingsReader } from './settings-reader.js';
import type { SourceText } from './source-text.js';
import { readTextFile } from './text-file.js';
import { parseYaml } from './yaml-document.js';

export type LoadedSettings<T> =
  | { readonly ok: true; /** Frozen. */ readonly settings: T; readonly warnings: readonly Problem[] }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/**
 * Reads a settings file: parses it, checks it against the schema (which fills in defaults), then checks what
 * no schema can. It reports all problems at once, with their places, and never throws because of the file's
 * content.
 *
 * @param build makes the settings of the document. It also runs after schema faults, to find further
 * problems: it may pass sections of the document on, but must look into them only through the reader
 */
export function loadSettings<T>(
  file: string,
  check: SchemaCheck,
  build: (document: unknown, reader: SettingsReader) => T,
): LoadedSettings<T> {
  const read = readTextFile(file);
  return read.ok ? readSettings(read.source, check, build) : { ok: false, problems: [read.problem] };
}

/** As `loadSettings`, for a text. Relative paths start at the directory of the file that the text names. */
function readSettings<T>(
  source: SourceText,
  check: SchemaCheck,
  build: (document: unknown, reader: SettingsReader) => T,
): LoadedSettings<T> {
  const parsed = parseYaml(source);
  if (!parsed.ok) return parsed;
  const { document } = parsed;
  if (document.value === null)
    return { ok: false, problems: [fileProblem(source.file, 'There are no settings in it.')] };
  const report = new ProblemReport(document);
  report.faults(check(document.value));
  const settings = build(document.value, new SettingsReader(report));
  if (report.problems.length > 0) return { ok: false, problems: inOrder(report.problems, [source.file]) };
  return { ok: true, settings: frozen(settings), warnings: report.warnings };
}
