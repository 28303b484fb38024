import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import type { ShutdownAction } from './config/domain-config.js';
import type { Host } from './host.js';
import type { DomainRecord } from './domain-record.js';

/** MINIMUM_RESTART_TIME, xend/XendConstants.py of Xen 4.1. Milliseconds. */
export const XEND_MINIMUM_RESTART = 60_000;
const LOOK_MILLISECONDS = 50;

/**
 * XendClient.ERROR_INVALID_DOMAIN and ERROR_GENERIC, xend/XendClient.py. `xm` exits with the
 * first, and with 1 for all else.
 */
const INVALID_DOMAIN = 3;
const GENERIC = 1;

/** A refusal by xend; `xm` prints it after `Error: `. */
export class XendFault extends Error {
  /** The exit status of `xm`. */
  readonly status: number;

  constructor(message: string, status: number = GENERIC) {
    super(message);
    this.status = status;
  }
}

/**
 * While this file exists, xend does not run. Guests go on, but nobody cleans up after them or restarts them.
 */
export function xendDownMark(directory: string): string {
  return join(directory, 'state', 'xend-down');
}

function xendRuns(host: Host): boolean {
  return !existsSync(xendDownMark(host.directory));
}

/**
 * Every call begins with this check.
 *
 * @throws XendFault when xend does not run. The message is for a killed xend, whose socket file remains;
 *   without the file it would be "No such file or directory".
 */
export function askXend(host: Host): void {
  if (!xendRuns(host)) {
    throw new XendFault('Unable to connect to xend: Connection refused. Is xend running?');
  }
}

/** Resolves when xend runs: when it starts, it handles the domains that have shut down meanwhile. */
export async function untilXendRuns(host: Host): Promise<void> {
  while (!xendRuns(host)) await sleep(LOOK_MILLISECONDS);
}

/**
 * "VM %s restarting too fast. Refusing to restart to avoid loops."
 * (XendDomainInfo._restart, xend/XendDomainInfo.py).
 */
export function xendAction(host: Host, record: DomainRecord, action: ShutdownAction): ShutdownAction {
  const age = Date.now() - record.createdAt;
  const isYoung = age < host.scaled(host.settings.xendMinimumRestart);
  return action.endsWith('restart') && isYoung ? 'destroy' : action;
}

/** Domains by name, as XendDomain.list_sorted returns them, without Domain-0. */
export function xendDomains(host: Host): DomainRecord[] {
  return host.domains().sort((a, b) => (a.name < b.name ? -1 : 1));
}

/**
 * A domain by name or domid (XendDomain.domain_lookup, xend/XendDomain.py).
 *
 * @returns null for Domain-0
 * @throws XendFault when there is none
 */
export function xendLookup(host: Host, text: string): DomainRecord | null {
  if (text === 'Domain-0' || text === '0') return null;
  const domains = host.domains();
  const found =
    domains.find(({ name }) => name === text) ?? domains.find(({ domid }) => String(domid) === text);
  if (!found) throw new XendFault(`Domain '${text}' does not exist.`, INVALID_DOMAIN);
  return found;
}
