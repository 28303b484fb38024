import type { Host } from './host.js';
import { complain } from './output.js';
import { create } from './xm-create.js';
import { domid, domname, list } from './xm-list.js';
import { UsageFault, xmUsage } from './xm-usage.js';
import { console, destroy, pause, reboot, shutdown, sysrq, unpause } from './xm-verbs.js';
import { XendFault, askXend } from './xend.js';

/** The work of a verb. @returns its exit status. @throws XendFault, UsageFault */
type Verb = (host: Host, argv: readonly string[]) => number | Promise<number>;

const VERBS: Readonly<Record<string, Verb>> = {
  list,
  domid,
  domname,
  create,
  console,
  shutdown,
  reboot,
  destroy,
  pause,
  unpause,
  sysrq,
};

/**
 * A stand-in for `xm` of Xen 4.1 on a host that `installSimulator` laid out, for the same domains as the
 * simulated `xl`. It has the verbs that Postern uses. Its output and exit status follow tools/python/xen of
 * Xen 4.1.6 (main, _run_cmd, arg_check and xm_* in xm/main.py). It was written from those sources, and
 * never compared with a real xm.
 *
 * @returns the exit status
 */
export async function xm(host: Host, [command, ...argv]: readonly string[]): Promise<number> {
  if (command === undefined) return xmUsage();
  const verb = Object.hasOwn(VERBS, command) ? VERBS[command] : undefined;
  if (verb === undefined) {
    complain(`Error: Subcommand ${command} not found!\n`);
    return xmUsage();
  }
  try {
    // `xm create` reads its file before it asks xend.
    if (command !== 'create') askXend(host);
    return await verb(host, argv);
  } catch (fault) {
    if (fault instanceof UsageFault) {
      complain(`Error: ${fault.message}\n`);
      return xmUsage(command);
    }
    if (!(fault instanceof XendFault)) throw fault;
    complain(`Error: ${fault.message}\n`);
    return fault.status;
  }
}
