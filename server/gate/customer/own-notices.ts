import { MAIL_ADDRESS_WORDS, parseMailAddress } from '../../../policy/mail-address.js';
import type { CustomerName } from '../../../policy/names.js';
import { isRefusal, refusal } from '../../../policy/refusal.js';
import type { Refusal } from '../../../policy/refusal.js';
import type { NoticeAddress, NoticeAddresses } from '../../store/notice-addresses.js';
import { AuditUnavailableError } from '../../store/store-error.js';
import { actorOf } from '../audit/customer-actor.js';
import type { Authorizer } from '../access/authorize.js';
import type { RateLimit } from '../access/customer-rate-limit.js';
import type { AskStanding } from '../access/standing.js';
import type { Identity } from '../session/identity.js';
import * as words from '../text/words.js';

interface OwnNoticesParts {
  /** Whether the settings offer notices to customers at all. */
  readonly isOffered: boolean;
  readonly site: string;
  readonly addresses: Pick<NoticeAddresses, 'find' | 'ask' | 'confirm' | 'switch' | 'forget' | 'test'>;
  readonly roles: { of(customer: CustomerName): readonly { readonly domain: string }[] };
  readonly authorizer: Pick<Authorizer, 'check'>;
  readonly standing: AskStanding;
  readonly rateLimit: RateLimit;
}

/** Where a customer is told what happens, as the customer manages it. */
export class OwnNotices {
  readonly #parts: OwnNoticesParts;

  constructor(parts: OwnNoticesParts) {
    this.#parts = parts;
  }

  /** @returns why the customer cannot have notices; null when they can */
  refuses(identity: Identity): Refusal | null {
    const { isOffered, roles, authorizer } = this.#parts;
    if (!isOffered) return words.noNotices();
    if (isConfined(identity)) return words.noticesByCertificate();
    const may = roles
      .of(identity.customer)
      .some(({ domain }) => authorizer.check(identity, { action: 'notify', domain, profile: null }) === null);
    return may ? null : words.noNoticesForYou();
  }

  show(identity: Identity): NoticeAddress | Refusal {
    return this.refuses(identity) ?? this.#parts.addresses.find(identity.customer);
  }

  /** Has a code sent to the address. */
  ask(identity: Identity, text: string): NoticeAddress | Refusal {
    const address = parseMailAddress(text);
    if (address === undefined)
      return refusal('usage', `This is not taken as an address. It must be ${MAIL_ADDRESS_WORDS}.`);
    const { addresses, site } = this.#parts;
    return this.#change(identity, () => addresses.ask(identity.customer, address, site, actorOf(identity)));
  }

  confirm(identity: Identity, code: string): NoticeAddress | Refusal {
    return this.#change(identity, () =>
      this.#parts.addresses.confirm(identity.customer, code, actorOf(identity)),
    );
  }

  switch(identity: Identity, on: boolean): NoticeAddress | Refusal {
    const change = (): NoticeAddress | Refusal =>
      this.#parts.addresses.switch(identity.customer, on, actorOf(identity));
    return this.#change(identity, change, on);
  }

  forget(identity: Identity): NoticeAddress | Refusal {
    const change = (): NoticeAddress | Refusal =>
      this.#parts.addresses.forget(identity.customer, actorOf(identity));
    return this.#change(identity, change, false);
  }

  test(identity: Identity): NoticeAddress | Refusal {
    const { addresses, site } = this.#parts;
    return this.#change(
      identity,
      () => addresses.test(identity.customer, site) ?? addresses.find(identity.customer),
    );
  }

  /** @param begins whether it needs the right to notices: to end them needs none */
  #change(identity: Identity, change: () => NoticeAddress | Refusal, begins = true): NoticeAddress | Refusal {
    const { rateLimit, standing } = this.#parts;
    const no =
      rateLimit.check(identity.customer) ?? standing(identity) ?? (begins ? this.refuses(identity) : null);
    if (no !== null) return no;
    if (!begins && isConfined(identity)) return words.noticesByCertificate();
    try {
      return change();
    } catch (fault) {
      if (fault instanceof AuditUnavailableError) return words.auditUnavailable(fault.message);
      throw fault;
    }
  }
}

/** What the customer reads of it. */
export function noticeLines(state: NoticeAddress | Refusal): readonly string[] {
  if (isRefusal(state)) return [state.message];
  const { address, on, asked } = state;
  return [
    address === null
      ? 'Notices are off: there is no address.'
      : on
        ? `Notices go to ${address}.`
        : `Notices to ${address} are off.`,
    ...(asked === null
      ? []
      : [`A code is on its way to ${asked.address}. It counts until ${asked.until.slice(11, 16)} UTC.`]),
  ];
}

/** Of the rest of the account, a certificate for one domain decides nothing. */
function isConfined({ certificate }: Identity): boolean {
  return certificate !== undefined && certificate.confinedTo !== null;
}
