import type { Stats } from 'node:fs';
import { readdirSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { LoadedPolicy, PolicySource, RefusedPolicy } from './policy-document.js';
import { readPolicy } from './policy-document.js';
import type { Problem } from './problem.js';
import { fileProblem } from './problem.js';
import { reason } from '../server/wire/reason.js';
import { LARGEST_FILE, readTextFile } from './text-file.js';

const POLICY_FILE = /\.(yaml|yml|json)$/;

/**
 * Marks an unfinished rollback: while this file is in a policy directory, its files may belong to two
 * policies (policy-restoring.ts).
 */
export const UNFINISHED = '.postern-unfinished';

/** The policy's texts as far as they could be read, and the problems. */
interface PolicyTexts {
  readonly sources: readonly PolicySource[];
  readonly problems: readonly Problem[];
  readonly warnings: readonly Problem[];
}

/**
 * Reads the policy from a directory, a file, or a list of both in the given order. Of a directory it reads
 * `*.yaml`, `*.yml` and `*.json`, sorted by the bytes of their names. Never throws because of their content.
 */
export function loadPolicy(paths: string | readonly string[]): LoadedPolicy | RefusedPolicy {
  return policyOf(readPolicyTexts(paths));
}

/** Makes a policy of texts. Problems in reading them are problems of the policy too. */
export function policyOf({ sources, problems, warnings }: PolicyTexts): LoadedPolicy | RefusedPolicy {
  const result = readPolicy(sources, { complete: problems.length === 0 });
  if (problems.length === 0) return { ...result, warnings: [...warnings, ...result.warnings] };
  const found = result.ok ? [] : result.problems;
  return { ok: false, problems: [...problems, ...found], warnings: [...warnings, ...result.warnings] };
}

/** The words by which sentences about problems call the files of a directory. */
export interface FileKind {
  /** Names what anybody could do who may write to such a file. */
  readonly power: string;
  /** A directory without such files. */
  readonly none: string;
  /** Bytes of one file. */
  readonly largest: number;
}

const POLICY: FileKind = {
  power: 'make the policy',
  none: 'There is no policy in this directory.',
  largest: LARGEST_FILE,
};

/** Reads the texts of the files, as `loadPolicy` does. @param kind policy files by default */
export function readPolicyTexts(paths: string | readonly string[], kind = POLICY): PolicyTexts {
  const problems: Problem[] = [];
  const warnings: Problem[] = [];
  const sources: PolicySource[] = [];
  for (const path of [paths].flat()) {
    const files = isDirectory(path) ? policyFiles(path, kind) : { files: [path], problems: [], warnings: [] };
    problems.push(...files.problems);
    warnings.push(...files.warnings);
    for (const file of files.files) {
      const before = lookAt(file);
      const read = readTextFile(file, kind.largest);
      if (!read.ok) problems.push(read.problem);
      else {
        sources.push({ file, text: read.source.text });
        problems.push(...unsafe(file, before, lookAt(file), kind));
      }
    }
  }
  return { sources, problems, warnings };
}

/** Whether a policy directory's file with this name is read. */
export function isPolicyFileName(name: string): boolean {
  return POLICY_FILE.test(name) && !name.startsWith('.') && !name.startsWith('#');
}

/** Compares two file names in reading order: by their bytes. */
export function inReadingOrder(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

/** The names of a directory's policy files in reading order; empty when it cannot be read. */
export function policyFileNames(directory: string): readonly string[] {
  return policyFiles(directory, POLICY).files.map((file) => basename(file));
}

/** Refuses a file that everybody can write to, or that was changed while it was read. */
function unsafe(
  file: string,
  before: Stats | undefined,
  after: Stats | undefined,
  kind: FileKind,
): readonly Problem[] {
  const problems = writableByAll(file, after, kind);
  const same =
    before?.mtimeMs === after?.mtimeMs && before?.size === after?.size && before?.ino === after?.ino;
  if (!same) problems.push(fileProblem(file, 'It was changed while it was read.', 'a file that is saved'));
  return problems;
}

function writableByAll(path: string, found: Stats | undefined, { power }: FileKind): Problem[] {
  if (found === undefined || (found.mode & 0o002) === 0) return [];
  return [
    fileProblem(path, `Everybody on this machine may write to it, and so ${power}.`, `chmod o-w ${path}`),
  ];
}

interface PolicyFiles {
  readonly files: readonly string[];
  readonly problems: readonly Problem[];
  readonly warnings: readonly Problem[];
}

/**
 * The policy files of a directory. Leftovers of editors and package managers (`x.yaml~`, `.x.yaml.swp`,
 * `4913`, `#x.yaml#`, hidden files, `x.yaml.rpmsave`) have other names and are not read.
 */
function policyFiles(directory: string, kind: FileKind): PolicyFiles {
  let names: string[];
  try {
    names = readdirSync(directory).sort(inReadingOrder);
  } catch (error) {
    return {
      files: [],
      problems: [fileProblem(directory, `It cannot be read: ${reason(error)}.`)],
      warnings: [],
    };
  }
  const visible = names.filter((name) => !name.startsWith('.') && !name.startsWith('#'));
  const named = names.filter(isPolicyFileName).map((name) => join(directory, name));
  const files = named.filter((file) => !isSomethingElse(file));
  const warnings = named
    .filter((file) => !files.includes(file))
    .map((file) => fileProblem(file, 'It is not a regular file and was not read.'));
  const shouted = visible.filter((name) => !POLICY_FILE.test(name) && POLICY_FILE.test(name.toLowerCase()));
  warnings.push(
    ...shouted.map((name) =>
      fileProblem(join(directory, name), 'It was not read: write its ending in small letters.'),
    ),
  );
  const problems = writableByAll(directory, lookAt(directory), kind);
  if (kind === POLICY && names.includes(UNFINISHED)) {
    const message = 'A rollback was cut off here: the files may be partly of one policy, partly of another.';
    const expected = `\`postern policy rollback\` once more; or look at them, and remove ${UNFINISHED}`;
    problems.push(fileProblem(directory, message, expected));
  }
  if (files.length > 0) return { files, problems, warnings };
  const none = fileProblem(directory, kind.none, 'at least one *.yaml, *.yml or *.json file');
  return { files, problems: [...problems, none], warnings };
}

/** Whether it is a directory. False when it cannot be looked at: reading it then gives the reason. */
function isDirectory(path: string): boolean {
  return lookAt(path)?.isDirectory() ?? false;
}

/** Whether it exists and is no regular file. A missing file is read all the same, and so reported. */
function isSomethingElse(file: string): boolean {
  return lookAt(file)?.isFile() === false;
}

function lookAt(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}
