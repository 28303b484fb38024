import { resolve } from 'node:path';
import { statSync } from 'node:fs';
import { readCustomers } from '../../../config/customers-document.js';
import type { CustomersSource, DeclaredCustomers } from '../../../config/customers-document.js';
import { readPolicyTexts } from '../../../config/policy-directory.js';
import { problemText } from '../../../config/problem.js';
import type { Problem } from '../../../config/problem.js';
import { reason } from '../../wire/reason.js';
import { decodeText } from '../../../config/text-file.js';
import { CliError, EXIT } from '../command/exit-status.js';

/** Room for some ten thousand customers with a few keys each. Bytes. */
const LARGEST = 8 * 1024 * 1024;

const KIND = {
  power: 'decide who may log in',
  none: 'There are no files of customers in this directory.',
  largest: LARGEST,
};

/** The files that an admin applies. */
export interface CustomerFiles {
  /** All of sound files; of others what is sound. */
  readonly declared: DeclaredCustomers;
  /** Why they cannot be applied, as far as it can be told without the gate; empty when they may be sound. */
  readonly problems: readonly Problem[];
  /** Their paths, or the name that was given to a text. */
  readonly files: readonly string[];
  /** Set for a directory: rows that a former file of it declared are its own too. */
  readonly directory: string | null;
  /** For the audit log. */
  readonly source: string;
}

/**
 * Reads a file, the files of a directory, or stdin (`-`).
 *
 * @param name of the text that comes from stdin
 * @param prune whether rows go that stand in no file: then a file that cannot be taken is a fault
 * @throws CliError when stdin cannot be read
 */
export async function readCustomerFiles(path: string, name: string, prune: boolean): Promise<CustomerFiles> {
  if (path === '-') return fromSources([{ file: name, text: await stdinText(name) }], [], null, name);
  const whole = resolve(path);
  const { sources, problems, warnings } = readPolicyTexts(whole, KIND);
  const faults = prune ? [...problems, ...warnings] : problems;
  // What cannot be read may be no path at all.
  if (faults.length > 0 && sources.length === 0) return fromSources([], faults, null, whole);
  if (faults.length === 0) process.stderr.write(problemText(warnings, 'warning'));
  const isDirectory = statSync(whole, { throwIfNoEntry: false })?.isDirectory() === true;
  return fromSources(sources, faults, isDirectory ? whole : null, whole);
}

function fromSources(
  sources: readonly CustomersSource[],
  faults: readonly Problem[],
  directory: string | null,
  source: string,
): CustomerFiles {
  const read = readCustomers(sources);
  const files = sources.map(({ file }) => file);
  if (read.ok) return { declared: read.declared, problems: faults, files, directory, source };
  return { declared: read.sound, problems: [...faults, ...read.problems], files, directory, source };
}

async function stdinText(name: string): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of process.stdin as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      size += chunk.length;
      if (size > LARGEST) break;
    }
  } catch (error) {
    throw new CliError(`stdin cannot be read: ${reason(error)}`, EXIT.usage);
  }
  const text = decodeText(name, Buffer.concat(chunks), LARGEST);
  if (!text.ok) throw unsound(problemText([text.problem]));
  return text.source.text;
}

/** The files are not sound: nothing was changed. */
export function unsound(problems: string): CliError {
  return new CliError(`nothing was changed: the files are not sound:\n${problems.trimEnd()}`, EXIT.usage);
}
