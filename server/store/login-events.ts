import type { Fingerprint } from '../../policy/names.js';
import type { CertificateNote, CustomerActor, EventActor } from './audit-actor.js';

/** Who comes, who is refused, and how sessions begin and end. */
export type LoginEvent =
  | {
      readonly kind: 'login.accepted';
      readonly actor: CustomerActor;
      readonly login: string;
      /** Only there when a security key has verified its user, by PIN or fingerprint. */
      readonly verified?: true;
      /** Missing for a login by a registered key. The actor's fingerprint is of the key inside. */
      readonly certificate?: CertificateNote;
    }
  /** `login` is made printable and cut at 64 characters. The event never says whether the customer exists. */
  | {
      readonly kind: 'login.refused';
      readonly source: string;
      readonly connection: string;
      readonly login: string;
      readonly fingerprint: Fingerprint | null;
      readonly reason: string;
      /** Only when its CA is one of ours and has signed it. */
      readonly certificate?: CertificateNote;
    }
  | {
      readonly kind: 'source.penalised';
      readonly source: string;
      readonly seconds: number;
      readonly reason: string;
    }
  | { readonly kind: 'connection.closed'; readonly actor: CustomerActor; readonly seconds: number }
  | {
      readonly kind: 'session.opened' | 'session.closed';
      readonly actor: CustomerActor;
      readonly session: string;
      readonly what: 'menu' | 'plain-menu' | 'exec';
      /** For exec the verb only, never arguments, because they may hold key material. */
      readonly command: string | null;
    }
  | {
      readonly kind: 'session.ended';
      readonly actor: EventActor | null;
      readonly session: string;
      readonly reason: string;
    };
