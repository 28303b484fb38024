import { existsSync, readFileSync, statSync } from 'node:fs';

import type { BootloaderFailure } from './bootloader.js';
import { isFailure } from './bootloader.js';
import { caller, sleep } from './caller.js';
import { attachConsole } from './console.js';
import type { DomainConfig } from './config/domain-config.js';
import { configAsJson, prettyJson } from './config/domain-config.js';
import type { DomainRecord } from './domain-record.js';
import { BUILD_MILLISECONDS, newRecord } from './new-record.js';
import { askDomain } from './ask-domain.js';
import { configOf } from './dry-run.js';
import { getopt } from './getopt.js';
import type { LoadedKernel } from './guest/loaded-kernel.js';
import type { Host } from './host.js';
import { complain, print } from './output.js';
import { destructionFailure } from './power.js';
import { randomUuid } from './randomness.js';
import { startDomain } from './start-domain.js';
import { usage } from './usage.js';

const FAILURE_MILLISECONDS = 150;

const LIBXL_FAILED = 3;

/** `xl create`. */
export async function create(host: Host, argv: readonly string[], globalDryRun: boolean): Promise<number> {
  const options = getopt(argv, 'cdeFf:hnpqVA', {
    defconfig: 'f',
    dryrun: 'n',
    quiet: 'q',
    help: 'h',
    vncviewer: 'V',
    'vncviewer-autopass': 'A',
  });
  if (options.problem !== undefined) {
    complain(options.problem);
    return 2;
  }
  if (options.flags.has('h')) return usage('create', 0);
  const operands = [...options.operands];
  const fileName =
    options.values.get('f') ?? (operands[0]?.includes('=') === false ? operands.shift() : undefined);
  if (operands.some((operand) => !operand.includes('='))) return usage('create', 2);
  if (fileName === undefined) {
    complain('Config file not specified and none in save file\n');
    return 6;
  }

  const config = readConfigFile(fileName, operands, options.flags.has('q'));
  if (typeof config === 'number') return config;
  const uuid = config.uuid ?? randomUuid();
  if (globalDryRun || options.flags.has('n')) {
    print(`${prettyJson(configAsJson(config, uuid, false))}\n`);
    return 0;
  }

  const domid = host.drawDomid();
  const command = ['xl create', ...argv].join(' ');
  const record = await claimDomain(host, newRecord(host, domid, uuid, config, command, caller().identity));
  if (!record) return LIBXL_FAILED;
  const failure = await buildFailure(host, record);
  if (failure !== undefined) {
    host.forget(domid);
    complain(`${failure}${destructionFailure(domid)}`);
    return LIBXL_FAILED;
  }

  await startDomain(host, domid, options.flags.has('e') ? 'nobody' : 'xl');
  const attached = options.flags.has('c') ? attachConsole(host, domid) : undefined;
  await sleep(host.scaled(BUILD_MILLISECONDS));
  await askDomain(host.socketPath(domid), { ask: 'built' });
  if (!options.flags.has('p')) await askDomain(host.socketPath(domid), { ask: 'unpause' });
  if (options.flags.has('F')) await askDomain(host.socketPath(domid), { ask: 'wait' });
  return attached ?? 0;
}

/** @returns the exit status when the file cannot be read or parsed. */
function readConfigFile(
  fileName: string,
  overrides: readonly string[],
  quiet: boolean,
): DomainConfig | number {
  const path = caller().path(fileName);
  let text = '';
  try {
    if (fileName !== '/dev/null') {
      if (!statSync(path).isFile()) {
        complain(
          `libxl: error: libxl_utils.c:346:libxl_read_file_contents: ${fileName} is not a plain file: Success\n`,
        );
        complain(`Failed to read config file: ${fileName}: Inappropriate ioctl for device\n`);
        return LIBXL_FAILED;
      }
      text = readFileSync(path, 'utf8');
    }
  } catch (error) {
    const denied = (error as NodeJS.ErrnoException).code === 'EACCES';
    complain(
      `Failed to read config file: ${fileName}: ${denied ? 'Permission denied' : 'No such file or directory'}\n`,
    );
    return LIBXL_FAILED;
  }
  const { config, stderr } = configOf(text + overrides.map((override) => `${override}\n`).join(''), fileName);
  complain(`${quiet ? '' : `Parsing config from ${fileName}\n`}${stderr}`);
  return config ?? 1;
}

