import type { Action } from '../../../policy/actions.js';
import type { CustomerName, DomainName } from '../../../policy/names.js';
import { sourceBucket } from '../../../policy/network.js';
import type { Limit } from '../../../policy/policy.js';
import type { Unsubscribe } from '../session/terminal.js';

/** One attachment to a console. */
export interface LiveAttachment {
  /** The id of its permit. */
  readonly operation: string;
  readonly customer: CustomerName;
  /** The customer's source address. */
  readonly source: string;
  readonly domain: DomainName;
  /** Its action now: a customer who came to watch may have the keyboard by now. */
  action(): Action;
  /** The session that it belongs to; missing where none is known. */
  readonly session?: string | null;
  /** When it began. Milliseconds since the epoch. */
  readonly since?: number;
}

/** An attachment as admins see it. */
export interface ShownAttachment {
  readonly session: string | null;
  readonly domain: DomainName;
  readonly action: Action;
  /** Milliseconds since the epoch. */
  readonly since: number;
}

/** Says which attachments are counted. */
export interface AttachmentQuery extends Pick<Limit, 'per' | 'actions'> {
  readonly customer: CustomerName;
  readonly source: string | null;
  readonly domain: DomainName;
}

/** The place of an attachment that was allowed and is not open yet. */
export interface HeldPlace extends Pick<LiveAttachment, 'operation' | 'customer' | 'source' | 'domain'> {
  readonly action: Action;
}

/** How many consoles are open, by what their visitors may do now. */
export interface OpenConsoles {
  readonly writing: number;
  readonly watching: number;
}

/** The attachments that are open now, for the policy's limits of how many at once. */
export interface Attachments {
  /**
   * Call it in the turn in which the attachment was allowed, so that two at once cannot both pass a limit of
   * one. @returns removes the attachment
   */
  enter(attachment: LiveAttachment): Unsubscribe;
  count(query: AttachmentQuery): number;
  /** How many there are, for admins. */
  open(): OpenConsoles;
  /** All of them, for admins. */
  list(): readonly ShownAttachment[];
  /** Holds a place from the decision to `enter`, in the transaction of the decision. */
  hold(place: HeldPlace): void;
  /** Call it when an attachment's action has changed. */
  changed(): void;
}

/**
 * The attachments that are open now in this process, for the policy's limits of how many at once. They are kept in memory and
 * not counted from the audit log, because consoles go on while that cannot be written.
 */
export class LiveAttachments implements Attachments {
  readonly #attachments = new Set<LiveAttachment>();

  enter(attachment: LiveAttachment): Unsubscribe {
    this.#attachments.add(attachment);
    return () => this.#attachments.delete(attachment);
  }

  count({ per, actions, customer, source, domain }: AttachmentQuery): number {
    const bucket = source === null ? null : sourceBucket(source);
    const counted = [...this.#attachments].filter((attachment) => {
      if (!actions.includes(attachment.action())) return false;
      if (per === 'source') return sourceBucket(attachment.source) === bucket;
      return per === 'customer' ? attachment.customer === customer : attachment.domain === domain;
    });
    return counted.length;
  }

  open(): OpenConsoles {
    const all = [...this.#attachments];
    const watching = all.filter((attachment) => attachment.action() === 'watch').length;
    return { writing: all.length - watching, watching };
  }

  list(): readonly ShownAttachment[] {
    return [...this.#attachments].map((attachment) => {
      const { session = null, domain, since = 0 } = attachment;
      return { session, domain, action: attachment.action(), since };
    });
  }

  /** One process decides and enters in one turn. */
  hold(): void {
    return undefined;
  }

  /** Each count asks for the action. */
  changed(): void {
    return undefined;
  }
}
