import { counted } from '../policy/listing.js';
import { loadPolicy } from './policy-directory.js';
import type { LoadedPolicy, RefusedPolicy } from './policy-document.js';
import type { Problem } from './problem.js';
import { problemText } from './problem.js';

/**
 * The output of `postern policy check` and its exit status: 0 for a sound policy, even with warnings; 1 with
 * problems.
 */
interface PolicyCheck {
  readonly text: string;
  readonly exitStatus: 0 | 1;
}

/** Checks policy files and directories, read as one document in the given order. */
export function checkPolicy(paths: readonly string[], { json }: { readonly json: boolean }): PolicyCheck {
  const result = loadPolicy(paths);
  const text = json ? `${JSON.stringify(asJson(result))}\n` : asText(result);
  return { text, exitStatus: result.ok ? 0 : 1 };
}

function asText(result: LoadedPolicy | RefusedPolicy): string {
  const warnings = problemText(result.warnings, 'warning');
  if (!result.ok) {
    return `${problemText(result.problems)}${warnings}${counted(result.problems.length, 'problem')}; this policy would not be loaded\n`;
  }
  const { rules, limits, sessionLimits } = result.policy;
  const { tests } = result;
  const passed = tests.length === 0 ? [] : [`${counted(tests.length, 'test')} passed`];
  const parts = [
    counted(result.sources.length, 'file'),
    counted(rules.length, 'rule'),
    counted(limits.length, 'limit'),
    counted(sessionLimits.length, 'session limit'),
    ...passed,
  ];
  return `${warnings}the policy is sound: ${parts.join(', ')}; digest ${result.digest.slice(0, 12)}\n`;
}

function asJson(result: LoadedPolicy | RefusedPolicy): object {
  return {
    ok: result.ok,
    digest: result.ok ? result.digest : null,
    files: result.ok ? result.sources.map(({ file }) => file) : null,
    problems: result.ok ? [] : result.problems.map(problemJson),
    warnings: result.warnings.map(problemJson),
  };
}

/** A problem as one flat object. Line and column are null when it concerns the whole file. */
function problemJson({ place, message, expected, suggestion, lineText }: Problem): object {
  const { file } = place;
  const [line, column] = lineText === null ? [null, null] : [place.line, place.column];
  return { file, line, column, message, expected, suggestion, lineText };
}
