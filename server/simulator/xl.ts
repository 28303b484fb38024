import { console } from './console.js';
import { create } from './create.js';
import type { Host } from './host.js';
import { commands, info } from './info.js';
import { domid, domname, list, uptime, vmList } from './listing.js';
import { migrate } from './migrate.js';
import { complain } from './output.js';
import { destroy, pauseOrUnpause, rename, shutdown, sysrq } from './power.js';
import { usage } from './usage.js';

/** Answers like `xl` of Xen 4.17. @returns the exit status */
export function xl(host: Host, line: readonly string[]): number | Promise<number> {
  const words = [...line];
  let dryRun = false;
  while (/^-[vftTN]+$/.test(words[0] ?? '')) dryRun = words.shift()?.includes('N') === true || dryRun;
  const [command, ...argv] = words;
  switch (command) {
    case 'list':
      return list(host, argv);
    case 'vm-list':
      return vmList(host);
    case 'domid':
      return domid(host, argv);
    case 'domname':
      return domname(host, argv);
    case 'uptime':
      return uptime(host, argv);
    case 'create':
      return create(host, argv, dryRun);
    case 'console':
      return console(host, argv);
    case 'shutdown':
      return shutdown(host, argv, false);
    case 'reboot':
      return shutdown(host, argv, true);
    case 'destroy':
      return destroy(host, argv);
    case 'pause':
      return pauseOrUnpause(host, argv, 'pause');
    case 'unpause':
      return pauseOrUnpause(host, argv, 'unpause');
    case 'migrate':
      return migrate(host, argv);
    case 'sysrq':
      return sysrq(host, argv);
    case 'rename':
      return rename(host, argv);
    case 'info':
      return info(host, argv);
    case 'help':
      return usage(argv[0] ?? '', 0);
    case undefined:
      return commands();
    default:
      complain('command not implemented\n');
      return 1;
  }
}
