import { existsSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';

import { isFailure } from './bootloader.js';
import { parseConfig } from './config/config-file.js';
import { readConfig } from './config/config-reading.js';
import { caller, sleep } from './caller.js';
import type { DomainConfig } from './config/domain-config.js';
import { BUILD_MILLISECONDS, newRecord } from './new-record.js';
import { askDomain } from './ask-domain.js';
import type { Host } from './host.js';
import { print } from './output.js';
import { randomUuid } from './randomness.js';
import { startDomain } from './start-domain.js';
import { dryRunSxp } from './xm-list.js';
import { UsageFault, xmOptions } from './xm-usage.js';
import { XendFault, askXend } from './xend.js';
import type { DomainRecord } from './domain-record.js';

/** xvda's device number; disks are 16 apart. */
const FIRST_DISK = 0xca00;
const DEFAULT_MEMORY = 128;

/**
 * `xm create [-q] [-p] FILE` (main and make_domain in xm/create.py). The real xm reads the file as Python.
 * This one reads it as the simulated xl does, so without `KEY=VALUE` and without expressions. The real xend
 * goes on when this process is killed; here the domain then stays paused.
 */
export async function create(host: Host, argv: readonly string[]): Promise<number> {
  const { flags, operands } = xmOptions(argv, {
    '-q': 'quiet',
    '--quiet': 'quiet',
    '-p': 'paused',
    '--paused': 'paused',
    '-n': 'dryrun',
    '--dryrun': 'dryrun',
  });
  const [file, ...others] = operands;
  if (file === undefined || others.length > 0)
    throw new UsageFault('this stand-in takes one configuration file');
  const say = (line: string): void => {
    if (!flags.has('quiet')) print(`${line}\n`);
  };
  const config = readFile(file, say);
  for (const [what, path] of [
    ['kernel', config.kernel],
    ['ramdisk', config.ramdisk],
  ] as const) {
    // configure_image, xm/create.py: with a boot loader they are paths in the guest's disk.
    const missing = path !== undefined && config.bootloader === undefined && !existsSync(path);
    if (missing) throw new XendFault(`Cannot find ${what} "${path}"`);
  }

  if (flags.has('dryrun')) {
    print(dryRunSxp(config));
    return 0;
  }
  askXend(host);
  const record = newRecord(
    host,
    host.drawDomid(),
    config.uuid ?? randomUuid(),
    config,
    `xend ${config.name}`,
    caller().identity,
  );
  const { domid, name } = record;
  const other = host.domains().find((domain) => domain.name === name);
  if (other !== undefined) throw new XendFault(`Domain '${name}' already exists with ID '${other.domid}'`);
  // Somebody was quicker: XendDomainInfo.check_name.
  if (!host.claim(record)) throw new XendFault(`VM name '${name}' already exists`);
  const failure = buildFailure(host, record);
  if (failure !== undefined) {
    host.forget(domid);
    throw new XendFault(failure);
  }
  await startDomain(host, domid, 'xend');
  await sleep(host.scaled(BUILD_MILLISECONDS));
  await askDomain(host.socketPath(domid), { ask: 'built' });
  const device = deviceFailure(config);
  if (device !== undefined) {
    await askDomain(host.socketPath(domid), { ask: 'destroy' });
    throw new XendFault(device);
  }
  if (!flags.has('paused')) await askDomain(host.socketPath(domid), { ask: 'unpause' });
  say(`Started domain ${name} (id=${domid})`);
  return 0;
}

/** load_defconfig, xm/opts.py. */
function readFile(file: string, say: (line: string) => void): DomainConfig {
  const path = caller().path(file);
  if (!existsSync(path)) throw new UsageFault(`Unable to open config file: ${file}`);
  say(`Using config file "${file}".`);
  const parsed = parseConfig(readFileSync(path, 'utf8'), file);
  if ('problems' in parsed) {
    const line = /:(\d+):/.exec(parsed.problems[0] ?? '')?.[1] ?? '1';
    throw new XendFault(`Errors were found at line ${line} while processing ${file}:\n\t`);
  }
  const named = parsed.assignments.has('name')
    ? parsed.assignments
    : new Map([...parsed.assignments, ['name', { value: basename(file), line: 0 }]]);
  const read = readConfig(named, file);
  if (typeof read === 'string') throw new XendFault(read);
  return read.config;
}

/**
 * Why xend cannot build the domain: XendBootloader.py, XendDomainInfo._configureBootloader, and
 * balloon.free without ballooning.
 */
function buildFailure(host: Host, { config, kernel }: DomainRecord): string | undefined {
  const { bootloader, disks, memory } = config;
  if (bootloader !== undefined) {
    const [first] = disks;
    if (first === undefined) return 'Had a bootloader specified, but no disks are bootable';
    if (!existsSync(first.target)) return "Disk isn't accessible";
    if (isFailure(kernel)) return "Boot loader didn't return any data!";
  }
  const free = host.freeMemory;
  if (free >= 0) return undefined;
  const need = (memory ?? DEFAULT_MEMORY) * 1024;
  return (
    'Not enough free memory and enable-dom0-ballooning is False, so I cannot release any more.  ' +
    `I need ${need} KiB but only have ${need + free * 1024}.`
  );
}

/** The hotplug script looks for a disk (tools/hotplug/Linux/block), after xend has built the domain. */
function deviceFailure({ disks }: DomainConfig): string | undefined {
  const missing = disks.find(({ target }) => target !== '' && !existsSync(target));
  if (missing === undefined) return undefined;
  const device = FIRST_DISK + (missing.device.charCodeAt(3) - 'a'.charCodeAt(0)) * 16;
  return `Device ${device} (vbd) could not be connected. ${missing.target} does not exist.`;
}
