import { getopt } from './getopt.js';
import type { Host } from './host.js';
import { complain, print } from './output.js';

/** `xl info`; `-n` adds where memory and processors are. */
export function info(host: Host, argv: readonly string[]): number {
  const options = getopt(argv, 'n', { numa: 'n' });
  if (options.problem !== undefined) {
    complain(options.problem);
    return 2;
  }
  const rows: readonly (readonly [string, string])[] = [
    ['host', 'dom0'],
    ['release', '6.1.0-56-amd64'],
    ['version', '#1 SMP PREEMPT_DYNAMIC Debian 6.1.192-2 (2026-11-16)'],
    ['machine', 'x86_64'],
    ['nr_cpus', '2'],
    ['max_cpu_id', '1'],
    ['nr_nodes', '1'],
    ['cores_per_socket', '2'],
    ['threads_per_core', '1'],
    ['cpu_mhz', '2596.145'],
    ['hw_caps', '178bf3fd:80002001:20100800:00000007:00000000:00000000:00000000:00000000'],
    ['virt_caps', 'pv hvm gnttab-v1 gnttab-v2'],
    ['total_memory', String(host.settings.memory)],
    ['free_memory', String(host.freeMemory)],
    ['sharing_freed_memory', '0'],
    ['sharing_used_memory', '0'],
    ['outstanding_claims', '0'],
    ['free_cpus', '0'],
    ['xen_major', '4'],
    ['xen_minor', '17'],
    ['xen_extra', '.7'],
    ['xen_version', '4.17.7'],
    ['xen_caps', 'xen-3.0-x86_64 hvm-3.0-x86_32 hvm-3.0-x86_32p hvm-3.0-x86_64 '],
    ['xen_scheduler', 'credit2'],
    ['xen_pagesize', '4096'],
    ['platform_params', 'virt_start=0xffff800000000000'],
    ['xen_changeset', ''],
    [
      'xen_commandline',
      'console=com1 com1=115200,8n1 loglvl=warning guest_loglvl=warning dom0_mem=1024M,max:1024M dom0_max_vcpus=1 dom0_vcpus_pin xpti=no spec-ctrl=no smep=no smap=no noreboot ',
    ],
    ['cc_compiler', 'x86_64-linux-gnu-gcc (Debian 12.2.0-14+deb12u1) 12.2.0'],
    ['cc_compile_by', 'pkg-xen-devel'],
    ['cc_compile_domain', 'lists.alioth.debian.org'],
    ['cc_compile_date', 'Wed Nov  4 16:52:28 UTC 2026'],
    ['build_id', '151b373fd64b321593bf987fd923cd10dabadac4'],
    ['xend_config_format', '4'],
  ];
  for (const [key, value] of rows) {
    if (key === 'xen_major' && options.flags.has('n')) print(topology(host));
    print(`${key.padEnd(22)} : ${value}\n`);
  }
  return 0;
}

/** Two processors and one node. */
function topology(host: Host): string {
  const total = String(host.settings.memory).padStart(10);
  const free = String(host.freeMemory).padStart(11);
  return `cpu_topology           :
cpu:    core    socket     node
  0:       0        0        0
  1:       1        0        0
device topology        :
device           node
No device topology data available
numa_info              :
node:    memsize    memfree    distances
   0:${total}${free}      10
`;
}

/** `xl` alone. */
export function commands(): number {
  print(`Usage xl [-vfNtT] <subcommand> [args]

xl full list of subcommands:

 create              Create a domain from config file <filename>
 list                List information about all/some domains
 destroy             Terminate a domain immediately
 shutdown            Issue a shutdown signal to a domain
 reboot              Issue a reboot signal to a domain
 pause               Pause execution of a domain
 unpause             Unpause a paused domain
 console             Attach to domain's console
 vm-list             List guest domains, excluding dom0, stubdoms, etc.
 info                Get information about Xen host
 domid               Convert a domain name to domain id
 domname             Convert a domain id to domain name
 rename              Rename a domain
 sysrq               Send a sysrq to a domain
 uptime              Print uptime for all/some domains
`);
  return 1;
}
