import type { NoticeKind } from '../../../policy/notice-kinds.js';
import type { CustomerName, DomainName } from '../../../policy/names.js';
import { parseNetwork } from '../../../policy/network.js';
import { printable } from '../../../policy/printable.js';
import type { EventActor } from '../../store/audit-actor.js';
import type { AuditEvent, AuditKind, AuditRow } from '../../store/audit-event.js';
import type { NoticeFacts } from '../../store/notices.js';

/** Kinds of rows that there are notices of. */
export const NOTICED: readonly AuditKind[] = [
  'login.accepted',
  'key.added',
  'key.counter.regressed',
  'key.expiring',
  'role.expiring',
  'domain.rescue.requested',
  'domain.reinstall.requested',
  'domain.poweroff.requested',
  'domain.shutdown.requested',
  'domain.reboot.requested',
  'domain.crashed',
  'domain.looping',
  'console.left.logged-in',
  'role.added',
  'role.removed',
];

/** What a row gives notice of. */
export interface Noticed {
  readonly kind: NoticeKind;
  /** The customer whom it is about: whose account, or who did it. */
  readonly customer: CustomerName | null;
  readonly domain: DomainName | null;
  readonly subject: string;
  /** Who is told of their own account, whatever their roles. */
  readonly account: CustomerName | null;
  /** Whether those are told who have a role on the domain. */
  readonly holders: boolean;
  /** The one who did it, and is not told; an admin's channel is told only where there is somebody else. */
  readonly not: CustomerName | null;
  /** One sentence. @param reader the customer who reads it; null: an admin */
  text(reader: CustomerName | null): string;
}

/** A certificate is told of when it ends so soon. Milliseconds. */
const CERTIFICATE_SOON_MS = 7 * 86_400_000;

const ABOUT_ACCOUNT = { domain: null, holders: false, not: null } as const;

/** The network of an address: an IPv4 /24 or an IPv6 /48. Subscribers often get another address of the same one. */
export function networkOf(address: string): string {
  const bare = address.split('%')[0] ?? address;
  return (
    parseNetwork(`${bare}/${bare.includes('.') && !bare.includes(':') ? 24 : 48}`)?.text ??
    parseNetwork(bare)?.text ??
    printable(bare, 60)
  );
}

/** What the row gives notice of, in the order of importance. No console text, no key but its fingerprint. */
export function noticedOf(row: AuditRow, facts: NoticeFacts): readonly Noticed[] {
  const { event } = row;
  switch (event.kind) {
    case 'login.accepted':
      return ofLogin(row, event, facts);
    case 'key.added': {
      const { customer, fingerprint, type, actor } = event;
      return [
        {
          ...ABOUT_ACCOUNT,
          kind: 'new-key',
          customer,
          account: customer,
          subject: `new-key ${customer} ${fingerprint}`,
          text: (reader) =>
            `${who(actor, reader)} added the SSH key ${fingerprint} (${printable(type, 60)}) to ${account(customer, reader)}.`,
        },
      ];
    }
    case 'key.counter.regressed': {
      const { customer, fingerprint, source } = event;
      return [
        {
          ...ABOUT_ACCOUNT,
          kind: 'key-copy',
          customer,
          account: customer,
          subject: `key-copy ${customer} ${fingerprint}`,
          text: (reader) =>
            `A login to ${account(customer, reader)} from ${source} was refused: there may be a copy of the security key ${fingerprint}.`,
        },
      ];
    }
    case 'key.expiring': {
      const { customer, fingerprint, expiresAt } = event;
      return [
        {
          ...ABOUT_ACCOUNT,
          kind: 'expiry',
          customer,
          account: customer,
          subject: `expiry ${customer} ${fingerprint}`,
          text: (reader) =>
            `The SSH key ${fingerprint} of ${account(customer, reader)} expires at ${minute(expiresAt)}.`,
        },
      ];
    }
    case 'role.expiring': {
      const { customer, domain, role, expiresAt } = event;
      return [
        {
          kind: 'expiry',
          customer,
          domain,
          account: customer,
          holders: false,
          not: null,
          subject: `expiry ${customer} ${domain}`,
          text: (reader) =>
            `${customer === reader ? `Your role ${role}` : `The role ${role} of ${customer}`} on ${domain} ends at ${minute(expiresAt)}.`,
        },
      ];
    }
    case 'domain.rescue.requested':
    case 'domain.reinstall.requested': {
      const { actor, domain, profile } = event;
      const kind = event.kind === 'domain.rescue.requested' ? 'rescue' : 'reinstall';
      const name = profile === null ? '' : ` with ${printable(profile, 40)}`;
      return [
        {
          kind,
          customer: actor.customer,
          domain,
          account: null,
          holders: true,
          not: null,
          subject: `${kind} ${domain} ${actor.customer}`,
          text: (reader) =>
            kind === 'rescue'
              ? `${who(actor, reader)} asked for a boot of ${domain} into rescue${name}.`
              : `${who(actor, reader)} asked for a reinstallation of ${domain}${name}: it erases the first disk.`,
        },
      ];
    }
    case 'domain.poweroff.requested':
    case 'domain.shutdown.requested':
    case 'domain.reboot.requested': {
      const { actor, domain } = event;
      const done = POWER[event.kind];
      return [
        {
          kind: 'power',
          customer: actor.customer,
          domain,
          account: null,
          holders: true,
          not: actor.customer,
          subject: `power ${event.kind} ${domain} ${actor.customer}`,
          text: (reader) => `${who(actor, reader)} asked for ${done} of ${domain}.`,
        },
      ];
    }
    case 'domain.crashed':
    case 'domain.looping': {
      const { domain } = event;
      return [
        {
          kind: 'crash',
          customer: null,
          domain,
          account: null,
          holders: true,
          not: null,
          subject: `${event.kind} ${domain}`,
          text: () =>
            event.kind === 'domain.crashed'
              ? `${domain} has crashed.`
              : `${domain} has booted ${event.boots} times in ${Math.ceil(event.seconds / 60)} minutes, and nobody asked for it here.`,
        },
      ];
    }
    case 'console.left.logged-in': {
      const { actor, domain } = event;
      return [
        {
          kind: 'console',
          customer: actor.customer,
          domain,
          account: null,
          holders: true,
          not: null,
          subject: `console ${domain} ${actor.customer}`,
          text: (reader) =>
            `${who(actor, reader)} left the console of ${domain}, and a shell seems to be logged in there.`,
        },
      ];
    }
    case 'role.added':
    case 'role.removed': {
      const { actor, customer, domain, role } = event;
      return [
        {
          kind: 'role',
          customer,
          domain,
          account: customer,
          holders: true,
          not: null,
          subject: `role ${domain} ${customer}`,
          text: (reader) => {
            const whom = customer === reader ? 'you' : customer;
            const whose = customer === reader ? 'your role' : `the role of ${customer}`;
            if (actor === null) return `${capital(whose)} on ${domain} has ended: its time was over.`;
            if (event.kind === 'role.removed') return `${who(actor, reader)} ended ${whose} on ${domain}.`;
            const end = event.until === undefined ? '' : `, until ${minute(event.until)}`;
            return `${who(actor, reader)} made ${whom} ${role} of ${domain}${end}.`;
          },
        },
      ];
    }
    default:
      return [];
  }
}

