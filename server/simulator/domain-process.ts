/**
 * The process that `xl create` leaves behind: the domain's guest and its monitor in one. Like the real
 * one, the monitor cleans up or builds anew when the guest has shut down. For a domain of `xm create` it
 * does what xend would do.
 *
 *     node domain-process.js HOST-DIRECTORY DOMID xl|xend|nobody
 */
import { appendFileSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { isFailure } from './bootloader.js';
import type { Monitoring, ShutdownAction } from './config/domain-config.js';
import { Host } from './host.js';
import { Incarnation } from './incarnation.js';
import { registerProcess } from './process-marks.js';
import { ownIdentity } from './process-identity.js';
import { untilXendRuns, xendAction } from './xend.js';
import { randomUuid } from './randomness.js';
import { sayReady } from './ready.js';
import type { DomainRecord } from './domain-record.js';
import { BUILD_MILLISECONDS, newRecord } from './new-record.js';
import { SHUTDOWN_CRASH, SHUTDOWN_REBOOT } from './guest/shutdown-reason.js';
import type { ShutdownReason } from './guest/shutdown-reason.js';

const CONSOLE_END_MILLISECONDS = 300;
const DESTROY_MILLISECONDS = 1_400;
/** From the end of one incarnation to the listing of the next. */
const ABSENT_MILLISECONDS = 1_900;

class Monitor {
  readonly #host: Host;
  readonly #monitor: Monitoring;
  #incarnation: Incarnation | undefined;
  /** Guests that have ended, kept under other names until somebody destroys them. */
  readonly #preserved = new Set<Incarnation>();
  #ending = false;

  constructor(host: Host, monitor: Monitoring) {
    this.#host = host;
    this.#monitor = monitor;
  }

  async begin(record: DomainRecord): Promise<void> {
    this.#ending = false;
    const { log } = this;
    const incarnation = new Incarnation(
      this.#host,
      { ...record, keeper: ownIdentity() },
      {
        shutDown: (reason) => {
          if (this.#ending) return;
          log(incarnation.record, `Domain ${record.domid} has shut down, reason code ${reason} 0x${reason}`);
          this.#guarded(this.#afterShutdown(incarnation, reason));
        },
        destroyRequested: () => {
          if (this.#preserved.delete(incarnation)) {
            incarnation.dispose();
            if (this.#incarnation === undefined && this.#preserved.size === 0) this.exit();
          }
          if (this.#incarnation !== incarnation || this.#ending) return;
          log(incarnation.record, `Domain ${record.domid} has been destroyed.`);
          this.#guarded(
            this.#destroy(incarnation).then(() => {
              this.#end();
            }),
          );
        },
      },
    );
    this.#incarnation = incarnation;
    await incarnation.listen();
    log(record, `Waiting for domain ${record.name} (domid ${record.domid}) to die [pid ${process.pid}]`);
  }

  /** Its domain is gone and none follows. */
  #end(): void {
    this.#incarnation = undefined;
    if (this.#preserved.size === 0) this.exit();
  }

  exit(): never {
    this.#incarnation?.dispose();
    // The mark stays: until the kernel has ended this process, `stopSimulator` must wait for it.
    process.exit(0);
  }

  readonly log = (record: DomainRecord, line: string): void => {
    if (this.#monitor === 'xend') return;
    const directory = join(this.#host.directory, 'var', 'log', 'xen');
    if (existsSync(directory)) appendFileSync(join(directory, `xl-${record.name}.log`), `${line}\n`);
  };

  async #afterShutdown(incarnation: Incarnation, reason: ShutdownReason): Promise<void> {
    const { record } = incarnation;
    if (this.#monitor === 'nobody') return;
    if (this.#monitor === 'xend') await untilXendRuns(this.#host);
    const configured = actionFor(record, reason);
    const action = this.#monitor === 'xend' ? xendAction(this.#host, record, configured) : configured;
    this.log(record, `Action for shutdown reason code ${reason} is ${action}`);
    if (action === 'preserve') {
      this.log(record, 'Done. Exiting now');
      return;
    }
    if (action.startsWith('coredump-')) this.#dumpCore(record);
    if (action === 'rename-restart') {
      const suffix = `-${new Date().toISOString().replace(/:\d\d\.\d+|[-:]/g, '')}`;
      this.log(record, `Preserving domain ${record.domid} ${record.name} with suffix${suffix}`);
      incarnation.preserve(`${record.name}${suffix}`);
      this.#preserved.add(incarnation);
    } else {
      this.log(record, `Domain ${record.domid} needs to be cleaned up: destroying the domain`);
      await this.#destroy(incarnation);
    }
    if (action === 'destroy' || action === 'coredump-destroy') {
      this.log(record, 'Done. Exiting now');
      this.#end();
      return;
    }
    this.log(record, 'Done. Rebooting now');
    await this.#restart(record);
  }

  #dumpCore(record: DomainRecord): void {
    const file = join('var', 'lib', 'xen', 'dump', record.name);
    this.log(record, `dumping core to /${file}`);
    mkdirSync(dirname(join(this.#host.directory, file)), { recursive: true });
    writeFileSync(
      join(this.#host.directory, file),
      `A simulated guest has no memory to dump: ${record.uuid}\n`,
    );
  }

  async #destroy(incarnation: Incarnation): Promise<void> {
    this.#ending = true;
    incarnation.pause();
    await sleep(this.#host.scaled(CONSOLE_END_MILLISECONDS));
    incarnation.endConsole();
    await sleep(this.#host.scaled(DESTROY_MILLISECONDS - CONSOLE_END_MILLISECONDS));
    incarnation.dispose();
  }

  async #restart(before: DomainRecord): Promise<void> {
    await sleep(this.#host.scaled(ABSENT_MILLISECONDS));
    const config = { ...before.config, name: before.name };
    // xl draws a UUID for each incarnation, xend keeps it.
    const uuid = config.uuid ?? (this.#monitor === 'xend' ? before.uuid : randomUuid());
    const record = newRecord(this.#host, this.#host.drawDomid(), uuid, config, before.command, ownIdentity());
    // Somebody may have taken the name meanwhile. Then this domain stays away, as with the real xl.
    if (!this.#host.claim(record)) {
      this.#end();
      return;
    }
    // The boot loader reads the disk again: it may find another kernel now, or none.
    if (isFailure(record.kernel)) {
      this.#host.forget(record.domid);
      this.#end();
      return;
    }
    await this.begin(record);
    await sleep(this.#host.scaled(BUILD_MILLISECONDS));
    this.#incarnation?.built();
    this.#incarnation?.unpause();
  }

  #guarded(work: Promise<void>): void {
    work.catch(() => this.exit());
  }
}

function actionFor(record: DomainRecord, reason: ShutdownReason): ShutdownAction {
  if (reason === SHUTDOWN_REBOOT) return record.config.onReboot;
  return reason === SHUTDOWN_CRASH ? record.config.onCrash : record.config.onPoweroff;
}

async function main(directory: string, domid: number, monitoring: Monitoring): Promise<void> {
  const host = new Host(directory);
  const monitor = new Monitor(host, monitoring);
  registerProcess(directory);
  const record = host.domain(domid);
  if (!record || host.stopped) return monitor.exit();
  process.title = record.command;
  mkdirSync(join(directory, 'var', 'log', 'xen'), { recursive: true });
  rmSync(join(directory, 'var', 'log', 'xen', `xl-${record.name}.log`), { force: true });

  process.on('SIGTERM', () => monitor.exit());
  process.on('SIGHUP', () => undefined);
  host.endWithIt();
  await monitor.begin(record);
  sayReady();
}

const [directory = '', domid = '', mode = ''] = process.argv.slice(2);
await main(directory, Number(domid), mode === 'xl' || mode === 'xend' ? mode : 'nobody');
