import type { CustomerName } from '../../policy/names.js';
import type { DeclarationContext } from './declaration-context.js';
import type { NameRemoval } from './hand-removals.js';

/**
 * Set when the customer whom a file means by a name has given it up by hand: there is nobody of that name now, or
 * somebody else whom a hand made. Always null with `take`.
 */
export function leftByHand(
  { parts: { customers }, options, removals }: DeclarationContext,
  name: CustomerName,
): NameRemoval | null {
  if (options.take) return null;
  const present = customers.find(name);
  if (present === undefined) return removals.ofCustomer(name);
  return present.declared === null ? removals.ofFormer(present) : null;
}

/** The beginning of a sentence. */
export function leftText(name: CustomerName, { at, to }: NameRemoval): string {
  return `${name} was ${to === null ? 'removed' : `renamed to ${to}`} by hand at ${at}`;
}
