import type { DomainType } from '../config/domain-config.js';

/**
 * The boot messages of Linux 6.1 under Xen 4.17, from a recording. {@link kernelLog} adds the lines
 * that depend on the domain.
 */
const LOG = `\
[    0.000000] Linux version 6.1.0-56-cloud-amd64 (debian-kernel@lists.debian.org) (gcc-12 (Debian 12.2.0-14+deb12u1) 12.2.0, GNU ld (GNU Binutils for Debian) 2.40) #1 SMP PREEMPT_DYNAMIC Debian 6.1.192-2 (2026-11-16)
[    0.000000] ACPI in unprivileged domain disabled
[    0.000000] Released 0 page(s)
[    0.000000] BIOS-provided physical RAM map:
[    0.000000] NX (Execute Disable) protection: active
[    0.000000] ACPI: MPS support code is not built-in, using acpi=off or acpi=noirq or pci=noacpi may have problem
[    0.000000] DMI not present or invalid.
[    0.000000] Hypervisor detected: Xen PV
[    0.342780] tsc: Fast TSC calibration failed
[    0.342974] tsc: Detected 2596.144 MHz processor
[    0.345130] Disabled
[    0.345171] x86/PAT: MTRRs disabled, skipping PAT initialization too.
[    0.345377] x86/PAT: Configuration [0-7]: WB  WT  UC- UC  WC  WP  UC  UC  
[    1.542167] Remapped 0 page(s)
[    1.557055] No local APIC present
[    1.557097] APIC: disable apic facility
[    1.557109] APIC: switched to apic NOOP
[    1.557217] smpboot: Allowing 1 CPUs, 0 hotplug CPUs
[    1.558019] [mem 0x08000000-0xffffffff] available for PCI devices
[    1.558090] Booting kernel on Xen
[    1.558111] Xen version: 4.17.7 (preserve-AD)
[    1.558316] clocksource: refined-jiffies: mask: 0xffffffff max_cycles: 0xffffffff, max_idle_ns: 7645519600211568 ns
[    1.573036] setup_percpu: NR_CPUS:8192 nr_cpumask_bits:1 nr_cpu_ids:1 nr_node_ids:1
[    1.582005] percpu: Embedded 61 pages/cpu s212992 r8192 d28672 u2097152
[    1.588506] Fallback order for Node 0: 0 
[    1.588750] Built 1 zonelists, mobility grouping on.  Total pages: 32144
[    1.588771] Policy zone: DMA32
[    1.596146] Dentry cache hash table entries: 16384 (order: 5, 131072 bytes, linear)
[    1.596354] Inode-cache hash table entries: 8192 (order: 4, 65536 bytes, linear)
[    1.598201] mem auto-init: stack:all(zero), heap alloc:on, heap free:off
[    1.633449] SLUB: HWalign=64, Order=0-3, MinObjects=0, CPUs=1, Nodes=1
[    1.637911] ftrace: allocating 37697 entries in 148 pages
[    1.719523] ftrace: allocated 148 pages with 3 groups
[    1.736375] Dynamic Preempt: voluntary
[    1.739680] rcu: Preemptible hierarchical RCU implementation.
[    1.739899] rcu: RCU calculated value of scheduler-enlistment delay is 25 jiffies.
[    1.739927] rcu: Adjusting geometry for rcu_fanout_leaf=16, nr_cpu_ids=1
[    1.781298] Using NULL legacy PIC
[    1.781344] NR_IRQS: 524544, nr_irqs: 32, preallocated irqs: 0
[    1.784493] xen:events: Using FIFO-based ABI
[    1.790184] Console: colour dummy device 80x25
[    1.792059] printk: console [tty0] enabled
[    1.844584] printk: console [hvc0] enabled
[    1.848127] clocksource: xen: mask: 0xffffffffffffffff max_cycles: 0x1cd42e4dffb, max_idle_ns: 881590591483 ns
[    1.858576] installing Xen timer for CPU 0
[    1.872028] clocksource: tsc-early: mask: 0xffffffffffffffff max_cycles: 0x256c0161b7a, max_idle_ns: 440795284980 ns
[    1.872586] Calibrating delay loop (skipped), value calculated using timer frequency.. 5192.28 BogoMIPS (lpj=10384576)
[    1.881430] Spectre V1 : Mitigation: usercopy/swapgs barriers and __user pointer sanitization
[    1.881573] Spectre V2 : Mitigation: Retpolines
[    1.881614] Spectre V2 : Spectre v2 / SpectreRSB: Filling RSB on context switch and VMEXIT
[    1.882415] x86/fpu: x87 FPU will use FXSAVE
[    2.647503] Freeing SMP alternatives memory: 36K
[    2.648230] pid_max: default: 32768 minimum: 301
[    2.653804] LSM: Security Framework initializing
[    2.655041] landlock: Up and running.
[    2.655104] Yama: disabled by default; enable with sysctl kernel.yama.*
[    2.657602] AppArmor: AppArmor initialized
[    2.657691] TOMOYO Linux initialized
[    2.658067] LSM support for eBPF active
[    2.679228] VPMU disabled by hypervisor.
[    2.685507] Performance Events: 
[    2.685675] no APIC, boot with the "lapic" boot parameter to force-enable it.
[    2.685739] no hardware sampling interrupt available.
[    2.686081] PMU not available due to virtualization, using software events only.
[    2.686317] signal: max sigframe size: 1440
[    2.687108] rcu: Hierarchical SRCU implementation.
[    2.687170] rcu: 	Max phase no-delay instances is 1000.
[    2.691732] NMI watchdog: Perf NMI watchdog permanently disabled
[    2.692456] smp: Bringing up secondary CPUs ...
[    2.692456] smp: Brought up 1 node, 1 CPU
[    2.692456] smpboot: Max logical packages: 1
[    2.709418] devtmpfs: initialized
[    2.716456] clocksource: jiffies: mask: 0xffffffff max_cycles: 0xffffffff, max_idle_ns: 7645041785100000 ns
[    2.717238] futex hash table entries: 256 (order: 2, 16384 bytes, linear)
[    2.733321] NET: Registered PF_NETLINK/PF_ROUTE protocol family
[    2.735495] xen:grant_table: Grant tables using version 1 layout
[    2.736540] Grant table initialized
[    2.738214] audit: initializing netlink subsys (disabled)
[    2.742092] audit: type=2000 audit(1795234918.823:1): state=initialized audit_enabled=0 res=1
[    2.756498] PCI: setting up Xen PCI frontend stub
[    2.766151] kprobes: kprobe jump-optimization is enabled. All kprobes are optimized if possible.
[    2.829673] ACPI: Interpreter disabled.
[    2.832826] xen:balloon: Initialising balloon driver
[    2.893468] iommu: Default domain type: Translated 
[    2.893590] iommu: DMA domain TLB invalidation policy: lazy mode 
[    2.894864] PTP clock support registered
[    2.901378] PCI: System does not support PCI
[    2.903843] vgaarb: loaded
[    2.905399] clocksource: Switched to clocksource xen
[    3.003103] VFS: Disk quotas dquot_6.6.0
[    3.003594] VFS: Dquot-cache hash table entries: 512 (order 0, 4096 bytes)
[    3.006954] hugetlbfs: disabling because there are no supported hugepage sizes
[    3.009407] AppArmor: AppArmor Filesystem Enabled
[    3.010064] pnp: PnP ACPI: disabled
[    3.025388] NET: Registered PF_INET protocol family
[    3.038338] TCP: Hash tables configured (established 1024 bind 1024)
[    3.041298] NET: Registered PF_UNIX/PF_LOCAL protocol family
[    3.041800] PCI: CLS 0 bytes, default 64
[    3.045544] Trying to unpack rootfs image as initramfs...
[    3.048637] clocksource: tsc: mask: 0xffffffffffffffff max_cycles: 0x256c0161b7a, max_idle_ns: 440795284980 ns
[    3.057509] Initialise system trusted keyrings
[    3.064574] workingset: timestamp_bits=36 max_order=15 bucket_order=0
[    3.085759] integrity: Platform Keyring initialized
[    3.086121] integrity: Machine keyring initialized
[    3.086275] Asymmetric key parser 'x509' registered
[    3.107228] alg: self-tests for CTR-KDF (hmac(sha256)) passed
[    3.107888] Block layer SCSI generic (bsg) driver version 0.4 loaded (major 249)
[    3.108601] io scheduler mq-deadline registered
[    3.124783] Serial: 8250/16550 driver, 4 ports, IRQ sharing enabled
[    3.136531] i8042: PNP: No PS/2 controller found.
[    3.136637] i8042: Probing ports directly.
[    3.137729] i8042: No controller found
[    3.138705] ledtrig-cpu: registered to indicate activity on CPUs
[    3.177129] NET: Registered PF_INET6 protocol family
[    3.190103] Segment Routing with IPv6
[    3.190407] In-situ OAM (IOAM) with IPv6
[    3.190718] mip6: Mobile IPv6
[    3.190940] NET: Registered PF_PACKET protocol family
[    3.192114] IPI shorthand broadcast: enabled
[    3.192620] sched_clock: Marking stable (3104177450, 87314754)->(3698899940, -507407736)
[    3.195874] registered taskstats version 1
[    3.196174] Loading compiled-in X.509 certificates
[    3.256458] AppArmor: AppArmor sha1 policy hashing enabled
[    3.256902] ima: No TPM chip found, activating TPM-bypass!
[    3.256975] ima: Allocated hash algorithm: sha256
[    3.258466] ima: No architecture policies found
[    3.258922] evm: Initialising EVM extended attributes:
[    3.259137] evm: HMAC attrs: 0x1
[    3.861519] Write protecting the kernel read-only data: 26624k
[    4.082744] x86/mm: Checked W+X mappings: passed, no W+X pages found.
[    4.083107] Run /init as init process
[    4.545337] Invalid max_queues (4), will use default max: 1.
`;

