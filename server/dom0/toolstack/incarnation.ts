import type { DomainName } from '../../../policy/names.js';
import type { ListedDomain, Target } from './toolstack.js';

/**
 * One life of a domain. Both fields are needed: domids are re-used, and a UUID in the file
 * returns with each create.
 */
export interface Incarnation {
  /** Empty when the toolstack shows none. */
  readonly uuid: string;
  readonly domid: number;
  /** The domid that it booted with, where a migration on this host has given it another one since. */
  readonly bornAs?: number;
}

/**
 * An incarnation with the boot of the host. All three are needed. Domids begin anew with each boot of
 * the host. A UUID in the file returns with each create. And after a reboot from inside xl keeps the
 * UUID, but gives a new domid.
 */
export interface HostIncarnation extends Incarnation {
  /** /proc/sys/kernel/random/boot_id. */
  readonly boot: string;
}

/** Whether both are one incarnation, within one boot of the host; also when there is neither. */
export function isSameIncarnation(one: Incarnation | null, other: Incarnation | null): boolean {
  return one?.uuid === other?.uuid && one?.domid === other?.domid;
}

/** As which incarnation this life of the domain booted. */
export function birthOf({ uuid, domid, bornAs }: Incarnation): Incarnation {
  return { uuid, domid: bornAs ?? domid };
}

/** Whether both are one life of a domain: the same incarnation, or before and after a migration on one host. */
export function isSameLife(one: Incarnation | null, other: Incarnation | null): boolean {
  if (one === null || other === null) return one === other;
  return isSameIncarnation(birthOf(one), birthOf(other));
}

/** The listed incarnation, in the present boot of the host. */
export function incarnationOf({ uuid, domid }: ListedDomain, boot: string): HostIncarnation {
  return { uuid: uuid ?? '', domid, boot };
}

/** Whether the listed domain, in this boot of the host, is exactly this incarnation. */
export function isIncarnation(
  listed: ListedDomain | null,
  meant: HostIncarnation | null,
  boot: string,
): boolean {
  if (listed === null || meant === null) return false;
  return meant.boot === boot && isSameIncarnation(meant, incarnationOf(listed, boot));
}

/** The target for a verb. The toolstack checks it once more, right before it acts. */
export function targetOf(name: DomainName, { uuid, domid }: HostIncarnation): Target {
  return { name, domid, uuid: uuid === '' ? null : uuid };
}
