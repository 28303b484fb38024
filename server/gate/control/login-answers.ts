import type { CustomerName, Fingerprint } from '../../../policy/names.js';
import type { CertificateNote } from '../../store/audit-actor.js';

/** One request of a refused connection, and why it was refused. */
export interface ExplainedTry {
  readonly login: string;
  readonly method: string;
  readonly algorithm: string | null;
  readonly fingerprint: Fingerprint | null;
  /** The key's type, or where the key is unknown the algorithm of its signature. */
  readonly type: string | null;
  /** The reason's name, as in `--json` and the audit log. */
  readonly because: string;
  readonly signed: boolean;
  readonly why: string;
  readonly mend: string;
  /** Only of a certificate that a trusted CA has signed. */
  readonly certificate: CertificateNote | null;
  /** The rule of the policy that does not allow the key, as `file:line`. */
  readonly rule: string | null;
  /** Whether the same would be accepted now. */
  readonly acceptedNow: boolean;
}

/** A connection by which nobody has logged in. */
export interface RefusedLogin {
  readonly at: string;
  readonly source: string;
  readonly connection: string | null;
  /** The client's identification, without `SSH-2.0-`. */
  readonly client: string | null;
  readonly because: string;
  readonly detail: string | null;
  readonly times: number;
  /** The audit log knows less, and keeps it longer. */
  readonly from: 'memory' | 'audit';
  /** Null where the tries say it, as is `mend`. */
  readonly why: string | null;
  readonly mend: string | null;
  readonly tries: readonly ExplainedTry[];
}

/** `GET /logins/refused`. */
export interface RefusedLogins {
  readonly refused: readonly RefusedLogin[];
  /** All of it as text for a terminal. */
  readonly text: string;
}

/** `POST /logins/explain`. */
export interface ExplainedLogin {
  readonly login: string;
  readonly fingerprint: Fingerprint;
  readonly type: string | null;
  readonly accepted: boolean;
  readonly because: string | null;
  readonly customer: CustomerName | null;
  readonly rule: string | null;
  readonly why: string | null;
  readonly mend: string | null;
  /** Only of a certificate that a trusted CA has signed. */
  readonly certificate: CertificateNote | null;
  /** What would refuse it although the key is right. */
  readonly remarks: readonly string[];
  readonly text: string;
}
