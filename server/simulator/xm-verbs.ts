import { attachConsole } from './console.js';
import { askDomain, openDomain } from './ask-domain.js';
import type { Host } from './host.js';
import { checkCount, xmOptions } from './xm-usage.js';
import { XendFault, xendLookup } from './xend.js';
import type { DomainRecord } from './domain-record.js';

/** `xm console`, which becomes an xenconsole that locks nothing. */
export function console(host: Host, argv: readonly string[]): Promise<number> {
  checkCount(argv, 'console', 1, 3);
  const { operands } = xmOptions(argv, { '-q': 'quiet', '--quiet': 'quiet' });
  return attachConsole(host, managed(host, operands[0] ?? '', 'attach to').domid, true);
}

/** `xm shutdown`: it writes control/shutdown and does not wait for the guest (XendDomainInfo.shutdown). */
export function shutdown(host: Host, argv: readonly string[]): Promise<number> {
  return ask(host, argv, 'shutdown');
}

/** `xm reboot`. */
export function reboot(host: Host, argv: readonly string[]): Promise<number> {
  return ask(host, argv, 'reboot');
}

async function ask(host: Host, argv: readonly string[], verb: 'shutdown' | 'reboot'): Promise<number> {
  checkCount(argv, verb, 1, 4);
  const { operands } = xmOptions(argv, {});
  const record = managed(host, operands[0] ?? '', 'shutdown');
  if (record.shutdown !== null) throw new XendFault('Domain cannot be shutdown');
  const request = { ask: 'shutdown', reboot: verb === 'reboot' } as const;
  const socket = openDomain(host.socketPath(record.domid), request, () => undefined);
  await new Promise<void>((resolve) => {
    socket.on('close', resolve);
    socket.end(resolve);
  });
  return 0;
}

/** `xm destroy` (XendDomainInfo.destroy). */
export async function destroy(host: Host, argv: readonly string[]): Promise<number> {
  checkCount(argv, 'destroy', 1);
  await askDomain(host.socketPath(managed(host, argv[0] ?? '', 'destroy').domid), { ask: 'destroy' });
  return 0;
}

/** `xm pause` (XendDomain.domain_pause). */
export async function pause(host: Host, argv: readonly string[]): Promise<number> {
  checkCount(argv, 'pause', 1);
  const record = started(host, argv[0] ?? '', 'pause');
  if (record.pauses === 0) await askDomain(host.socketPath(record.domid), { ask: 'pause' });
  return 0;
}

/** `xm unpause` (XendDomain.domain_unpause). */
export async function unpause(host: Host, argv: readonly string[]): Promise<number> {
  checkCount(argv, 'unpause', 1);
  await askDomain(host.socketPath(started(host, argv[0] ?? '', 'unpause').domid), { ask: 'unpause' });
  return 0;
}

/** `xm sysrq` (XendDomainInfo.send_sysrq). */
export async function sysrq(host: Host, argv: readonly string[]): Promise<number> {
  checkCount(argv, 'sysrq', 2);
  const [name = '', key = ''] = argv;
  await askDomain(host.socketPath(started(host, name, 'sysrq').domid), { ask: 'sysrq', key: key.charAt(0) });
  return 0;
}

function started(host: Host, name: string, verb: string): DomainRecord {
  const record = managed(host, name, verb);
  if (record.shutdown !== null) throw new XendFault(`Domain '${name}' is not started`);
  return record;
}

function managed(host: Host, name: string, verb: string): DomainRecord {
  const record = xendLookup(host, name);
  if (record === null) throw new XendFault(`Cannot ${verb} privileged domain ${name}`);
  return record;
}
