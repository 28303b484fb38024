import type { DomainName } from '../../policy/names.js';
import { amount, count, domainName, fields, label, list, orNull } from './answer-fields.js';
import type { Fields } from './answer-fields.js';
import { MOST_NAMES } from './domain.js';

/** What one incarnation of a domain has used since it began. Each number only grows, unless the domain boots anew. */
export interface DomainUsage {
  readonly name: DomainName;
  /** Another text for each incarnation: the counts began anew then. */
  readonly incarnation: string;
  readonly cpuSeconds: number;
  /** Null: xentop did not tell. */
  readonly network: NetworkUsage | null;
  /** Null: xentop did not tell, or Xen keeps no count of these disks. */
  readonly disk: DiskUsage | null;
}

/** As the domain sees it. Of all its interfaces together. */
export interface NetworkUsage {
  readonly receivedKiB: number;
  readonly sentKiB: number;
}

/** Requests to all its disks together. */
export interface DiskUsage {
  readonly reads: number;
  readonly writes: number;
}

/** `GET /usage`: the latest sample of all running managed domains. */
export interface HostUsage {
  /** When it was taken, in milliseconds since the boot of the host. 0: none was taken yet. */
  readonly uptimeMs: number;
  readonly domains: readonly DomainUsage[];
}

/** @throws AnswerError */
export function readHostUsage(value: unknown): HostUsage {
  const from = fields(value, 'usage');
  return { uptimeMs: count(from, 'uptimeMs'), domains: list(from, 'domains', MOST_NAMES).map(readDomain) };
}

function readDomain(value: unknown): DomainUsage {
  const from = fields(value, 'usage of a domain');
  return {
    name: domainName(from, 'name'),
    incarnation: label(from, 'incarnation'),
    cpuSeconds: amount(from, 'cpuSeconds'),
    network: orNull(from, 'network', readNetwork),
    disk: orNull(from, 'disk', readDisk),
  };
}

function readNetwork(holder: Fields, key: string): NetworkUsage {
  const from = fields(holder[key], key);
  return { receivedKiB: amount(from, 'receivedKiB'), sentKiB: amount(from, 'sentKiB') };
}

function readDisk(holder: Fields, key: string): DiskUsage {
  const from = fields(holder[key], key);
  return { reads: amount(from, 'reads'), writes: amount(from, 'writes') };
}
