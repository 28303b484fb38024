import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

import { caller, sleep } from './caller.js';
import type { DomainRecord } from './domain-record.js';
import { newRecord } from './new-record.js';
import { askDomain } from './ask-domain.js';
import { findDomid } from './find-domain.js';
import { getopt } from './getopt.js';
import { Host } from './host.js';
import { complain } from './output.js';
import { startDomain } from './start-domain.js';
import { usage } from './usage.js';

/** How long the domain's memory takes, in milliseconds. */
const TRANSFER_MILLISECONDS = 6_000;
/** How long the domain runs nowhere, in milliseconds. */
const HAND_OVER_MILLISECONDS = 1_000;
const PAGES = 0x3;

/**
 * `xl migrate`. HOST is `localhost`, or a simulated host whose directory is beside this one's and has that
 * name; the first of the demo is `xen1` in `xen`. Source and target are this one process, and no ssh runs.
 *
 * The words, the names and the order are those of test/fixtures/xl-4.20/90-migrate.txt, a migration of PVH to
 * the same host. Xen suspends the guest where this pauses it. The guest's memory stays behind: it logs in anew.
 */
export async function migrate(host: Host, argv: readonly string[]): Promise<number> {
  const options = getopt(argv, 'FC:s:eTpDh', { debug: 'd', live: 'l', help: 'h' });
  if (options.problem !== undefined) {
    complain(options.problem);
    return 2;
  }
  if (options.flags.has('h')) return usage('migrate', 0);
  const [name, to] = options.operands;
  if (name === undefined || to === undefined) return usage('migrate', 2, 2);
  const domid = findDomid(host, name);
  if (domid === undefined) return 1;
  const source = host.domain(domid);
  if (source === undefined) return 1;
  // `-s ''` runs the command HOST itself in the place of ssh.
  const isHere = options.values.get('s') === '' && to === 'xl migrate-receive';
  const target = isHere ? host : hostNamed(host, to);
  if (target === undefined) {
    complain(`ssh: Could not resolve hostname ${to}: Name or service not known\n`);
    return 1;
  }
  return move(host, source, target, options.flags.has('p'));
}

async function move(host: Host, source: DomainRecord, target: Host, staysPaused: boolean): Promise<number> {
  const { name, uuid } = source;
  complain('migration target: Ready to receive domain.\n');
  complain(`Saving to migration stream new xl format (info 0x${PAGES}/0x0/1027)\n`);
  complain(`Loading new save file <incoming migration stream> (new xl fmt info 0x${PAGES}/0x0/1027)\n`);
  complain(' Savefile contains xl domain config in JSON format\nParsing config from <saved>\n');
  const arriving = await receive(target, source);
  if (arriving === undefined) {
    complain('migration target: Domain creation failed (code -3).\n');
    return 1;
  }
  await mayStop('received');
  await sleep(host.scaled(TRANSFER_MILLISECONDS));
  await ask(host, source.domid, { ask: 'pause' });
  await mayStop('suspended');
  await ask(target, arriving.domid, { ask: 'built' });
  complain('migration target: Transfer complete, requesting permission to start domain.\n');
  complain('migration sender: Target has acknowledged transfer.\n');
  await ask(host, source.domid, { ask: 'rename', name: `${name}--migratedaway` });
  await mayStop('renamed');
  await sleep(host.scaled(HAND_OVER_MILLISECONDS));
  complain('migration sender: Giving target permission to start.\n');
  complain('migration target: Got permission, starting domain.\n');
  if (target.domains().some((other) => other.name === name)) {
    complain(`migration target: Failure, destroying our copy.\n`);
    await ask(target, arriving.domid, { ask: 'destroy' });
    complain('migration sender: Trying to resume at our end.\n');
    await ask(host, source.domid, { ask: 'rename', name });
    await ask(host, source.domid, { ask: 'unpause' });
    complain(`Migration failed due to problems at target.\n`);
    return 1;
  }
  await ask(target, arriving.domid, { ask: 'rename', name });
  if (!staysPaused) await ask(target, arriving.domid, { ask: 'unpause' });
  await mayStop('started');
  complain('migration target: Domain started successsfully.\n');
  complain('migration sender: Target reports successful startup.\n');
  await ask(host, source.domid, { ask: 'destroy' });
  complain('Migration successful.\n');
  return target.domain(arriving.domid)?.uuid === uuid ? 0 : 1;
}

/** Stops the caller until SIGCONT, at the step that its XL_SIMULATOR_MIGRATION_STOPS names. */
async function mayStop(step: 'received' | 'suspended' | 'renamed' | 'started'): Promise<void> {
  if (caller().stopsAt === step) await caller().stop();
}

/** Builds the domain on its new host, paused. @returns undefined when it cannot be there */
async function receive(
  target: Host,
  { name, uuid, config }: DomainRecord,
): Promise<DomainRecord | undefined> {
  const incoming = { ...config, name: `${name}--incoming` };
  const record = {
    ...newRecord(target, target.drawDomid(), uuid, incoming, 'xl migrate-receive', caller().identity),
    migrated: true,
  };
  if (target.freeMemory < (config.memory ?? 0) || !target.claim(record)) return undefined;
  await startDomain(target, record.domid, 'xl');
  return record;
}

async function ask(host: Host, domid: number, request: Parameters<typeof askDomain>[1]): Promise<void> {
  await askDomain(host.socketPath(domid), request);
}

function hostNamed(host: Host, name: string): Host | undefined {
  if (name === 'localhost') return host;
  const beside = name === 'xen1' ? [name, 'xen'] : [name];
  const directory = beside
    .filter((one) => basename(one) === one)
    .map((one) => join(dirname(host.directory), one))
    .find((one) => existsSync(join(one, 'state', 'host.json')));
  return directory === undefined ? undefined : new Host(directory);
}
