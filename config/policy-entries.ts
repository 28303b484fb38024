import type { CustomerName } from '../policy/names.js';
import type {
  ConsoleTerms,
  KeyRule,
  Limit,
  Policy,
  RescueTerms,
  Rule,
  SessionLimit,
} from '../policy/policy.js';
import type { PolicyTest } from '../policy/policy-test.js';
import type { PolicyDocument } from '../policy/policy-schema.js';
import type { DocumentPath } from '../policy/schema-fault.js';
import { PolicyEntryReader } from './policy-entry-reader.js';
import type { PolicyNames } from './policy-names.js';
import type { ProblemReport } from './problem-report.js';

/** One file of the policy, with the report of its problems. */
interface PolicyPart {
  readonly report: ProblemReport;
  readonly document: PolicyDocument;
}

/**
 * Interprets the entries of all files, in order, and reports problems that no schema can see. A value that
 * the schema refused counts as absent: the result is used only when nothing was reported.
 */
export function policyEntries(
  parts: readonly PolicyPart[],
  names: PolicyNames,
): { readonly policy: Policy; readonly tests: readonly PolicyTest[] } {
  const groups: Record<string, readonly CustomerName[]> = {};
  const tags: Record<string, readonly string[]> = {};
  const rules: Rule[] = [];
  const limits: Limit[] = [];
  const sessionLimits: SessionLimit[] = [];
  const consoleTerms: ConsoleTerms[] = [];
  const rescueTerms: RescueTerms[] = [];
  const keyRules: KeyRule[] = [];
  const before = { rules: 0, limits: 0 };
  for (const { report, document } of parts) {
    const reader = new PolicyEntryReader(report, names);
    for (const [name, members, path] of soundLists(report, 'groups', document.groups)) {
      groups[name] = reader.members(members, path);
    }
    for (const [name, globs, path] of soundLists(report, 'tags', document.tags)) {
      tags[name] = reader.domainGlobs(globs, path);
    }
    for (const [entry, path, index] of mappings(report, 'rules', document.rules)) {
      rules.push(reader.rule(entry, path, `rules[${before.rules + index}]`));
    }
    for (const [entry, path, index] of mappings(report, 'limits', document.limits)) {
      limits.push(reader.limit(entry, path, `limits[${before.limits + index}]`));
    }
    for (const [entry, path] of mappings(report, 'sessions', document.sessions)) {
      sessionLimits.push(reader.session(entry, path));
    }
    for (const [entry, path] of mappings(report, 'consoles', document.consoles)) {
      consoleTerms.push(reader.console(entry, path));
    }
    for (const [entry, path] of mappings(report, 'rescues', document.rescues)) {
      rescueTerms.push(reader.rescue(entry, path));
    }
    for (const [entry, path] of mappings(report, 'keys', document.keys)) {
      keyRules.push(reader.key(entry, path));
    }
    before.rules += document.rules.length;
    before.limits += document.limits.length;
  }
  const policy = { groups, tags, rules, limits, sessionLimits, consoleTerms, rescueTerms, keyRules };
  return { policy, tests: testEntries(parts, names) };
}

/** Tests are read when the names of all files are known. */
function testEntries(parts: readonly PolicyPart[], names: PolicyNames): readonly PolicyTest[] {
  return parts.flatMap(({ report, document }) => {
    const reader = new PolicyEntryReader(report, names);
    return mappings(report, 'tests', document.tests).flatMap(([entry, path]) => reader.tests(entry, path));
  });
}

function soundLists<T>(
  report: ProblemReport,
  section: string,
  record: Readonly<Record<string, readonly T[]>>,
): readonly (readonly [string, readonly T[], DocumentPath])[] {
  const all = Object.entries(record).map(([name, list]) => [name, list, [section, name]] as const);
  return all.filter(([, , path]) => report.sound(path));
}

/** The entries that are mappings, without the keys that the schema refused. */
function mappings<T extends object>(
  report: ProblemReport,
  section: string,
  entries: readonly T[],
): readonly (readonly [Partial<T>, DocumentPath, number])[] {
  return entries.flatMap((entry: unknown, index) => {
    if (typeof entry !== 'object' || entry === null || Array.isArray(entry)) return [];
    const path = [section, String(index)];
    const keys = Object.entries(entry).filter(([key]) => report.soundWithin([...path, key]));
    return [[Object.fromEntries(keys) as Partial<T>, path, index] as const];
  });
}
