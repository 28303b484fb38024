import type { Authorizer } from './access/authorize.js';
import type { StandingCheck } from './access/standing.js';
import type { CoreParts } from './core-parts.js';
import { OwnNotices } from './customer/own-notices.js';
import type { GateWide } from './gate-wide.js';
import type { Hosts } from './hosts/hosts.js';
import type { KeyRules } from './keys/key-rules.js';
import { ExpiryWatch } from './notices/expiry-watch.js';
import { NoticeDelivery } from './notices/notice-delivery.js';
import { NoticeRights } from './notices/notice-rights.js';
import { customerChannels, siteChannels } from './notices/notice-settings.js';
import type { PolicyHolder } from './policy/policy-holder.js';

interface GateNoticesParts {
  readonly policy: PolicyHolder;
  readonly hosts: Hosts;
  readonly keyRules: KeyRules;
  readonly authorizer: Authorizer;
  readonly standing: StandingCheck;
  readonly rateLimit: GateWide['requests'];
}

/** Who is told what the audit log says, and what customers set of it for themselves. */
export class GateNotices {
  readonly delivery: NoticeDelivery;
  readonly own: OwnNotices;

  constructor({ settings, store, log, clock = () => new Date() }: CoreParts, parts: GateNoticesParts) {
    const { keys, roles, customers, notices, noticeAddresses: addresses } = store;
    const { site } = settings;
    const policy = () => parts.policy.policy;
    const expiryWatch = new ExpiryWatch({
      keys,
      roles,
      customers,
      withExpiry: (key) => parts.keyRules.withExpiry(key),
      policy,
      tell: (expiring) => {
        notices.expiring(expiring);
      },
      clock,
      log,
    });
    const rights = new NoticeRights({ policy, roles, customers, observations: parts.hosts, clock });
    const toCustomers = customerChannels(site, settings.notices);
    this.delivery = new NoticeDelivery({
      lookForExpiry: (isOver) => expiryWatch.look(isOver),
      notices,
      roles,
      channels: siteChannels(site, settings.notices, clock),
      customers: toCustomers === null ? null : { ...toCustomers, rights, addresses },
      clock,
      log,
    });
    this.own = new OwnNotices({
      isOffered: toCustomers !== null,
      site,
      addresses,
      roles,
      authorizer: parts.authorizer,
      standing: parts.standing.refusal,
      rateLimit: parts.rateLimit,
    });
  }
}
