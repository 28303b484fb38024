import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import type { Place, Policy } from '../policy/policy.js';
import { expectation, failedTests, outcome, timelessTests } from '../policy/policy-test.js';
import type { PolicyTest } from '../policy/policy-test.js';
import type { PolicyDocument } from '../policy/policy-schema.js';
import { POLICY_SCHEMA } from '../policy/policy-schema.js';
import { schemaCheck } from '../policy/schema-check.js';
import { frozen } from './frozen.js';
import { policyEntries } from './policy-entries.js';
import { PolicyNames } from './policy-names.js';
import { coveredRules } from './covered-rules.js';
import type { Problem } from './problem.js';
import { fileProblem } from './problem.js';
import { inOrder, ProblemReport } from './problem-report.js';
import { SourceText } from './source-text.js';
import type { YamlDocument } from './yaml-document.js';
import { parseYaml } from './yaml-document.js';

/** The text of a policy file. */
export interface PolicySource {
  readonly file: string;
  readonly text: string;
}

/** A complete and sound policy. */
export interface LoadedPolicy {
  readonly ok: true;
  /** Frozen, deeply. */
  readonly policy: Policy;
  /** The tests of the policy; all of them hold. */
  readonly tests: readonly PolicyTest[];
  /** SHA-256 (hex) over the files' base names and texts, in order. */
  readonly digest: string;
  readonly warnings: readonly Problem[];
  readonly sources: readonly PolicySource[];
}

/** All problems, not only the first. */
export interface RefusedPolicy {
  readonly ok: false;
  readonly problems: readonly Problem[];
  readonly warnings: readonly Problem[];
}

/** Options of `readPolicy`. */
interface PolicyReading {
  /** False when further files could not be read: they may define names that these use. */
  readonly complete?: boolean;
  /** False for a policy that was accepted once: a test that fails today must not discard the last policy. */
  readonly tested?: boolean;
}

/** Makes one policy of the texts of files, in the given order. Never throws because of their content. */
export function readPolicy(
  sources: readonly PolicySource[],
  { complete = true, tested = true }: PolicyReading = {},
): LoadedPolicy | RefusedPolicy {
  const files = sources.map(({ file }) => file);
  const parsed = sources.map(({ file, text }) => parseYaml(new SourceText(file, text)));
  const unparsed = parsed.flatMap((result) => (result.ok ? [] : result.problems));
  const reports = parsed.flatMap((result) => (result.ok ? [checked(result.document)] : []));
  const names = new PolicyNames(complete && unparsed.length === 0);
  const parts = reports.map((report) => ({ report, document: documentOf(report) }));
  for (const { report, document } of parts) names.learn(report, document);
  const { policy, tests } = policyEntries(parts, names);
  const sound = unparsed.length === 0 && reports.every((report) => report.problems.length === 0);
  if (sound && complete && tested) runTests(policy, tests, reports);
  const problems = inOrder([...unparsed, ...reports.flatMap((report) => report.problems)], files);
  if (problems.length === 0) warnOfCovered(policy, reports);
  const warnings = inOrder(
    reports.flatMap((report) => report.warnings),
    files,
  );
  if (problems.length > 0) return { ok: false, problems, warnings };
  const all = [...nothingToSee(policy, files), ...warnings];
  return {
    ok: true,
    policy: frozen(policy),
    tests: frozen(tests),
    digest: digestOf(sources),
    warnings: all,
    sources,
  };
}

/** An empty file is a document without entries. */
function checked(document: YamlDocument): ProblemReport {
  const report = new ProblemReport(document);
  report.faults(document.value === null ? [] : schemaCheck(POLICY_SCHEMA)(document.value));
  return report;
}

/** The digest of `LoadedPolicy`. */
export function digestOf(sources: readonly PolicySource[]): string {
  const hash = createHash('sha256');
  for (const { file, text } of sources) hash.update(JSON.stringify([basename(file), text]));
  return hash.digest('hex');
}

/** The document's sections. A missing or malformed section counts as empty. */
function documentOf(report: ProblemReport): PolicyDocument {
  const value = (report.document.value ?? {}) as Partial<PolicyDocument>;
  const section = <K extends keyof PolicyDocument>(key: K, empty: PolicyDocument[K]): PolicyDocument[K] => {
    const found: unknown = typeof value === 'object' ? value[key] : undefined;
    return typeof found === 'object' && found !== null && Array.isArray(found) === Array.isArray(empty)
      ? (found as PolicyDocument[K])
      : empty;
  };
  return {
    groups: section('groups', {}),
    tags: section('tags', {}),
    rules: section('rules', []),
    limits: section('limits', []),
    sessions: section('sessions', []),
    consoles: section('consoles', []),
    rescues: section('rescues', []),
    keys: section('keys', []),
    tests: section('tests', []),
  };
}

function warnOfCovered(policy: Policy, reports: readonly ProblemReport[]): void {
  for (const { rule, by } of coveredRules(policy)) {
    const where = seenFrom(rule.place, by.place);
    reportOf(rule.place, reports)?.warnAt(
      rule.place,
      `The rule ${rule.id} is never reached: ${by.id} (${where}) has decided all of it before.`,
    );
  }
}

/** Failed tests that are listed: one mistake in a rule can fail them all. */
const TOLD_TESTS = 50;

function runTests(policy: Policy, tests: readonly PolicyTest[], reports: readonly ProblemReport[]): void {
  const now = new Date();
  for (const { place } of timelessTests(policy, tests, now).slice(0, TOLD_TESTS)) {
    const message = 'What comes of this test depends on the time.';
    reportOf(place, reports)?.errorAt(place, message, '`at:`, a time for it');
  }
  const failed = failedTests(policy, tests, now);
  for (const [index, { test, decision }] of failed.entries()) {
    if (index === TOLD_TESTS) {
      const message = `From here on there are ${failed.length - TOLD_TESTS} more tests that fail.`;
      reportOf(test.place, reports)?.errorAt(test.place, message);
      return;
    }
    const { customer, role, action, domain } = test.request;
    const came = outcome(decision, (place) => seenFrom(test.place, place));
    reportOf(test.place, reports)?.errorAt(
      test.place,
      `This test fails: ${action} on ${domain} by ${customer}, ${role ?? 'no role'}, is ${came}.`,
      expectation(test),
    );
  }
}

function reportOf({ file }: Place, reports: readonly ProblemReport[]): ProblemReport | undefined {
  return reports.find(({ document }) => document.source.file === file);
}

/** A place, as a message at another place names it. */
function seenFrom(here: Place, { file, line }: Place): string {
  return file === here.file ? `line ${line}` : `${file}:${line}`;
}

/** A policy that shows customers nothing is valid, but hardly ever intended. */
function nothingToSee(policy: Policy, files: readonly string[]): readonly Problem[] {
  const seen = policy.rules.some(({ effect, actions }) => effect === 'allow' && actions.includes('status'));
  const [first] = files;
  return seen || first === undefined
    ? []
    : [fileProblem(first, 'No rule allows status: customers will see no server at all.')];
}
