import { hasXenDrivers } from './bootloader.js';
import { askDomain } from './ask-domain.js';
import { findDomid } from './find-domain.js';
import { getopt, operandsOf } from './getopt.js';
import type { Host } from './host.js';
import { complain } from './output.js';
import { usage } from './usage.js';

/** How long libxl waits for the guest to acknowledge, in milliseconds. */
const ACKNOWLEDGE_MILLISECONDS = 60_000;
/** However fast a simulated host's time runs: a busy machine must have time to run the guest. Milliseconds. */
const LEAST_ACKNOWLEDGE_MILLISECONDS = 5_000;

/** `xl shutdown` and `xl reboot`. */
export async function shutdown(host: Host, argv: readonly string[], reboot: boolean): Promise<number> {
  const command = reboot ? 'reboot' : 'shutdown';
  const options = getopt(argv, 'awFh', { all: 'a', wait: 'w', help: 'h' });
  if (options.problem !== undefined) {
    complain(options.problem);
    return 2;
  }
  if (options.flags.has('h')) return usage(command, 0);
  const [name] = options.operands;
  const all = options.flags.has('a');
  if (name === undefined && !all) {
    complain('You must specify -a or a domain id.\n\n');
    return 1;
  }
  if (name !== undefined && all) {
    complain('You may not specify a domain with -a.\n\n');
    return 1;
  }

  let domids: readonly number[];
  if (name === undefined) {
    domids = host.domains().map((record) => record.domid);
  } else {
    const domid = findDomid(host, name);
    if (domid === undefined) return 1;
    domids = [domid];
  }
  // The domain must know before it ends that somebody waits.
  const ends = options.flags.has('w')
    ? domids.map((domid) => askDomain(host.socketPath(domid), { ask: 'wait' }))
    : null;
  for (const domid of domids) {
    complain(`${reboot ? 'Rebooting' : 'Shutting down'} domain ${domid}\n`);
    // The hypervisor accepts the request for dom0 itself, but nothing there answers or obeys.
    if (domid !== 0 && !(await requestShutdown(host, domid, reboot, options.flags.has('F')))) return 1;
  }
  if (ends !== null) await tellEnds(domids, ends);
  return 0;
}

async function requestShutdown(host: Host, domid: number, reboot: boolean, acpi: boolean): Promise<boolean> {
  const command = reboot ? 'reboot' : 'shutdown';
  const record = host.domain(domid);
  if (!record) {
    complain(
      `libxl: error: libxl_dom.c:37:libxl__domain_type: unable to get domain type for domid=${domid}\n`,
    );
    complain(`${command} failed (rc=-3)\n`);
    return false;
  }
  if (!hasXenDrivers(record.config, record.kernel)) {
    const failure = withoutDrivers(domid, reboot, acpi);
    if (failure !== null) {
      complain(failure);
      return false;
    }
    await askDomain(host.socketPath(domid), { ask: 'power-button' });
    return true;
  }
  const { promise: timeout, cancel } = after(
    Math.max(host.scaled(ACKNOWLEDGE_MILLISECONDS), LEAST_ACKNOWLEDGE_MILLISECONDS),
  );
  const request = askDomain(host.socketPath(domid), { ask: 'shutdown', reboot }).then(() => 'acknowledged');
  const outcome = await Promise.race([request, timeout]);
  cancel();
  if (outcome === 'acknowledged') return true;
  complain("libxl: error: libxl_domain.c:854:pvcontrol_cb: guest didn't acknowledge control request: -9\n");
  complain(`${command} failed (rc=-9)\n`);
  return false;
}

/**
 * Not recorded from a host: the words are those of xl_vmcontrol.c and libxl_domain.c. Xen on x86 knows no reset
 * trigger (XEN_DOMCTL_sendtrigger).
 *
 * @returns null when the guest gets an ACPI event
 */
function withoutDrivers(domid: number, reboot: boolean, acpi: boolean): string | null {
  const [command, event] = reboot ? ['reboot', 'reset'] : ['shutdown', 'power'];
  const none = 'PV control interface not available:';
  if (!acpi)
    return `${none} external graceful ${command} not possible.\nUse "-F" to fallback to ACPI ${event} event.\n${command} failed (rc=-10)\n`;
  complain(`${none} sending ACPI ${event} button event.\n`);
  if (!reboot) return null;
  return `libxl: error: libxl_domain.c:1559:libxl_send_trigger: Domain ${domid}:Send trigger 'reset' failed: Function not implemented\nreboot failed (rc=-3)\n`;
}

