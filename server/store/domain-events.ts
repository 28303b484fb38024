import type { Action } from '../../policy/actions.js';
import type { ParameterValues } from '../../policy/boot-parameter.js';
import type { DomainState } from '../../policy/domain-state.js';
import type {
  BootProfileName,
  CustomerName,
  DomainName,
  ImageName,
  ParameterName,
} from '../../policy/names.js';
import type { RefusalCode } from '../../policy/refusal.js';
import type { CustomerActor, EventActor } from './audit-actor.js';
import type { Retirement } from './records.js';

interface OnDomain {
  readonly actor: CustomerActor;
  readonly domain: DomainName;
}

/** Every action that changes a domain has an intent, and every intent has an outcome. */
type Intents = {
  readonly [A in Action]: {
    readonly kind: `domain.${A}.requested`;
    readonly operation: string;
    /** Of a rescue the boot profile, of a reinstallation the image. */
    readonly profile: BootProfileName | ImageName | null;
    /** The values of the profile's parameters; missing when it has none. */
    readonly parameters?: ParameterValues;
    /** With `sysrq`: its key; missing in rows from before it was recorded. */
    readonly key?: string;
    /** With `rescue` and `extend`: seconds from the boot to the end; missing when it has none. */
    readonly forSeconds?: number;
    /** With `log-switch`: whether the log is kept from then on. */
    readonly keep?: boolean;
    readonly rule: string;
    /** The policy revision that allowed it. */
    readonly revision: number;
  } & OnDomain;
}[Action];

/** What is asked of domains, what comes of it, and what happens to them. */
export type DomainEvent =
  | Intents
  | {
      readonly kind: 'domain.denied';
      readonly actor: CustomerActor;
      /** As the customer typed it, made printable, at most 80 characters. */
      readonly domain: string;
      readonly action: Action;
      readonly code: RefusalCode;
      readonly detail: string;
      /**
       * The customer is told the reference, to quote it. This and the fields below are missing in old rows.
       */
      readonly reference?: string;
      readonly profile?: BootProfileName | ImageName | null;
      /** With `sysrq`: its key. */
      readonly key?: string;
      /** The policy revision that denied it. */
      readonly revision?: number;
      /** The domain's state, where it was known. */
      readonly state?: DomainState | null;
      readonly booted?: BootProfileName | null;
    }
  | {
      readonly kind: 'operation.ended';
      readonly operation: string;
      readonly domain: DomainName;
      readonly outcome: 'done' | 'failed' | 'superseded' | 'refused' | 'lost';
      readonly code: RefusalCode | null;
      readonly detail: string | null;
    }
  /**
   * Its host has ended a rescue whose time was over, or tried to: nobody asked. `customer` asked for the rescue,
   * as the host's journal has it.
   */
  | {
      readonly kind: 'rescue.ended';
      readonly customer: CustomerName;
      readonly domain: DomainName;
      /** Of dom0; there is no intent of it. */
      readonly operation: string;
      readonly host: string;
      /** `normal`: it boots normally again. `shutdown`: it stays off. */
      readonly by: 'normal' | 'shutdown';
      readonly outcome: 'done' | 'failed' | 'superseded';
      readonly code: RefusalCode | null;
      readonly detail: string | null;
    }
  | {
      readonly kind: 'console.attached' | 'console.detached' | 'console.taken';
      readonly actor: CustomerActor;
      readonly domain: DomainName;
      readonly mode: 'write' | 'watch';
      readonly operation: string;
    }
  /** Somebody has left a console on which a shell seems to be logged in. */
  | {
      readonly kind: 'console.left.logged-in';
      readonly actor: CustomerActor;
      readonly domain: DomainName;
      readonly operation: string;
    }
  /** Xen keeps the domain as crashed. `since` as its host tells it. */
  | {
      readonly kind: 'domain.crashed';
      readonly domain: DomainName;
      readonly host: string;
      readonly since: string;
    }
  /** The domain has booted so often in so many seconds, and nobody asked for it here. */
  | {
      readonly kind: 'domain.looping';
      readonly domain: DomainName;
      readonly host: string;
      readonly boots: number;
      readonly seconds: number;
    }
  | {
      readonly kind: 'domain.retired';
      readonly actor: EventActor | null;
      readonly domain: DomainName;
      /** Missing in rows from before it was recorded. */
      readonly why?: Retirement;
    }
  | { readonly kind: 'domain.adopted'; readonly actor: EventActor | null; readonly domain: DomainName }
  /**
   * Its host says that the domain is gone, but too many went at once: an admin must decide on its retirement.
   */
  | { readonly kind: 'domain.retirement.waits'; readonly actor: null; readonly domain: DomainName }
  /** An admin has said that the domain is not gone. */
  | { readonly kind: 'domain.kept'; readonly actor: EventActor; readonly domain: DomainName }
  | {
      readonly kind: 'domain.parameter.set';
      readonly actor: EventActor;
      readonly domain: DomainName;
      readonly parameter: ParameterName;
      readonly value: string;
      /** The file that declares it; missing for a change by hand. */
      readonly file?: string;
    }
  | {
      readonly kind: 'domain.parameter.unset';
      readonly actor: EventActor;
      readonly domain: DomainName;
      readonly parameter: ParameterName;
      /** The file that declares it; missing for a change by hand. */
      readonly file?: string;
    };
