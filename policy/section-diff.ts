import type { Domains, Place, Policy, Subjects } from './policy.js';

/** The parts of a policy besides its rules. */
const SECTIONS = ['limits', 'sessions', 'consoles', 'rescues', 'keys'] as const;

/** The differences of one section. Entries are named by id, or by place when they have none. */
export interface SectionChange {
  readonly section: (typeof SECTIONS)[number];
  readonly added: readonly SectionEntry[];
  readonly changed: readonly SectionEntry[];
  readonly removed: readonly SectionEntry[];
  /** Whether the same entries have another order, in a section whose first match counts. */
  readonly reordered: boolean;
}

export interface SectionEntry {
  /** Null when entries of this section have none. */
  readonly id: string | null;
  readonly place: Place;
}

interface Entry {
  readonly id?: string;
  readonly subjects: Subjects;
  readonly domains?: Domains;
  readonly place: Place;
}

/** The sections that differ in meaning. Different members of a group that they name count too. */
export function sectionDiff(before: Policy, after: Policy): readonly SectionChange[] {
  return SECTIONS.map((section) => compare(section, listed(before, section), listed(after, section))).filter(
    ({ added, changed, removed, reordered }) =>
      added.length + changed.length + removed.length > 0 || reordered,
  );
}

interface Listed extends SectionEntry {
  readonly says: string;
}

function listed(policy: Policy, section: SectionChange['section']): readonly Listed[] {
  const { limits, sessionLimits, consoleTerms, rescueTerms, keyRules } = policy;
  const entries: readonly Entry[] = {
    limits,
    sessions: sessionLimits,
    consoles: consoleTerms,
    rescues: rescueTerms,
    keys: keyRules,
  }[section];
  return entries.map((entry) => {
    // An id made from the place, like `limits[3]`, says nothing.
    const id = entry.id === undefined || entry.id.includes('[') ? null : entry.id;
    return { id, place: entry.place, says: meaning(policy, entry) };
  });
}

function meaning({ groups, tags }: Policy, entry: Entry): string {
  const members = entry.subjects.groups.map((group) => [group, groups[group]]);
  const tagged = entry.domains?.tags.map((tag) => [tag, tags[tag]]);
  return JSON.stringify([{ ...entry, id: null, place: null }, members, tagged]);
}

function compare(
  section: SectionChange['section'],
  before: readonly Listed[],
  after: readonly Listed[],
): SectionChange {
  const added = after.filter((entry) => !before.some((old) => sameEntry(old, entry)));
  const removed = before.filter((entry) => !after.some((now) => sameEntry(now, entry)));
  const changed = after.filter(
    (entry) => entry.id !== null && before.some((old) => old.id === entry.id && old.says !== entry.says),
  );
  const kept = (list: readonly Listed[], gone: readonly Listed[]): string =>
    JSON.stringify(list.filter((entry) => !gone.includes(entry)).map(({ id, says }) => id ?? says));
  const reordered = section !== 'limits' && kept(before, removed) !== kept(after, added);
  const plain = (list: readonly Listed[]): readonly SectionEntry[] =>
    list.map(({ id, place }) => ({ id, place }));
  return { section, added: plain(added), changed: plain(changed), removed: plain(removed), reordered };
}

function sameEntry(one: Listed, other: Listed): boolean {
  return one.id === null ? one.says === other.says : one.id === other.id;
}
