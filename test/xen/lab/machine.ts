import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  closeSync,
  constants,
  copyFileSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { join } from 'node:path';
import { demoPort } from '../../../server/cli/demo/demo-port.js';
import { eventually } from '../../support/eventually.js';
import type { LabImage } from './image.js';
import { QemuMonitor } from './qemu-monitor.js';

const XEN = 'console=com1 com1=115200,8n1 loglvl=warning dom0_mem=1024M,max:1024M dom0_max_vcpus=1 noreboot';
const LINUX = 'root=/dev/vda rw console=hvc0 quiet mitigations=off audit=0 random.trust_cpu=on';
/**
 * Never KVM: a virtual machine's /dev/kvm may be unable to boot a stock kernel. One processor: the same work
 * then takes a third less CPU than with two, so several machines get more done than one with more processors.
 */
const HARDWARE = [
  '-machine',
  'q35',
  '-accel',
  'tcg,thread=single',
  '-smp',
  '1',
  // With AMD's nested paging Xen can run PVH guests.
  '-cpu',
  'qemu64,+svm,+npt',
  '-m',
  '2048',
];

/** The unit of the times in /proc/PID/stat, on every present Linux (proc_pid_stat(5)). */
const TICKS_PER_SECOND = 100;

/** A Xen host in QEMU's software emulation, with its own disk over the image's. */
export class Machine {
  readonly directory: string;
  readonly #image: LabImage;
  #monitor: QemuMonitor | undefined;
  #port = 0;
  #qemu: ChildProcess | undefined;
  #exited: Promise<void> = Promise.resolve();

  /** @param directory the machine's own: disk, sockets, log of the serial line */
  constructor(image: LabImage, directory: string) {
    this.#image = image;
    this.directory = directory;
    mkdirSync(directory, { recursive: true, mode: 0o700 });
  }

  /** The port of dom0's sshd on 127.0.0.1. */
  get sshPort(): number {
    return this.#port;
  }

  get serialLog(): string {
    return join(this.directory, 'serial.log');
  }

  /** CPU seconds of this run so far. They equal the time that passed if it never waited. */
  get cpuSeconds(): number {
    try {
      const stat = readFileSync(`/proc/${this.#qemu?.pid ?? 0}/stat`, 'utf8');
      const [user, system] = stat
        .slice(stat.lastIndexOf(')') + 2)
        .split(' ')
        .slice(11, 13);
      return (Number(user) + Number(system)) / TICKS_PER_SECOND;
    } catch {
      return 0;
    }
  }

  hasSnapshot(name: string): boolean {
    if (!existsSync(this.#disk)) return false;
    const info = execFileSync('qemu-img', ['info', '-U', '--output=json', this.#disk], { encoding: 'utf8' });
    const { snapshots = [] } = JSON.parse(info) as { snapshots?: { name: string }[] };
    return snapshots.some((snapshot) => snapshot.name === name);
  }

  /** Deletes the disk and its snapshots. The machine must not run. */
  reset(): void {
    rmSync(this.#disk, { force: true });
  }

  /**
   * Copies another machine's disk with all its snapshots, unless this was done before. Neither machine may
   * run.
   */
  cloneDisk(original: Machine): void {
    const { mtimeMs, size } = statSync(original.#disk);
    const stamp = join(this.directory, `clone-of-${mtimeMs}-${size}`);
    if (existsSync(stamp) && existsSync(this.#disk)) return;
    for (const name of readdirSync(this.directory)) {
      if (/^(clone-of|disk)-/.test(name)) rmSync(join(this.directory, name));
    }
    copyFileSync(original.#disk, `${this.#disk}.making`, constants.COPYFILE_FICLONE);
    renameSync(`${this.#disk}.making`, this.#disk);
    closeSync(openSync(stamp, 'w', 0o600));
  }

  /**
   * Switches the machine on, at a snapshot if one is named.
   *
   * @throws Error with QEMU's last words when it does not start
   */
  async start(snapshot?: string): Promise<void> {
    this.#port = await demoPort(0);
    if (!existsSync(this.#disk)) {
      const base = join(this.#image.directory, 'root.img');
      execFileSync('qemu-img', ['create', '-q', '-f', 'qcow2', '-F', 'raw', '-b', base, this.#disk]);
    }
    await this.#clearLeftover();
    const said = join(this.directory, 'qemu.log');
    const log = openSync(said, 'w', 0o600);
    // Paths are relative to the image's directory, because the multiboot line is split at blanks and commas.
    const qemu = spawn(
      this.#image.qemu,
      [
        ...['-nodefaults', '-no-user-config', '-display', 'none', '-name', 'postern-xen-lab'],
        ...HARDWARE,
        ...['-kernel', 'xen', '-append', XEN, '-initrd', `vmlinuz ${LINUX},initrd.img`],
        ...['-drive', `file=${this.#disk.replaceAll(',', ',,')},if=none,id=root,format=qcow2,cache=unsafe`],
        ...['-device', 'virtio-blk-pci,drive=root', '-device', 'virtio-rng-pci'],
        ...['-netdev', `user,id=net,restrict=on,hostfwd=tcp:127.0.0.1:${this.#port}-10.0.2.15:22`],
        ...['-device', 'virtio-net-pci,netdev=net', '-serial', `file:${this.serialLog}`],
        ...['-qmp', `unix:${this.#socket.replaceAll(',', ',,')},server=on,wait=off`],
        ...(snapshot === undefined ? [] : ['-loadvm', snapshot]),
      ],
      { cwd: this.#image.directory, stdio: ['ignore', log, log], detached: true },
    );
    closeSync(log);
    qemu.once('error', () => undefined);
    qemu.unref();
    this.#qemu = qemu;
    this.#exited = new Promise((resolve) => {
      qemu.once('exit', () => {
        resolve();
      });
    });
    this.#monitor = await eventually(
      'QEMU to start',
      async () => {
        if (qemu.pid === undefined || qemu.exitCode !== null) {
          throw new Error(`QEMU did not start: ${readFileSync(said, 'utf8').trim()}`);
        }
        return QemuMonitor.connect(this.#socket).catch(() => undefined);
      },
      { withinMs: 30_000, everyMs: 100 },
    );
  }

  /** Saves the whole running machine under a name, and replaces an earlier snapshot of that name. */
  async keep(snapshot: string): Promise<void> {
    await this.#running.human(`savevm ${snapshot}`);
  }

  /** Switches it off as a power cut does; harmless when it does not run. */
  async stop(): Promise<void> {
    await this.#monitor?.execute('quit').catch(() => undefined);
    this.#monitor?.close();
    this.#monitor = undefined;
    // Otherwise a process without other work would end before its QEMU.
    this.#qemu?.ref();
    await this.#exited;
  }

  /** Ends a machine that a killed process left behind: two must not write to one disk. */
  async #clearLeftover(): Promise<void> {
    const left = await QemuMonitor.connect(this.#socket).catch(() => undefined);
    await left?.execute('quit').catch(() => undefined);
    left?.close();
    rmSync(this.#socket, { force: true });
  }

  get #running(): QemuMonitor {
    if (this.#monitor === undefined) throw new Error('the machine does not run');
    return this.#monitor;
  }

  /** A snapshot only works on the hardware that it was taken on, so the disk's name contains the hardware. */
  get #disk(): string {
    const hardware = createHash('sha256')
      .update([this.#image.qemu, ...HARDWARE, XEN, LINUX].join(' '))
      .digest('hex')
      .slice(0, 8);
    return join(this.directory, `disk-${hardware}.qcow2`);
  }

  get #socket(): string {
    return join(this.directory, 'qmp.sock');
  }
}
