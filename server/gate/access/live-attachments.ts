import type { Action } from '../../../policy/actions.js';
import type { CustomerName, DomainName } from '../../../policy/names.js';
import { sourceBucket } from '../../../policy/network.js';
import type { Limit } from '../../../policy/policy.js';
import type { Unsubscribe } from '../session/terminal.js';

/** One visit to a console. */
interface LiveAttachment {
  readonly customer: CustomerName;
  /** The address that it comes from. */
  readonly source: string;
  readonly domain: DomainName;
  /** What it is at this moment: who came to watch may have the keyboard by now. */
  action(): Action;
}

/** Whose visits are counted. */
export interface AttachmentQuery extends Pick<Limit, 'per' | 'actions'> {
  readonly customer: CustomerName;
  readonly source: string | null;
  readonly domain: DomainName;
}

/**
 * Who is at a console at this moment, for the limits of how many at once. In memory and not counted from the audit log, as consoles
 * go on while that cannot be written.
 */
export class LiveAttachments {
  readonly #attachments = new Set<LiveAttachment>();

  /** To be called in the same turn as the visit was allowed, so that two at once cannot both pass a limit of one. @returns ends it */
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
}
