import { randomBytes } from 'node:crypto';
import { parseCustomerName, parseDomainName } from '../../../policy/names.js';
import type { CustomerName, DomainName } from '../../../policy/names.js';
import type { Recorded } from '../../../policy/recorded.js';

/** What the name of a recording's file says. There is no other index. */
export interface RecordingName {
  readonly id: string;
  /** ISO 8601, UTC. */
  readonly begunAt: string;
  readonly customer: CustomerName;
  readonly domain: DomainName;
  readonly record: Exclude<Recorded, 'off'>;
}

/** Ends the name of a recording that is being written, or whose gate was killed. */
export const RUNNING = '.running';

/** `2026-11-21T07-15-02-114Z,alice,horatio,3f9ac91e04b7,output.cast`: no name can hold a comma. */
const FILE =
  /^(\d{4}-\d\d-\d\dT\d\d)-(\d\d)-(\d\d)-(\d{3}Z),([^,]+),([^,]+),([0-9a-f]{12}),(output|input)\.cast(\.running)?$/;

/** A random id: it tells nothing about how many recordings there are. */
export function newRecordingId(): string {
  return randomBytes(6).toString('hex');
}

export function isRecordingId(text: string): boolean {
  return /^[0-9a-f]{12}$/.test(text);
}

export function recordingFile({ id, begunAt, customer, domain, record }: RecordingName): string {
  return `${begunAt.replace(/[:.]/g, '-')},${customer},${domain},${id},${record}.cast`;
}

/** @returns undefined when no recording has a file of this name */
export function parseRecordingFile(
  file: string,
): (RecordingName & { readonly running: boolean }) | undefined {
  const [, hour, minute, second, rest, who = '', which = '', id = '', record, running] =
    FILE.exec(file) ?? [];
  const begunAt = `${hour ?? ''}:${minute ?? ''}:${second ?? ''}.${rest ?? ''}`;
  const customer = parseCustomerName(who);
  const domain = parseDomainName(which);
  if (customer === undefined || domain === undefined || Number.isNaN(Date.parse(begunAt))) return undefined;
  return {
    id,
    begunAt,
    customer,
    domain,
    record: record === 'input' ? 'input' : 'output',
    running: running !== undefined,
  };
}
