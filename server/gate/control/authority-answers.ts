import type { Authority } from '../../store/records.js';

/** A CA as admins see it. */
export interface AuthorityView extends Omit<Authority, 'blob' | 'sinceSeq' | 'sole'> {
  /** The line of a .pub file, without a comment. */
  readonly publicKey: string;
}

export function authorityView(authority: Authority): AuthorityView {
  const { name, fingerprint, type, blob, addedAt, everybody, customers, groups, declared } = authority;
  const publicKey = `${type} ${blob.toString('base64')}`;
  return { name, fingerprint, type, addedAt, everybody, customers, groups, declared, publicKey };
}

/** `DELETE /authorities/NAME`. */
export interface AuthorityRemoved {
  readonly authority: AuthorityView;
  readonly sessionsEnded: number;
}
