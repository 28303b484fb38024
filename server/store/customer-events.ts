import type { AuthorityName, CustomerName, DomainName, Fingerprint } from '../../policy/names.js';
import type { Role } from '../../policy/roles.js';
import type { EventActor } from './audit-actor.js';

/** Who a customer is: names, keys, roles, CAs, and where they are told what happens. */
export type CustomerEvent =
  /** Where a customer is told what happens. The address has its first letter and its domain only. */
  | {
      readonly kind: 'notice.address.asked' | 'notice.address.set' | 'notice.address.removed';
      readonly actor: EventActor;
      readonly customer: CustomerName;
      readonly address: string;
    }
  | {
      readonly kind: 'notice.switched';
      readonly actor: EventActor;
      readonly customer: CustomerName;
      readonly on: boolean;
    }
  | {
      readonly kind: 'customer.added' | 'customer.removed';
      readonly actor: EventActor;
      readonly customer: CustomerName;
      /** The file that declares it; missing for a change by hand. */
      readonly file?: string;
    }
  | {
      readonly kind: 'customer.renamed';
      readonly actor: EventActor;
      /** The old name. */
      readonly customer: CustomerName;
      readonly to: CustomerName;
    }
  | {
      readonly kind: 'customer.suspended' | 'customer.resumed';
      readonly actor: EventActor;
      readonly customer: CustomerName;
      readonly reason: string | null;
      /** The file that declares it; missing for a change by hand. */
      readonly file?: string;
    }
  | {
      readonly kind: 'key.added' | 'key.removed';
      readonly actor: EventActor;
      readonly customer: CustomerName;
      readonly fingerprint: Fingerprint;
      readonly type: string;
      /** The file that declares it; missing for a change by hand. */
      readonly file?: string;
    }
  | {
      readonly kind: 'key.expiry.set';
      readonly actor: EventActor;
      readonly customer: CustomerName;
      readonly fingerprint: Fingerprint;
      /** Null: never. */
      readonly expiresAt: string | null;
      /** The file that declares it; missing for a change by hand. */
      readonly file?: string;
    }
  /** The key expires soon: told once, so many days before. */
  | {
      readonly kind: 'key.expiring';
      readonly customer: CustomerName;
      readonly fingerprint: Fingerprint;
      readonly expiresAt: string;
      readonly days: number;
    }
  /** The role ends by itself soon: told once, so many days before. */
  | {
      readonly kind: 'role.expiring';
      readonly customer: CustomerName;
      readonly domain: DomainName;
      readonly role: Role;
      readonly expiresAt: string;
      readonly days: number;
    }
  /**
   * A login was refused because the signature counter of a security key was not above the last one: there may
   * be a copy of the key. `customer` is the one who would have logged in.
   */
  | {
      readonly kind: 'key.counter.regressed';
      readonly customer: CustomerName;
      readonly fingerprint: Fingerprint;
      readonly source: string;
      readonly last: number;
      readonly counter: number;
    }
  /** A CA whose certificates let customers in. */
  | {
      readonly kind: 'authority.added' | 'authority.removed';
      readonly actor: EventActor;
      readonly authority: Fingerprint;
      readonly name: AuthorityName;
      readonly type: string;
      readonly everybody: boolean;
      readonly customers: readonly CustomerName[];
      readonly groups: readonly string[];
      /** The file that declares it; missing for a change by hand. */
      readonly file?: string;
    }
  | {
      readonly kind: 'role.added';
      readonly actor: EventActor;
      readonly customer: CustomerName;
      readonly domain: DomainName;
      readonly role: Role;
      /** When it ends by itself. ISO 8601; missing when it does not. */
      readonly until?: string;
      /** The file that declares it; missing for a change by hand. */
      readonly file?: string;
    }
  /** Without an actor: its time was over. */
  | {
      readonly kind: 'role.removed';
      readonly actor: EventActor | null;
      readonly customer: CustomerName;
      readonly domain: DomainName;
      readonly role: Role;
      /** The file that declares it; missing for a change by hand. */
      readonly file?: string;
    };
