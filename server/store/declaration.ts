import type {
  AuthorityName,
  CustomerName,
  DomainName,
  Fingerprint,
  ParameterName,
} from '../../policy/names.js';
import type { Role } from '../../policy/roles.js';
import type { Authority, Key } from './records.js';

/** Where something is declared. */
interface Declared {
  /** The file's path, or the name that was given to a text. Rows keep it. */
  readonly file: string;
  /** The caller's number of the place, which answers repeat. */
  readonly at: number;
}

export interface DeclaredKey extends Pick<Key, 'fingerprint' | 'type' | 'blob' | 'comment' | 'expiresAt'> {
  /** It is the customer's own: it is added where it never was, and no file declares it from then on. */
  readonly own: boolean;
  readonly at: number;
}

export interface DeclaredRole {
  readonly domain: DomainName;
  readonly role: Role;
  /** ISO 8601; null: it has no end. */
  readonly until: string | null;
  readonly at: number;
}

export interface DeclaredCustomer extends Declared {
  readonly customer: CustomerName;
  readonly suspended: boolean;
  readonly keys: readonly DeclaredKey[];
  readonly roles: readonly DeclaredRole[];
}

export interface DeclaredParameter extends Declared {
  readonly domain: DomainName;
  readonly name: ParameterName;
  readonly value: string;
}

export interface DeclaredAuthority
  extends
    Declared,
    Pick<Authority, 'name' | 'fingerprint' | 'type' | 'blob' | 'everybody' | 'customers' | 'groups'> {}

/** All that some files declare. Nothing is in it twice. */
export interface Declaration {
  readonly customers: readonly DeclaredCustomer[];
  readonly parameters: readonly DeclaredParameter[];
  readonly authorities: readonly DeclaredAuthority[];
}

/** A row by its name. */
export type Subject =
  | { readonly of: 'customer'; readonly customer: CustomerName }
  | { readonly of: 'key'; readonly customer: CustomerName; readonly fingerprint: Fingerprint }
  | { readonly of: 'role'; readonly customer: CustomerName; readonly domain: DomainName }
  | { readonly of: 'parameter'; readonly domain: DomainName; readonly name: ParameterName }
  | { readonly of: 'authority'; readonly name: AuthorityName };

/**
 * What becomes of a row. `declare`: it stays as it is and is the file's from now on. `release`: it stays as it is,
 * and no file declares it any more.
 */
export type Verb = 'add' | 'change' | 'remove' | 'suspend' | 'resume' | 'declare' | 'release';

/** One change of a row, in words of the row. */
export interface Change {
  readonly verb: Verb;
  readonly subject: Subject;
  /** What the row says before and after, for people; null where there is none. */
  readonly before: string | null;
  readonly after: string | null;
}

/** Something that the files say and that is not done, or that nobody declares any more: a sentence for the admin. */
export interface Note {
  /** Null: it stands in no file. */
  readonly at: number | null;
  readonly sentence: string;
}

/** Something that cannot be: then nothing is changed. */
export interface Objection {
  /** Null: it stands in no file. */
  readonly at: number | null;
  readonly sentence: string;
}
