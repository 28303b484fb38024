import { counted, listed, shortList } from './listing.js';
import type { Place, Policy, Rule } from './policy.js';
import type { Right } from './right.js';
import type { Holding, RightsChange } from './rights-diff.js';
import { rightsDiff } from './rights-diff.js';
import type { SectionChange, SectionEntry } from './section-diff.js';
import { sectionDiff } from './section-diff.js';
import { ACTIONS } from './actions.js';

/** The differences between two policies. */
export interface PolicyDiff {
  readonly rights: readonly RightsChange[];
  readonly sections: readonly SectionChange[];
  /** The number of roles compared. */
  readonly holdings: number;
}

/** Compares two policies. @param holdings the roles whose rights are compared */
export function policyDiff(before: Policy, after: Policy, holdings: readonly Holding[]): PolicyDiff {
  return {
    rights: rightsDiff(before, after, holdings),
    sections: sectionDiff(before, after),
    holdings: holdings.length,
  };
}

export function isEmpty({ rights, sections }: PolicyDiff): boolean {
  return rights.length === 0 && sections.length === 0;
}

/** Names of customers or domains that are written out. */
const NAMED = 2;
/** Changes that are listed; those that concern the fewest roles are only counted. */
const TOLD = 30;

const SIGN: Readonly<Record<RightsChange['kind'], string>> = { lose: '-', gain: '+', change: '~' };

/** The differences for a terminal: lines that end with a newline. */
export function diffText(diff: PolicyDiff): string {
  const { rights, sections, holdings } = diff;
  const told = [...rights].sort((a, b) => b.holdings - a.holdings).slice(0, TOLD);
  const lines = rights.filter((change) => told.includes(change)).flatMap(changeLines);
  const untold = rights.length - told.length;
  if (untold > 0) lines.push(`and ${untold} more changes, of fewer roles each: --json tells them all`);
  lines.push(...sections.map(sectionLine));
  if (rights.length === 0) lines.push(`nobody gains or loses anything (${counted(holdings, 'role')})`);
  else lines.push(summary(rights, holdings));
  return `${lines.join('\n')}\n`;
}

/** The complete differences, for JSON. */
export function diffJson({ rights, sections, holdings }: PolicyDiff): object {
  return {
    holdings,
    rights: rights.map(({ before, after, ...change }) => ({
      ...change,
      before: rightJson(before),
      after: rightJson(after),
    })),
    sections,
  };
}

function rightJson({ standing, rules }: Right): object {
  return { standing, rules: rules.map(({ id, place }) => ({ id, place })) };
}

function changeLines(change: RightsChange): readonly string[] {
  const { kind, customers, domains, holdings, before, after } = change;
  const what = actionsText(change.actions);
  const one = customers.length === 1;
  const verb = { lose: one ? 'loses' : 'lose', gain: one ? 'gains' : 'gain', change: one ? 'has' : 'have' }[
    kind
  ];
  const deed = kind === 'change' ? `${what} on other conditions` : what;
  const all = customers.length * domains.length;
  const roles = all === 1 ? '' : ` (${counted(holdings, 'role')})`;
  return [
    `${SIGN[kind]} ${some(customers)} ${verb} ${deed} on ${some(domains)}${roles}`,
    `    ${rightText(after)}; before: ${rightText(before)}`,
  ];
}

function rightText({ standing, rules }: Right): string {
  if (rules.length === 0) return 'no rule allows it';
  const by = [...new Set(rules)].map(ruleText).join(', ');
  if (standing === 'sometimes') return `allowed at times by ${by}`;
  return `${standing === 'always' ? 'allowed' : 'denied'} by ${by}`;
}

function ruleText({ id, place }: Rule): string {
  return `${id} (${where(place)})`;
}

function actionsText(words: readonly string[]): string {
  return ACTIONS.every((action) => words.includes(action)) ? 'everything' : words.join(', ');
}

function sectionLine({ section, added, changed, removed, reordered }: SectionChange): string {
  const parts = [
    ...added.map((entry) => `${called(entry)} is new`),
    ...changed.map((entry) => `${called(entry)} is changed`),
    ...removed.map((entry) => `${called(entry)} is gone`),
    ...(reordered ? ['the order is another'] : []),
  ];
  return `  ${section}: ${shortList(parts, TOLD)}`;
}

function called({ id, place }: SectionEntry): string {
  return id === null ? where(place) : `${id} (${where(place)})`;
}

function summary(rights: readonly RightsChange[], holdings: number): string {
  const who = (kind: RightsChange['kind']): number =>
    new Set(rights.filter((change) => change.kind === kind).flatMap(({ customers }) => customers)).size;
  const parts = [
    `${counted(who('lose'), 'customer')} ${who('lose') === 1 ? 'loses' : 'lose'} something`,
    `${counted(who('gain'), 'customer')} ${who('gain') === 1 ? 'gains' : 'gain'}`,
  ];
  return `${parts.join(', ')} (${counted(holdings, 'role')} asked about)`;
}

function some(names: readonly string[]): string {
  // "and 1 more" would hide a single name.
  return names.length <= NAMED + 1 ? listed(names) : shortList(names, NAMED);
}

/** The file's name without its directory: both policies are usually in the same one. */
function where({ file, line }: Place): string {
  return `${file.slice(file.lastIndexOf('/') + 1)}:${line}`;
}
