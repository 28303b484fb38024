import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import type { Policy } from '../policy/policy.js';
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

/** A policy file as it was read. */
export interface PolicySource {
  readonly file: string;
  readonly text: string;
}

/** A policy that is whole and sound. */
export interface LoadedPolicy {
  readonly ok: true;
  /** Frozen, all of it. */
  readonly policy: Policy;
  /** SHA-256 (hex) over the files' base names and texts, in order. */
  readonly digest: string;
  readonly warnings: readonly Problem[];
  readonly sources: readonly PolicySource[];
}

/** All that is wrong, not only the first. */
export interface RefusedPolicy {
  readonly ok: false;
  readonly problems: readonly Problem[];
  readonly warnings: readonly Problem[];
}

/**
 * Makes one policy of the texts of files, in the order given. Never throws for anything in them.
 * @param complete false when there are more files, which could not be read: they may define what these use
 */
export function readPolicy(sources: readonly PolicySource[], complete = true): LoadedPolicy | RefusedPolicy {
  const files = sources.map(({ file }) => file);
  const parsed = sources.map(({ file, text }) => parseYaml(new SourceText(file, text)));
  const unparsed = parsed.flatMap((result) => (result.ok ? [] : result.problems));
  const reports = parsed.flatMap((result) => (result.ok ? [checked(result.document)] : []));
  const names = new PolicyNames(complete && unparsed.length === 0);
  const parts = reports.map((report) => ({ report, document: documentOf(report) }));
  for (const { report, document } of parts) names.learn(report, document);
  const policy = policyEntries(parts, names);
  const problems = inOrder([...unparsed, ...reports.flatMap((report) => report.problems)], files);
  if (problems.length === 0) warnOfCovered(policy, reports);
  const warnings = inOrder(
    reports.flatMap((report) => report.warnings),
    files,
  );
  if (problems.length > 0) return { ok: false, problems, warnings };
  const all = [...nothingToSee(policy, files), ...warnings];
  return { ok: true, policy: frozen(policy), digest: digestOf(sources), warnings: all, sources };
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

/** The document's sections; one that is not there or of the wrong shape is empty. */
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
  };
}

function warnOfCovered(policy: Policy, reports: readonly ProblemReport[]): void {
  for (const { rule, by } of coveredRules(policy)) {
    const report = reports.find(({ document }) => document.source.file === rule.place.file);
    const where =
      by.place.file === rule.place.file ? `line ${by.place.line}` : `${by.place.file}:${by.place.line}`;
    report?.warnAt(
      rule.place,
      `The rule ${rule.id} is never reached: ${by.id} (${where}) has decided all of it before.`,
    );
  }
}

/** A policy in which customers see nothing is sound, and hardly ever meant. */
function nothingToSee(policy: Policy, files: readonly string[]): readonly Problem[] {
  const seen = policy.rules.some(({ effect, actions }) => effect === 'allow' && actions.includes('status'));
  return seen
    ? []
    : [fileProblem(files[0] ?? '', 'No rule allows status: customers will see no server at all.')];
}
