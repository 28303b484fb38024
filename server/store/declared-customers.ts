import type { DeclarationContext } from './declaration-context.js';
import { isLimited } from './declaration-scope.js';
import type { DeclaredCustomer } from './declaration.js';
import { applyKey } from './declared-keys.js';
import { applyRole } from './declared-roles.js';
import { leftByHand, leftText } from './left-customers.js';

/** Brings a customer with keys and roles to what a file says. */
export function applyCustomer(context: DeclarationContext, wanted: DeclaredCustomer): void {
  const { parts, actor, options, ownership, outcome } = context;
  const { customers, keys, roles } = parts;
  const { customer: name, file, at } = wanted;
  const subject = { of: 'customer', customer: name } as const;
  const present = customers.find(name);
  const left = leftByHand(context, name);
  if (present === undefined) {
    if (left !== null) {
      outcome.note(at, `${leftText(name, left)}, so nothing of them is given again`, true);
      return;
    }
    if (!outcome.did('add', subject, null, name, at, customers.add(name, actor, { file }))) return;
  } else if (present.declared === null && isLimited(options.scope)) {
    // Within limits nobody gets at what hands gave a customer: a new key would.
    outcome.object(at, `${name} was made by hand: apply it once without --only-customers and --only-domains`);
    return;
  } else if (left !== null) {
    const since = 'The one who has the name now is by hand, so the file gives them nothing';
    outcome.note(at, `${leftText(name, left)}. ${since}`, true);
    return;
  } else ownership.claim(subject, present.declared, file);
  const owner = ownership.other(subject, present?.declared ?? null);
  applySuspension(context, wanted, owner);
  const found = customers.find(name);
  if (found === undefined) return;
  const of = { customer: found, file, owner };
  const held = new Map(keys.list(name).map((key) => [key.fingerprint, key]));
  for (const key of wanted.keys) applyKey(context, of, key, held.get(key.fingerprint));
  // Two sites may each have a bob.
  if (present?.declared === null && held.size > 0 && wanted.keys.length > 0)
    if (!wanted.keys.some(({ fingerprint }) => held.has(fingerprint)))
      outcome.note(at, `${name} was made by hand and had none of these keys: is it the same person?`);
  const has = new Map(roles.of(name).map((role) => [role.domain, role]));
  for (const role of wanted.roles) applyRole(context, of, role, has.get(role.domain));
}

function applySuspension(
  { parts: { customers }, actor, ownership, outcome }: DeclarationContext,
  { customer: name, suspended, file, at }: DeclaredCustomer,
  owner: string | null,
): void {
  const subject = { of: 'customer', customer: name } as const;
  const present = customers.find(name);
  const isSuspended = present !== undefined && present.suspendedAt !== null;
  if (suspended === isSuspended) return;
  if (isSuspended && present.suspendedBy === null)
    outcome.note(at, `${name} is suspended by hand, and stays so (postern customer resume ${name})`);
  else if (owner !== null) ownership.objectTo(subject, owner, at);
  else if (suspended)
    outcome.did('suspend', subject, null, null, at, customers.suspend(name, null, actor, { file }));
  else outcome.did('resume', subject, null, null, at, customers.resume(name, actor, { file }));
}
