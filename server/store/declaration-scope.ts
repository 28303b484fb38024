import { dirname } from 'node:path';
import { matchesGlob } from '../../policy/glob.js';
import type { Subject } from './declaration.js';

/** Which declared rows are the files': only these are changed and pruned. */
export interface DeclarationScope {
  /** The files that are applied. */
  readonly files: readonly string[];
  /** Rows that a file of this directory declared are theirs too: it may not be there any more. */
  readonly directory: string | null;
  /** A glob for customers, and one for domains; null: all. With either, no CA belongs to the scope. */
  readonly customers: string | null;
  readonly domains: string | null;
}

/** Whether a row that this file declares belongs to the scope. */
export function isInScope(scope: DeclarationScope, declared: string, subject: Subject): boolean {
  const { files, directory } = scope;
  const isFile = files.includes(declared) || (directory !== null && dirname(declared) === directory);
  return isFile && isWithin(scope, subject);
}

/** Whether the scope has globs. */
export function isLimited({ customers, domains }: DeclarationScope): boolean {
  return customers !== null || domains !== null;
}

/** Whether the scope's globs allow a row. */
export function isWithin(scope: DeclarationScope, subject: Subject): boolean {
  const { customers, domains } = scope;
  if (!isLimited(scope)) return true;
  if (subject.of === 'authority') return false;
  const isNamed = !('customer' in subject) || customers === null || matchesGlob(customers, subject.customer);
  const isOn = !('domain' in subject) || domains === null || matchesGlob(domains, subject.domain);
  return isNamed && isOn;
}
