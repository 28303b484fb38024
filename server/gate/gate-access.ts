import { Authorizer } from './access/authorize.js';
import { Revocation } from './access/revocation.js';
import { SessionTerms } from './access/session-terms.js';
import { StandingCheck } from './access/standing.js';
import { RevokedKeys } from './certificates/revoked-keys.js';
import type { CoreParts } from './core-parts.js';
import type { GateWide } from './gate-wide.js';
import type { Hosts } from './hosts/hosts.js';
import type { PolicyHolder } from './policy/policy-holder.js';

/** Who may be here, who may do what, and who may no longer. */
export class GateAccess {
  readonly revokedKeys: RevokedKeys;
  readonly standing: StandingCheck;
  readonly terms: SessionTerms;
  readonly authorizer: Authorizer;
  readonly revocation: Revocation;

  constructor(
    { settings, store, log, clock, slices }: CoreParts,
    policy: PolicyHolder,
    hosts: Hosts,
    { requests, attachments }: GateWide,
  ) {
    const { holders, roles } = store;
    this.revokedKeys = new RevokedKeys(settings.certificates.revokedKeys, log);
    const revoked = this.revokedKeys;
    this.standing = new StandingCheck(holders, policy, clock, revoked);
    this.terms = new SessionTerms(
      { connections: settings.login.connectionsPerCustomer, menuIdleSeconds: settings.menu.idleSeconds },
      policy,
      holders,
    );
    this.authorizer = new Authorizer(store.authorizations, policy, {
      rateLimit: requests,
      observations: hosts,
      atOnce: (query) => attachments.count(query),
      hold: (place) => {
        attachments.hold(place);
      },
      revoked,
      ...(clock === undefined ? {} : { clock }),
    });
    this.revocation = new Revocation({
      authorizer: this.authorizer,
      standing: this.standing,
      roles,
      log,
      ...(clock === undefined ? {} : { clock: () => clock().getTime() }),
      ...(slices === undefined ? {} : { slices }),
    });
  }
}
