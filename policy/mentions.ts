import { matchesGlob } from './glob.js';
import type { CustomerName } from './names.js';
import type { Place, Policy, Subjects } from './policy.js';

/**
 * Places where a policy names a customer, for the admin who renames or removes that customer: no policy
 * changes automatically.
 *
 * @param renamed the new name; then patterns that match only the old name are listed too
 * @returns `group staff`, `rule owners (10-default.yaml:3:5)`, in document order
 */
export function mentionsOf(
  policy: Policy,
  customer: CustomerName,
  renamed?: CustomerName,
): readonly string[] {
  const groups = Object.entries(policy.groups).flatMap(([name, members]) =>
    members.includes(customer) ? [`group ${name}`] : [],
  );
  const lost = (glob: string): boolean =>
    glob === customer ||
    (renamed !== undefined && matchesGlob(glob, customer) && !matchesGlob(glob, renamed));
  const rows: readonly (readonly [what: string, subjects: Subjects, place: Place])[] = [
    ...policy.rules.map((row) => [`rule ${row.id}`, row.subjects, row.place] as const),
    ...policy.limits.map((row) => [`limit ${row.id}`, row.subjects, row.place] as const),
    ...policy.sessionLimits.map((row) => ['sessions', row.subjects, row.place] as const),
    ...policy.consoleTerms.map((row) => ['consoles', row.subjects, row.place] as const),
    ...policy.rescueTerms.map((row) => ['rescues', row.subjects, row.place] as const),
    ...policy.keyRules.map((row) => ['keys', row.subjects, row.place] as const),
  ];
  const named = rows.flatMap(([what, { customers }, { file, line, column }]) =>
    customers.some(lost) ? [`${what} (${file}:${line}:${column})`] : [],
  );
  return [...groups, ...named];
}
