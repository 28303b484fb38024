import { isRefusal } from '../../policy/refusal.js';
import type { DeclarationContext } from './declaration-context.js';
import { authorityText } from './declaration-words.js';
import type { DeclaredAuthority } from './declaration.js';
import { leftByHand, leftText } from './left-customers.js';

/** Brings a CA to what a file says. A change is a removal and a new CA, so sessions by the former one end. */
export function applyAuthority(context: DeclarationContext, declared: DeclaredAuthority): void {
  const {
    parts: { authorities },
    actor,
    options,
    removals,
    ownership,
    outcome,
  } = context;
  const wanted = withoutThoseWhoLeft(context, declared);
  if (wanted === null) return;
  const { name, fingerprint, file, at } = wanted;
  const subject = { of: 'authority', name } as const;
  const present = authorities.list().find((one) => one.name === name);
  const isSame = present?.fingerprint === fingerprint && authorityText(present) === authorityText(wanted);
  if (present !== undefined && isSame) {
    ownership.claim(subject, present.declared, file);
    return;
  }
  if (present !== undefined) {
    if (!ownership.mayChange(subject, present.declared, authorityText(present), at)) return;
    const removed = authorities.remove(name, actor, { file });
    if (isRefusal(removed)) {
      outcome.object(at, removed.message);
      return;
    }
  } else {
    const gone = options.take ? null : removals.ofAuthority(fingerprint);
    if (gone !== null) {
      const what = `the CA ${name} was removed by hand at ${gone.at}`;
      outcome.note(at, `${what}, so it is not trusted again`, true);
      return;
    }
  }
  const before = present === undefined ? null : authorityText(present);
  const added = authorities.add(wanted, actor, { file });
  outcome.did(present === undefined ? 'add' : 'change', subject, before, authorityText(wanted), at, added);
}

/** The CA for those whom the file still means; null when there is nobody left. */
function withoutThoseWhoLeft(
  context: DeclarationContext,
  declared: DeclaredAuthority,
): DeclaredAuthority | null {
  const { name, everybody, groups, at } = declared;
  const customers = declared.customers.filter((customer) => {
    const left = leftByHand(context, customer);
    if (left !== null)
      context.outcome.note(
        at,
        `${leftText(customer, left)}, so the CA ${name} does not speak for them`,
        true,
      );
    return left === null;
  });
  const isForNobody = customers.length === 0 && declared.customers.length > 0;
  return isForNobody && !everybody && groups.length === 0 ? null : { ...declared, customers };
}