async function tellEnds(
  domids: readonly number[],
  ends: readonly ReturnType<typeof askDomain>[],
): Promise<void> {
  complain(`Waiting for ${domids.length} domains\n`);
  await Promise.all(
    ends.map(async (end, at) => {
      const reply = await end;
      if (reply?.reason === undefined) complain(`Domain ${domids[at]} has been destroyed\n`);
      else complain(`Domain ${domids[at]} has been shut down, reason code ${reply.reason}\n`);
    }),
  );
}

function after(milliseconds: number): { promise: Promise<'timeout'>; cancel: () => void } {
  let timer: NodeJS.Timeout | undefined;
  const promise = new Promise<'timeout'>((resolve) => {
    timer = setTimeout(resolve, milliseconds, 'timeout');
  });
  return {
    promise,
    cancel: () => {
      clearTimeout(timer);
    },
  };
}

/** `xl destroy`. */
export async function destroy(host: Host, argv: readonly string[]): Promise<number> {
  const options = getopt(argv, 'fh');
  if (options.problem !== undefined) {
    complain(options.problem);
    return 2;
  }
  const [name] = options.operands;
  if (name === undefined) return usage('destroy', 2, 1);
  const domid = findDomid(host, name);
  if (domid === undefined) return 1;
  if (domid === 0) {
    complain('Not destroying domain 0; use -f to force.\n');
    complain('This can only be done when using a disaggregated hardware domain and toolstack.\n\n');
    return 1;
  }
  const reply = host.domain(domid) && (await askDomain(host.socketPath(domid), { ask: 'destroy' }));
  if (reply) return 0;
  // The domain may have gone by itself between our look and our request, which is what was asked for.
  complain(destructionFailure(domid));
  complain('destroy failed (rc=-21)\n');
  return 1;
}

/** libxl's words whenever a domain cannot be destroyed, or could not be created. */
export function destructionFailure(domid: number): string {
  return (
    `libxl: error: libxl_domain.c:1183:libxl__destroy_domid: Domain ${domid}:Non-existant domain\n` +
    `libxl: error: libxl_domain.c:1137:domain_destroy_callback: Domain ${domid}:Unable to destroy guest\n` +
    `libxl: error: libxl_domain.c:1064:domain_destroy_cb: Domain ${domid}:Destruction of domain failed\n`
  );
}

/** `xl pause` and `xl unpause`: their exit status does not tell whether it worked. */
export async function pauseOrUnpause(
  host: Host,
  argv: readonly string[],
  ask: 'pause' | 'unpause',
): Promise<number> {
  const operands = operandsOf(argv);
  if (!operands) return 2;
  const [name] = operands;
  if (name === undefined) return usage(ask, 2, 1);
  const domid = findDomid(host, name);
  if (domid === undefined) return 1;
  if (host.domain(domid)) await askDomain(host.socketPath(domid), { ask });
  return 0;
}

/** `xl sysrq`. */
export async function sysrq(host: Host, argv: readonly string[]): Promise<number> {
  const operands = operandsOf(argv);
  if (!operands) return 2;
  const [name, letter] = operands;
  if (name === undefined || letter === undefined) return usage('sysrq', 2, 2);
  const domid = findDomid(host, name);
  if (domid === undefined) return 1;
  if (letter.length > 1) {
    complain('Invalid sysrq.\n\n');
    return usage('sysrq', 1);
  }
  if (host.domain(domid)) await askDomain(host.socketPath(domid), { ask: 'sysrq', key: letter });
  return 0;
}

/** `xl rename`. */
export async function rename(host: Host, argv: readonly string[]): Promise<number> {
  const operands = operandsOf(argv);
  if (!operands) return 2;
  const [name, next] = operands;
  if (name === undefined || next === undefined) return usage('rename', 2, 2);
  const domid = findDomid(host, name);
  if (domid === undefined) return 1;
  if (host.domains().some((record) => record.name === next)) {
    complain(
      `libxl: error: libxl_domain.c:81:libxl__domain_rename: Domain ${domid}:Domain with name "${next}" already exists.\n`,
    );
    complain(`Can't rename domain '${name}'.\n`);
    return 1;
  }
  await askDomain(host.socketPath(domid), { ask: 'rename', name: next });
  return 0;
}
