import { shortList } from './listing.js';
import { isGlob } from './glob.js';
import type { CustomerName } from './names.js';
import type { Place, Policy, Subjects } from './policy.js';
import type { Role } from './roles.js';

/** The existing customers and roles. */
interface Holders {
  readonly customers: ReadonlySet<CustomerName>;
  /** The roles that somebody holds on some domain. */
  readonly roles: ReadonlySet<Role>;
}

/**
 * Customers and roles that a policy names although nobody has them: hardly ever intended, and often misspelt.
 * Sentences for admins, in document order.
 */
export function unheld(policy: Policy, { customers, roles }: Holders): readonly string[] {
  const strangers = (names: readonly string[]): readonly string[] =>
    names.filter((name) => !isGlob(name) && !customers.has(name as CustomerName));
  const groups = Object.entries(policy.groups).flatMap(([name, members]) => {
    const unknown = strangers(members);
    return unknown.length === 0 ? [] : [`The group ${name} names ${shortList(unknown)}, no customer here.`];
  });
  const entries = subjectsOf(policy).flatMap(([what, subjects, place]) => {
    const where = `${what} (${place.file}:${place.line})`;
    const unknown = strangers(subjects.customers);
    const nobody = subjects.roles.length > 0 && !subjects.roles.some((role) => roles.has(role));
    return [
      ...(unknown.length === 0 ? [] : [`${where} names ${shortList(unknown)}, no customer here.`]),
      ...(nobody
        ? [`${where} is for the role ${subjects.roles.join(', ')}, which nobody has on any domain.`]
        : []),
    ];
  });
  return [...groups, ...entries];
}

function subjectsOf(policy: Policy): readonly (readonly [what: string, subjects: Subjects, place: Place])[] {
  const of = (what: string) => (row: { readonly subjects: Subjects; readonly place: Place }) =>
    [what, row.subjects, row.place] as const;
  return [
    ...policy.rules.map((row) => of(`The rule ${row.id}`)(row)),
    ...policy.limits.map((row) => of(`The limit ${row.id}`)(row)),
    ...policy.sessionLimits.map(of('An entry of `sessions:`')),
    ...policy.consoleTerms.map(of('An entry of `consoles:`')),
    ...policy.rescueTerms.map(of('An entry of `rescues:`')),
    ...policy.keyRules.map(of('An entry of `keys:`')),
  ];
}
