import type { Stats } from 'node:fs';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { LoadedPolicy, PolicySource, RefusedPolicy } from './policy-document.js';
import { readPolicy } from './policy-document.js';
import type { Problem } from './problem.js';
import { fileProblem } from './problem.js';
import { readTextFile, reason } from './text-file.js';

const POLICY_FILE = /\.(yaml|yml|json)$/;

/**
 * Reads the policy: a directory (its `*.yaml`, `*.yml` and `*.json` in the order of their names, compared byte by
 * byte), a file, or a list of files and directories in the order given. Never throws for anything in them.
 */
export function loadPolicy(paths: string | readonly string[]): LoadedPolicy | RefusedPolicy {
  const problems: Problem[] = [];
  const warnings: Problem[] = [];
  const sources: PolicySource[] = [];
  for (const path of [paths].flat()) {
    const files = isDirectory(path) ? policyFiles(path) : { files: [path], problems: [], warnings: [] };
    problems.push(...files.problems);
    warnings.push(...files.warnings);
    for (const file of files.files) {
      const read = readTextFile(file);
      if (read.ok) sources.push({ file, text: read.source.text });
      else problems.push(read.problem);
    }
  }
  const result = readPolicy(sources, { complete: problems.length === 0 });
  if (problems.length === 0) return { ...result, warnings: [...warnings, ...result.warnings] };
  const found = result.ok ? [] : result.problems;
  return { ok: false, problems: [...problems, ...found], warnings: [...warnings, ...result.warnings] };
}

interface PolicyFiles {
  readonly files: readonly string[];
  readonly problems: readonly Problem[];
  readonly warnings: readonly Problem[];
}

/**
 * The policy files of a directory. What editors and package managers leave behind (`x.yaml~`, `.x.yaml.swp`, `4913`,
 * `#x.yaml#`, hidden files, `x.yaml.rpmsave`) is not named like one and is not read.
 */
function policyFiles(directory: string): PolicyFiles {
  let names: string[];
  try {
    names = readdirSync(directory).sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  } catch (error) {
    return {
      files: [],
      problems: [fileProblem(directory, `It cannot be read: ${reason(error)}.`)],
      warnings: [],
    };
  }
  const visible = names.filter((name) => !name.startsWith('.') && !name.startsWith('#'));
  const named = visible.filter((name) => POLICY_FILE.test(name)).map((name) => join(directory, name));
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
  if (files.length > 0) return { files, problems: [], warnings };
  const none = fileProblem(
    directory,
    'There is no policy in this directory.',
    'at least one *.yaml, *.yml or *.json file',
  );
  return { files, problems: [none], warnings };
}

/** What cannot be looked at is no directory: reading it says why. */
function isDirectory(path: string): boolean {
  return lookAt(path)?.isDirectory() ?? false;
}

/** Whether it is there and is no regular file. What is not there is read all the same, and so reported. */
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