async function claimDomain(host: Host, record: DomainRecord): Promise<DomainRecord | undefined> {
  if (host.claim(record)) return record;
  await sleep(host.scaled(FAILURE_MILLISECONDS));
  complain(
    `libxl: error: libxl_domain.c:81:libxl__domain_rename: Domain ${record.domid}:Domain with name "${record.name}" already exists.\n` +
      `libxl: error: libxl_create.c:1296:initiate_domain_create: Domain ${record.domid}:cannot make domain: -6\n` +
      destructionFailure(record.domid),
  );
  return undefined;
}

/** Why the domain cannot be built, in libxl's words, up to its attempt to destroy the domain again. */
async function buildFailure(
  host: Host,
  { domid, config, kernel }: DomainRecord,
): Promise<string | undefined> {
  const cannotBuild = `libxl: error: libxl_create.c:1640:domcreate_rebuild_done: Domain ${domid}:cannot (re-)build domain: -3\n`;
  const missingDisk = config.disks.findIndex(({ target }) => target !== '' && !existsSync(target));
  const disk = config.disks[missingDisk];
  if (disk) {
    await sleep(host.scaled(FAILURE_MILLISECONDS));
    return (
      `libxl: error: libxl_device.c:455:libxl__device_disk_set_backend: Disk vdev=${disk.device} failed to stat: ${disk.target}: No such file or directory\n` +
      `libxl: error: libxl_create.c:1318:initiate_domain_create: Domain ${domid}:Unable to set disk defaults for disk ${missingDisk}\n`
    );
  }
  if (isFailure(kernel)) return bootloaderFailure(domid, kernel) + cannotBuild;
  if (config.bootloader === undefined) {
    const missing = [config.kernel, config.ramdisk].find((path) => path !== undefined && !existsSync(path));
    if (missing !== undefined) {
      await sleep(host.scaled(FAILURE_MILLISECONDS));
      const what = missing === config.kernel ? 'kernel_file' : 'ramdisk_file';
      return (
        `xc: error: panic: xg_dom_core.c:205: failed to open file '${missing}': No such file or directory: Internal error\n` +
        `libxl: error: ${config.type === 'pvh' ? 'libxl_dom.c:1003:libxl__build_hvm' : 'libxl_dom.c:646:libxl__build_pv'}: xc_dom_${what} failed: No such file or directory\n` +
        cannotBuild
      );
    }
  }
  if (!isFailure(kernel) && isOfAnotherType(config, kernel)) {
    await sleep(host.scaled(FAILURE_MILLISECONDS));
    // Not recorded from a host: the words are those of xg_dom_core.c and libxl_dom.c.
    return (
      'xc: error: panic: xg_dom_core.c:689: xc_dom_find_loader: no loader found: Invalid kernel\n' +
      `libxl: error: libxl_dom.c:565:libxl__build_dom: xc_dom_parse_image failed\n${cannotBuild}`
    );
  }
  if (host.freeMemory < 0) {
    await sleep(host.scaled(FAILURE_MILLISECONDS * 8));
    return (
      "xc: error: panic: xg_dom_boot.c:119: xc_dom_boot_mem_init: can't allocate low memory for domain: Out of memory\n" +
      'libxl: error: libxl_dom.c:586:libxl__build_dom: xc_dom_boot_mem_init failed: Cannot allocate memory\n' +
      cannotBuild
    );
  }
  return undefined;
}

/** A GRUB image is an ELF file for PV, or one for PVH. Kernels of Linux are both. */
function isOfAnotherType({ type = 'pv' }: DomainConfig, { role }: LoadedKernel): boolean {
  return (role === 'pvgrub' && type !== 'pv') || (role === 'pvhgrub' && type !== 'pvh');
}

function bootloaderFailure(domid: number, { problem, status }: BootloaderFailure): string {
  if (problem === 'no-disk') {
    return `libxl: error: libxl_bootloader.c:427:libxl__bootloader_run: Domain ${domid}:cannot run bootloader with no boot disk\n`;
  }
  const log = `/var/log/xen/bootloader.${domid}.log`;
  return (
    `libxl: error: libxl_bootloader.c:767:bootloader_finished: Domain ${domid}:bootloader failed - consult logfile ${log}\n` +
    `libxl: error: libxl_exec.c:117:libxl_report_child_exitstatus: bootloader [${caller().identity.pid}] exited with error status ${status}\n`
  );
}
