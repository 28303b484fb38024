import type { Subject } from './declaration.js';
import type { AuthorityScope } from './records.js';

/** A row's name in a sentence. */
export function subjectText(subject: Subject): string {
  switch (subject.of) {
    case 'customer':
      return subject.customer;
    case 'key':
      return `the key ${subject.fingerprint} of ${subject.customer}`;
    case 'role':
      return `the role of ${subject.customer} on ${subject.domain}`;
    case 'parameter':
      return `${subject.name} of ${subject.domain}`;
    case 'authority':
      return `the CA ${subject.name}`;
  }
}

export function keyText(key: { readonly type: string; readonly expiresAt: string | null }): string {
  return key.expiresAt === null ? key.type : `${key.type} until ${key.expiresAt}`;
}

export function roleText({ role, until }: { readonly role: string; readonly until: string | null }): string {
  return until === null ? role : `${role} until ${until}`;
}

/** For whom a CA may speak. */
export function authorityText({ everybody, customers, groups }: AuthorityScope): string {
  const all = [...[...customers].sort(), ...[...groups].sort().map((group) => `group ${group}`)];
  const some = all.length === 0 ? 'nobody' : all.join(', ');
  return everybody ? ['everybody', ...all].join(', ') : some;
}
