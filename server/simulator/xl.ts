#!/usr/bin/env node
/**
 * Answers like `xl` of Xen 4.17 for a host that `installSimulator` laid out. The environment variable
 * XL_SIMULATOR names the host. Before the command is known, only what every command needs is loaded,
 * because `xl list` is run often.
 */
import { Host } from './host.js';
import { complain } from './output.js';

async function run(command: string | undefined, argv: readonly string[], dryRun: boolean): Promise<number> {
  const directory = process.env['XL_SIMULATOR'];
  if (directory === undefined) {
    complain('xl (simulated): XL_SIMULATOR names no host\n');
    return 1;
  }
  const host = new Host(directory);
  if (host.stopped) {
    complain('xl (simulated): this host is stopped\n');
    return 1;
  }
  switch (command) {
    case 'list':
      return (await import('./listing.js')).list(host, argv);
    case 'vm-list':
      return (await import('./listing.js')).vmList(host);
    case 'domid':
      return (await import('./listing.js')).domid(host, argv);
    case 'domname':
      return (await import('./listing.js')).domname(host, argv);
    case 'uptime':
      return (await import('./listing.js')).uptime(host, argv);
    case 'create':
      return (await import('./create.js')).create(host, argv, dryRun);
    case 'console':
      return (await import('./console.js')).console(host, argv);
    case 'shutdown':
      return (await import('./power.js')).shutdown(host, argv, false);
    case 'reboot':
      return (await import('./power.js')).shutdown(host, argv, true);
    case 'destroy':
      return (await import('./power.js')).destroy(host, argv);
    case 'pause':
      return (await import('./power.js')).pauseOrUnpause(host, argv, 'pause');
    case 'unpause':
      return (await import('./power.js')).pauseOrUnpause(host, argv, 'unpause');
    case 'migrate':
      return (await import('./migrate.js')).migrate(host, argv);
    case 'sysrq':
      return (await import('./power.js')).sysrq(host, argv);
    case 'rename':
      return (await import('./power.js')).rename(host, argv);
    case 'info':
      return (await import('./info.js')).info(host, argv);
    case 'help':
      return (await import('./usage.js')).usage(argv[0] ?? '', 0);
    case undefined:
      return (await import('./info.js')).commands();
    default:
      complain('command not implemented\n');
      return 1;
  }
}

const argv = process.argv.slice(2);
let dryRun = false;
while (/^-[vftTN]+$/.test(argv[0] ?? '')) dryRun = argv.shift()?.includes('N') === true || dryRun;
process.exit(await run(argv[0], argv.slice(1), dryRun));
