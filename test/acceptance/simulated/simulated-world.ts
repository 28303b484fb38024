import { spawn } from 'node:child_process';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SimulatedDomain, SimulatedHost } from '../../../server/simulator/install.js';
import { House, type Ended } from '../../support/house.js';
import { eventually } from '../../support/eventually.js';
import { ProcessFacts } from '../../support/process-facts.js';
import { TerminalClient } from '../../support/terminal-client.js';
import { hasLookedAgain } from '../states.js';
import type { World } from '../world.js';

/** The world of the acceptance cases on a simulated Xen host. */
export class SimulatedWorld implements World {
  readonly #house: House;
  readonly #terminals: TerminalClient[] = [];

  /** Use `start`. */
  constructor(house: House) {
    this.#house = house;
  }

  /** Starts a world with the customers and domains of the real one. */
  static async start(more: readonly SimulatedDomain[]): Promise<SimulatedWorld> {
    const hers = Object.fromEntries(more.map(({ name }) => [name, 'owner' as const]));
    const house = await House.start({
      customers: {
        alice: { horatio: 'owner', ophelia: 'owner', guildenstern: 'owner', rosencrantz: 'owner', ...hers },
        bob: { yorick: 'owner' },
        mallory: {},
      },
      domains: [
        { name: 'horatio' },
        { name: 'ophelia', brokenFstab: true },
        { name: 'yorick' },
        { name: 'router' },
        { name: 'guildenstern', bootloader: 'pvgrub' },
        { name: 'rosencrantz', bootloader: 'pygrub' },
        ...more,
      ],
      profiles,
      // As on a slow machine, where a prompt at the end of the screen does not last.
      noisyKernels: true,
      dom0Settings: 'unmanaged: [router]\ndeadlines:\n  shutdownSeconds: 20\n',
    });
    return new SimulatedWorld(house);
  }

  get dom0Socket(): string {
    return this.#house.layout.dom0Socket;
  }

  ssh(customer: string, command: string): Promise<Ended> {
    return this.#house.ssh(customer, command);
  }

  terminal(customer: string, command = '', ssh: readonly string[] = []): TerminalClient {
    return this.#house.terminal(customer, command, { ssh });
  }

  postern(...args: string[]): Promise<Ended> {
    return this.#house.postern(...args);
  }

  xl(...args: string[]): Promise<Ended> {
    return Promise.resolve(this.#house.xlByHand(...args));
  }

  /** The simulated guest has no memory to carry, so that this takes less time than a look at a busy machine. */
  async migrateWithin(name: string): Promise<Ended> {
    const migration = spawn(this.#house.xl, ['migrate', '-s', '', name, 'xl migrate-receive'], {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, XL_SIMULATOR_MIGRATION_STOPS: 'received' },
    });
    let stderr = '';
    migration.stderr.setEncoding('utf8').on('data', (piece: string) => (stderr += piece));
    const ended = new Promise<Ended>((resolve) => {
      migration.once('close', (status) => {
        resolve({ status, stdout: '', stderr });
      });
    });
    await eventually(
      'the migration to stop on its way',
      () => new ProcessFacts(migration.pid ?? 0).isStopped,
    );
    await hasLookedAgain(this, name);
    migration.kill('SIGCONT');
    return ended;
  }

  async domid(name: string): Promise<number | undefined> {
    const { status, stdout } = await this.xl('domid', name);
    return status === 0 ? Number(stdout) : undefined;
  }

