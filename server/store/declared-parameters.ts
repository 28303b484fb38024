import { retired } from './declaration-context.js';
import type { DeclarationContext } from './declaration-context.js';
import type { DeclaredParameter } from './declaration.js';

/** Brings a parameter of a domain to what a file says. */
export function applyParameter(
  { parts: { parameters }, actor, options, removals, ownership, outcome }: DeclarationContext,
  { domain, name, value, file, at }: DeclaredParameter,
): void {
  const subject = { of: 'parameter', domain, name } as const;
  const present = parameters.of(domain).find((row) => row.name === name);
  if (present === undefined) {
    const gone = options.take ? null : removals.ofParameter(domain, name);
    if (gone !== null) {
      outcome.note(at, `${name} of ${domain} was unset by hand at ${gone.at}, so it is not set again`, true);
      return;
    }
  } else {
    if (!present.counts) {
      outcome.note(at, retired(name, domain));
      return;
    }
    if (present.value === value) {
      ownership.claim(subject, present.declared, file);
      return;
    }
    if (!ownership.mayChange(subject, present.declared, present.value, at)) return;
  }
  const set = parameters.set(domain, { [name]: value }, actor, { file });
  outcome.did(present === undefined ? 'add' : 'change', subject, present?.value ?? null, value, at, set);
}
