#!/usr/bin/env node
/**
 * A stand-in for `xm` of Xen 4.1 on a host that `installSimulator` laid out, for the same domains as the
 * simulated `xl`. It has the verbs that Postern uses. Its output and exit status follow tools/python/xen of
 * Xen 4.1.6 (main, _run_cmd, arg_check and xm_* in xm/main.py). It was written from those sources, and
 * never compared with a real xm.
 */
import { Host } from './host.js';
import { complain } from './output.js';
import { UsageFault, xmUsage } from './xm-usage.js';
import { XendFault, askXend } from './xend.js';

/** The work of a verb. @returns its exit status. @throws XendFault, UsageFault */
type Verb = (host: Host, argv: readonly string[]) => number | Promise<number>;

const VERBS: Readonly<Record<string, () => Promise<Verb>>> = {
  list: async () => (await import('./xm-list.js')).list,
  domid: async () => (await import('./xm-list.js')).domid,
  domname: async () => (await import('./xm-list.js')).domname,
  create: async () => (await import('./xm-create.js')).create,
  console: async () => (await import('./xm-verbs.js')).console,
  shutdown: async () => (await import('./xm-verbs.js')).shutdown,
  reboot: async () => (await import('./xm-verbs.js')).reboot,
  destroy: async () => (await import('./xm-verbs.js')).destroy,
  pause: async () => (await import('./xm-verbs.js')).pause,
  unpause: async () => (await import('./xm-verbs.js')).unpause,
  sysrq: async () => (await import('./xm-verbs.js')).sysrq,
};

async function run(command: string | undefined, argv: readonly string[]): Promise<number> {
  const directory = process.env['XL_SIMULATOR'];
  if (directory === undefined) {
    complain('xm (simulated): XL_SIMULATOR names no host\n');
    return 1;
  }
  const host = new Host(directory);
  if (host.stopped) {
    complain('xm (simulated): this host is stopped\n');
    return 1;
  }
  if (command === undefined) return xmUsage();
  const load = Object.hasOwn(VERBS, command) ? VERBS[command] : undefined;
  if (load === undefined) {
    complain(`Error: Subcommand ${command} not found!\n`);
    return xmUsage();
  }
  try {
    // `xm create` reads its file before it asks xend.
    if (command !== 'create') askXend(host);
    return await (
      await load()
    )(host, argv);
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

const [command, ...argv] = process.argv.slice(2);
process.exit(await run(command, argv));