const POWER = {
  'domain.poweroff.requested': 'a power-off',
  'domain.shutdown.requested': 'a shutdown',
  'domain.reboot.requested': 'a reboot',
} as const;

function ofLogin(
  row: AuditRow,
  { actor, certificate }: Extract<AuditEvent, { kind: 'login.accepted' }>,
  facts: NoticeFacts,
): readonly Noticed[] {
  const { customer, fingerprint, source } = actor;
  const found: Noticed[] = [];
  const about = { ...ABOUT_ACCOUNT, customer, account: customer } as const;
  if (facts.isNewNetwork(customer, source, row, networkOf))
    found.push({
      ...about,
      kind: 'new-network',
      subject: `new-network ${customer} ${networkOf(source)}`,
      text: (reader) =>
        `${who(actor, reader)} logged in from ${source}, a network that was not seen before, with the key ${fingerprint}.`,
    });
  const until = certificate?.validUntil;
  if (certificate === undefined || until === undefined) return found;
  if (Date.parse(until) - Date.parse(row.at) > CERTIFICATE_SOON_MS) return found;
  const name = `the certificate ${certificate.serial} of ${certificate.authorityName}`;
  if (facts.tellOnce(`certificate ${certificate.authority} ${certificate.serial} ${customer} ${until}`))
    found.push({
      ...about,
      kind: 'expiry',
      subject: `expiry ${customer} ${name}`,
      text: (reader) =>
        `${capital(name)}, by which ${who(actor, reader, false)} logged in, ends at ${minute(until)}.`,
    });
  return found;
}

function who(actor: EventActor, reader: CustomerName | null, begins = true): string {
  if ('customer' in actor) {
    if (actor.customer !== reader) return actor.customer;
    return begins ? 'You' : 'you';
  }
  if (reader !== null) return begins ? 'An administrator' : 'an administrator';
  return `${begins ? 'The' : 'the'} administrator ${printable(actor.admin, 60)}`;
}

function account(customer: CustomerName, reader: CustomerName | null): string {
  return customer === reader ? 'your account' : `the account ${customer}`;
}

function capital(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}

/** `2026-11-30 11:20 UTC` */
function minute(time: string): string {
  return `${time.slice(0, 10)} ${time.slice(11, 16)} UTC`;
}
