import { retired } from './declaration-context.js';
import type { DeclarationContext } from './declaration-context.js';
import { roleText } from './declaration-words.js';
import type { DeclaredRole } from './declaration.js';
import type { DeclaredOwner } from './declared-keys.js';
import type { RoleRow } from './records.js';

/** Brings a role to what a file says. */
export function applyRole(
  context: DeclarationContext,
  of: DeclaredOwner,
  wanted: DeclaredRole,
  found: RoleRow | undefined,
): void {
  const { parts, actor, now, ownership, outcome } = context;
  const { roles } = parts;
  if (found === undefined || roles.isOver(found)) {
    addRole(context, of, wanted);
    return;
  }
  const { domain, role, until, at } = wanted;
  const { name } = of.customer;
  const { file } = of;
  const subject = { of: 'role', customer: name, domain } as const;
  if (!found.counts) {
    outcome.note(at, retired(`the role of ${name}`, domain));
    return;
  }
  if (found.role === role && found.until === until) {
    ownership.claim(subject, found.declared, file);
    return;
  }
  const before = roleText(found);
  if (!ownership.mayChange(subject, found.declared, before, at)) return;
  if (until !== null && until <= now) {
    outcome.did('remove', subject, before, null, at, roles.remove(name, domain, actor, { file }));
    return;
  }
  const changed = roles.add(name, domain, role, actor, until, { file });
  outcome.did('change', subject, before, roleText(wanted), at, changed);
}

function addRole(
  { parts: { roles }, actor, options, now, removals, ownership, outcome }: DeclarationContext,
  { customer, file, owner }: DeclaredOwner,
  wanted: DeclaredRole,
): void {
  const { domain, role, until, at } = wanted;
  const { name } = customer;
  if (until !== null && until <= now) return;
  const gone = options.take ? null : removals.ofRole(customer, domain);
  if (gone !== null) {
    const what = `the role of ${name} on ${domain} was taken away by hand at ${gone.at}`;
    outcome.note(at, `${what}, so it is not given again`, true);
    return;
  }
  if (owner !== null) {
    ownership.objectTo({ of: 'customer', customer: name }, owner, at);
    return;
  }
  const added = roles.add(name, domain, role, actor, until, { file });
  outcome.did('add', { of: 'role', customer: name, domain }, null, roleText(wanted), at, added);
}
