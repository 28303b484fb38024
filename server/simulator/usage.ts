import { complain, print } from './output.js';

interface Help {
  readonly synopsis: string;
  /** The text after the synopsis line, blank lines included. */
  readonly text: string;
}

/** In the words of xl 4.17. */
const HELP: Readonly<Record<string, Help>> = {
  create: {
    synopsis: '[-vtTfN] create <ConfigFile> [options] [vars]',
    text: `
Create a domain from config file <filename>.

Options:

-c                      Connect to the console after the domain is created.
-d                      Enable debug messages.
-e                      Do not wait in the background for the death of the domain.
-F                      Run in foreground until death of the domain.
-f FILE, --defconfig=FILE
                     Use the given configuration file.
-h                      Print this help.
-n, --dryrun            Dry run - prints the resulting configuration
                         (deprecated in favour of global -N option).
-p                      Leave the domain paused after it is created.
-q, --quiet             Quiet.
-V, --vncviewer         Connect to the VNC display after the domain is created.
-A, --vncviewer-autopass
                        Pass VNC password to viewer via stdin.
--ignore-global-affinity-masks Ignore global masks in xl.conf.
`,
  },
  list: {
    synopsis: '[-vtT] list [options] [Domain]',
    text: `

List information about all/some domains.

Options:

-l, --long              Output all VM details
-v, --verbose           Prints out UUIDs and security context
-Z, --context           Prints out security context
-c, --cpupool           Prints the cpupool the domain is in
-n, --numa              Prints out NUMA node affinity
`,
  },
  migrate: {
    synopsis: '[-vtTf] migrate [options] <Domain> <host>',
    text: `
Migrate a domain to another host.

Options:

-h              Print this help.
-C <config>     Send <config> instead of config file from creation.
-s <sshcommand> Use <sshcommand> instead of ssh.  String will be passed
                to sh. If empty, run <host> instead of ssh <host> xl
                migrate-receive [-d -e]
-e              Do not wait in the background (on <host>) for the death
                of the domain.
-T              Show timestamps during the migration process.
--debug         Print huge (!) amount of debug during the migration process.
-p              Do not unpause domain after migrating it.
-D              Preserve the domain id
`,
  },
  shutdown: {
    synopsis: '[-vtTf] shutdown [options] <-a|Domain>',
    text: `
Issue a shutdown signal to a domain.

Options:

-a, --all               Shutdown all guest domains.
-h                      Print this help.
-F                      Fallback to ACPI power event for HVM guests with
                        no PV drivers.
-w, --wait              Wait for guest(s) to shutdown.

`,
  },
  reboot: {
    synopsis: '[-vtTf] reboot [options] <-a|Domain>',
    text: `
Issue a reboot signal to a domain.

Options:

-a, --all               Shutdown all guest domains.
-h                      Print this help.
-F                      Fallback to ACPI reset event for HVM guests with
                        no PV drivers.
-w, --wait              Wait for guest(s) to reboot.

`,
  },
  console: {
    synopsis: '[-vtT] console [options] <Domain>',
    text: `-t <type>       console type, pv , serial or vuart
-n <number>     console number

Attach to domain's console.

`,
  },
  sysrq: { synopsis: '[-vtTf] sysrq <Domain> <letter>', text: '\nSend a sysrq to a domain.\n\n' },
  destroy: { synopsis: '[-vtTf] destroy [options] <Domain>', text: '\nTerminate a domain immediately.\n\n' },
  pause: { synopsis: '[-vtTf] pause <Domain>', text: '\nPause execution of a domain.\n\n' },
  unpause: { synopsis: '[-vtTf] unpause <Domain>', text: '\nUnpause a paused domain.\n\n' },
  rename: { synopsis: '[-vtTf] rename <Domain> <NewDomainName>', text: '\nRename a domain.\n\n' },
  domid: { synopsis: '[-vtT] domid <DomainName>', text: '\nConvert a domain name to domain id.\n\n' },
  domname: { synopsis: '[-vtT] domname <DomainId>', text: '\nConvert a domain id to domain name.\n\n' },
};

/**
 * Prints a command's help on stdout. With `required`, prints getopt's complaint about missing
 * operands on stderr first.
 *
 * @returns `status`, for the caller to exit with.
 */
export function usage(command: string, status: number, required = 0): number {
  if (required > 0) {
    const plural = required > 1 ? 's' : '';
    complain(`'xl ${command}' requires at least ${required} argument${plural}.\n\n`);
  }
  const help = HELP[command];
  if (!help) {
    complain(`command not implemented\n`);
    return 1;
  }
  print(`Usage: xl ${help.synopsis}\n${help.text}`);
  return status;
}