interface KernelLine {
  /** Seconds since the kernel's first message. */
  readonly at: number;
  readonly text: string;
}

/** The facts that depend on the domain. Sizes in MiB. */
interface BootFacts {
  readonly commandLine: string;
  readonly type: DomainType;
  readonly memory: number;
  readonly disks: readonly string[];
}

/** The kernel's messages up to the start of init, in order. */
export function kernelLog(facts: BootFacts): readonly KernelLine[] {
  const kilobytes = facts.memory * 1024;
  const own: KernelLine[] = [
    { at: 0, text: `Command line: ${facts.commandLine}` },
    { at: 1.588829, text: `Kernel command line: ${facts.commandLine}` },
    {
      at: 1.618308,
      text: `Memory: ${kilobytes - 47_032}K/${kilobytes - 388}K available (14343K kernel code, 2327K rwdata, 8348K rodata, 2612K init, 5436K bss, 46388K reserved, 0K cma-reserved)`,
    },
    ...facts.disks.map((disk, index) => ({
      at: 5.019475 + index / 100,
      text: `blkfront: ${disk}: flush diskcache: enabled; persistent grants: enabled; indirect descriptors: enabled; bounce buffer: enabled`,
    })),
  ];
  const recorded = LOG.trimEnd()
    .split('\n')
    .map((line) => ({ at: Number(line.slice(1, 13)), text: ofType(line.slice(15), facts.type) }));
  const [first, ...others] = recorded;
  if (!first) return own;
  return [first, ...[...own, ...others].sort((a, b) => a.at - b.at)];
}

/** The lines of the recording that differ: xen_hvm_guest_init in Linux' arch/x86/xen. Not recorded. */
function ofType(text: string, type: DomainType): string {
  if (type === 'pv') return text;
  return text
    .replace('Hypervisor detected: Xen PV', 'Hypervisor detected: Xen HVM')
    .replace('Booting kernel on Xen', `Booting kernel on Xen ${type.toUpperCase()}`);
}

/** A kernel message as printed: seconds in brackets, six decimals. */
export function kernelLine(seconds: number, text: string): string {
  return `[${seconds.toFixed(6).padStart(12)}] ${text}\n`;
}
