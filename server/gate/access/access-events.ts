import type { DomainName } from '../../../policy/names.js';
import { printable } from '../../../policy/printable.js';
import type { AuditEvent } from '../../store/audit-event.js';
import { actorOf } from '../audit/customer-actor.js';
import type { Identity } from '../session/identity.js';
import type { DomainObservation } from './domain-observations.js';
import type { AccessRequest, Denial } from './verdict.js';

/** A customer's request, and the revision of the policy that decides it. */
interface DecidedRequest {
  readonly identity: Identity;
  readonly request: AccessRequest;
  readonly revision: number;
}

/** What the audit log says of a request that was denied. */
export function deniedEvent(
  { identity, request, revision }: DecidedRequest,
  { code, refusal: { detail } }: Denial,
  reference: string,
  observed: DomainObservation,
): AuditEvent {
  return {
    kind: 'domain.denied',
    actor: actorOf(identity),
    domain: printable(request.domain, 80),
    action: request.action,
    code,
    detail,
    reference,
    profile: request.profile,
    ...(request.key === undefined || request.key === null ? {} : { key: request.key }),
    revision,
    ...observed,
  };
}

/** What it says before the effect of one that was allowed. Of a status it says nothing. */
export function intentEvents(
  { identity, request, revision }: DecidedRequest,
  domain: DomainName,
  operation: string,
  rule: string,
): readonly AuditEvent[] {
  if (request.action === 'status') return [];
  return [
    {
      kind: `domain.${request.action}.requested`,
      actor: actorOf(identity),
      domain,
      operation,
      profile: request.profile,
      ...(request.parameters === undefined ? {} : { parameters: request.parameters }),
      ...(request.key === undefined || request.key === null ? {} : { key: request.key }),
      ...(request.keep === undefined ? {} : { keep: request.keep }),
      ...(typeof request.forSeconds === 'number' ? { forSeconds: request.forSeconds } : {}),
      rule,
      revision,
    },
  ];
}