  createWithDomid(name: string, domid: number): Promise<Ended> {
    writeFileSync(join(this.#house.layout.xen, 'state', 'last-domid'), String(domid - 1));
    return this.xl('create', '-q', this.configOf(name));
  }

  configOf(name: string): string {
    return join(this.#house.layout.xen, 'etc', 'xen', `${name}.cfg`);
  }

  editConfig(name: string, edit: (text: string) => string): Promise<void> {
    const file = this.configOf(name);
    writeFileSync(file, edit(readFileSync(file, 'utf8')));
    return Promise.resolve();
  }

  xlConsole(name: string): TerminalClient {
    const client = new TerminalClient(this.#house.xl, ['console', name]);
    this.#terminals.push(client);
    return client;
  }

  posternConsole(name: string): TerminalClient {
    return this.#house.adminConsole(name);
  }

  xlProcesses(name: string): Promise<readonly number[]> {
    const ours = new RegExp(`^xl create .*/${name}\\.cfg`);
    const pids = readdirSync(join(this.#house.layout.xen, 'state', 'daemons')).map(Number);
    return Promise.resolve(pids.filter((pid) => ours.test(commandLineOf(pid))));
  }

  stopDom0Half(): Promise<void> {
    return this.#house.endDom0();
  }

  startDom0Half(): Promise<void> {
    return this.#house.startDom0();
  }

  async killDom0Half(): Promise<void> {
    await this.#house.endDom0('SIGKILL');
    await this.startDom0Half();
  }

  async rebootHost(): Promise<void> {
    await this.#house.endDom0('SIGKILL');
    await this.#house.rebootXen();
    await this.startDom0Half();
  }

  async stop(): Promise<void> {
    for (const terminal of this.#terminals) terminal.kill();
    await this.#house.stop();
  }
}

/** The same as the real host's, in test/xen/lab/dom0-install.ts. */
const profiles = (xen: SimulatedHost): string => `  pvgrub-rescue:
    title: Boot menu of the rescue disk
    kind: disk
    disk: file:${xen.rescueDisk},xvdz,r
    kernel: ${xen.pvgrub}
    disks: Your disk stays /dev/xvda, writable. The rescue disk is /dev/xvdz, read-only.
    hint: Choose with the arrow keys and Enter.
  pygrub-rescue:
    title: Rescue disk by PyGRUB
    kind: disk
    disk: file:${xen.rescueDisk},xvdz,r
    bootloader: pygrub
    disks: Your disk stays /dev/xvda, writable. The rescue disk is /dev/xvdz, read-only.
  installer:
    title: Install Debian anew
    kind: direct
    kernel: ${xen.kernel}
    ramdisk: ${xen.ramdisk}
    extra: console=hvc0 install-suite=\${install-suite} install-host=\${domain}
    parameters:
      install-suite: {title: Debian release, values: [bookworm, trixie]}
    disks: The installer writes over /dev/xvda when you tell it to.
  own-shell:
    title: Your own system, a root shell only
    kind: own
    extra: init=/bin/sh
    disks: Your disk is the system's own, mounted read-only until you change it (mount -o remount,rw /).
  grub-rescue:
    title: Boot menu of the rescue disk
    kind: disk
    disk: file:${xen.rescueDisk},xvdz,r
    kernels: {pv: ${xen.pvgrub}, pvh: ${xen.pvhgrub}}
    disks: Your disk stays /dev/xvda, writable. The rescue disk is /dev/xvdz, read-only.
    hint: Choose with the arrow keys and Enter.
  cd-rescue:
    title: Rescue CD
    kind: cdrom
    disk: ${xen.rescueCd},raw,hdc,cdrom
    disks: Your disk stays /dev/xvda, writable. The CD is read-only.
`;

/** As ps(1) shows it; empty when the process does not exist. */
function commandLineOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    return '';
  }
}

/** Guests that are not PV, which are alice's as well. */
export const OTHER_TYPES: readonly SimulatedDomain[] = [
  { name: 'laertes', type: 'pvh' },
  { name: 'gertrude', type: 'pvh', bootloader: 'pvgrub' },
  { name: 'claudius', type: 'hvm' },
  { name: 'polonius', type: 'hvm', noSerial: true, noXenDrivers: true },
];

/** A world for the cases of one file. It starts before the first case and stops after the last. */
export function simulatedWorld(more: readonly SimulatedDomain[] = []): () => World {
  let world: SimulatedWorld | undefined;
  before(async () => {
    world = await SimulatedWorld.start(more);
  });
  after(() => world?.stop());
  return () => {
    if (world === undefined) throw new Error('the world does not stand yet');
    return world;
  };
}
