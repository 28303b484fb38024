import { shortList } from '../../policy/listing.js';
import { isRefusal } from '../../policy/refusal.js';
import type { DeclarationContext } from './declaration-context.js';
import { keyText } from './declaration-words.js';
import type { DeclaredKey } from './declaration.js';
import type { Customer, Key } from './records.js';

/** The customer whose keys and roles a file declares. */
export interface DeclaredOwner {
  readonly customer: Customer;
  readonly file: string;
  /** Another file that declares the customer: then nothing of theirs is added here. */
  readonly owner: string | null;
}

/** Brings a key to what a file says. */
export function applyKey(
  context: DeclarationContext,
  of: DeclaredOwner,
  wanted: DeclaredKey,
  present: Key | undefined,
): void {
  if (present === undefined) {
    addKey(context, of, wanted);
    return;
  }
  const { parts, actor, ownership, outcome } = context;
  const { fingerprint, own, expiresAt, at } = wanted;
  if (own) return;
  const { name } = of.customer;
  const { file } = of;
  const subject = { of: 'key', customer: name, fingerprint } as const;
  if (present.expiresAt === expiresAt) {
    ownership.claim(subject, present.declared, file);
    return;
  }
  if (!ownership.mayChange(subject, present.declared, keyText(present), at)) return;
  const set = parts.keys.setExpiry(name, fingerprint, expiresAt, actor, { file });
  outcome.did('change', subject, keyText(present), keyText(wanted), at, set);
}

function addKey(
  { parts: { keys }, actor, options, now, removals, ownership, outcome }: DeclarationContext,
  { customer, file, owner }: DeclaredOwner,
  wanted: DeclaredKey,
): void {
  const { fingerprint, own, expiresAt, at, ...material } = wanted;
  const { name } = customer;
  if (expiresAt !== null && expiresAt <= now) return;
  const gone = options.take && !own ? null : removals.ofKey(customer, fingerprint);
  if (gone !== null) {
    const what = `the key ${fingerprint} of ${name} was removed by hand at ${gone.at}`;
    outcome.note(at, `${what}, so it is not given again`, !own);
    return;
  }
  if (owner !== null) {
    ownership.objectTo({ of: 'customer', customer: name }, owner, at);
    return;
  }
  const others = keys.holders(fingerprint).map((key) => key.customer);
  const row = { customer: name, fingerprint, expiresAt, own, ...material };
  const added = keys.add(row, actor, options.maxKeys(name), own ? { take: true } : { file });
  const subject = { of: 'key', customer: name, fingerprint } as const;
  if (own && isRefusal(added) && added.code === 'too-many') {
    outcome.note(at, `the key ${fingerprint} of ${name} is not added: ${added.message}`);
    return;
  }
  const isAdded = outcome.did('add', subject, null, keyText(wanted), at, added);
  if (isAdded && others.length > 0)
    outcome.note(at, `${name} has the same key as ${shortList(others)}: each can log in with it`);
}
