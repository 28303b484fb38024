import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import type { Command, PowerAction, Surroundings } from './command.js';
import { READING_COMMANDS, WRITING_COMMANDS } from './file-commands.js';
import type { Mount, VirtualFile } from './file-system.js';
import { FileSystem } from './file-system.js';
import { MOUNT_COMMANDS } from './mount-commands.js';
import { Shell } from './shell.js';
import { BASIC_COMMANDS, KERNEL_VERSION, SYSTEM_COMMANDS } from './system-commands.js';
import { diskDirectory } from '../raw-disk.js';
import { readDiskFile } from './loaded-kernel.js';
import type { System } from './system.js';
import { hasShellForInit, hostName } from './system.js';

import type { Tty } from './tty.js';
import type { Machine } from './machine.js';

interface SessionOptions {
  readonly machine: Machine;
  readonly tty: Tty;
  readonly system: System;
  readonly commandLine: string;
  readonly kernelMessages: readonly string[];
  readonly power: (action: PowerAction, forced: boolean) => void;
  readonly sysrq: (key: string) => void;
  readonly panic: () => void;
}

/** The console of a running machine: a login and its shell, or a shell at once. */
export class Session {
  readonly #options: SessionOptions;
  readonly #around: Surroundings;
  readonly #shell: Shell;
  #disposed = false;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.#around = surroundings(options);
    this.#shell = new Shell({
      around: this.#around,
      commands: commandsOf(options.system),
      tty: options.tty,
      prompt: () => this.#prompt(),
      room: () => options.machine.room(),
      idle: (idle) => {
        options.machine.idle(idle);
      },
      ended: () => {
        this.start();
      },
    });
  }

  /** Runs after boot, and again after every logout. */
  start(): void {
    if (this.#disposed) return;
    this.#around.cwd = this.#options.system.kind === 'initramfs' ? '/' : '/root';
    const { system, commandLine } = this.#options;
    if (system.kind === 'installed' && !hasShellForInit(system, commandLine)) this.#askLogin();
    else this.#shell.ask();
  }

  dispose(): void {
    this.#disposed = true;
    this.#shell.dispose();
    this.#options.tty.hold({ line: ignore, interrupt: ignore, endOfFile: ignore });
  }

  #askLogin(): void {
    const { machine, tty, system } = this.#options;
    const { name } = this.#around;
    const root = system.kind === 'installed' ? system.root : undefined;
    const issue = readDiskFile(root, 'etc/issue') || 'Debian GNU/Linux 12 \\n \\l\n\n';
    machine.idle(true);
    tty.ask(`\n${issue.replaceAll('\\n', name).replaceAll('\\l', 'hvc0')}${name} login: `, {
      line: (login) => {
        if (login === 'root') this.#welcome();
        else if (login === '') this.start();
        else this.#askPassword();
      },
      interrupt: () => {
        this.start();
      },
      endOfFile: () => {
        this.start();
      },
    });
  }

  /** Only root can log in, and needs no password. Anybody else is asked for one in vain. */
  #askPassword(): void {
    const again = (): void => {
      this.#options.tty.print('\nLogin incorrect\n');
      this.start();
    };
    this.#options.tty.ask('Password: ', { line: again, interrupt: again, endOfFile: again }, { echo: false });
  }

  #welcome(): void {
    const { tty, system } = this.#options;
    const root = system.kind === 'installed' ? system.root : undefined;
    tty.print(`Linux ${this.#around.name} ${KERNEL_VERSION} x86_64\n${readDiskFile(root, 'etc/motd')}`);
    this.#shell.ask();
  }

  #prompt(): string {
    const { name, cwd } = this.#around;
    switch (this.#options.system.kind) {
      case 'initramfs':
        return '(initramfs) ';
      case 'rescue':
        // BusyBox asks the terminal for its cursor before every line.
        return `${cwd} # \x1b[6n`;
      case 'installed':
        return `\x1b[1;32mroot@${name}\x1b[0m:\x1b[1;34m${cwd === '/root' ? '~' : cwd}\x1b[0m# `;
    }
  }
}

function ignore(): void {
  // The machine is going down: nobody listens.
}

function commandsOf(system: System): ReadonlyMap<string, Command> {
  const commands = new Map<string, Command>([...BASIC_COMMANDS, ...READING_COMMANDS]);
  if (system.kind !== 'initramfs') {
    for (const more of [WRITING_COMMANDS, MOUNT_COMMANDS, SYSTEM_COMMANDS]) {
      for (const [name, command] of more) commands.set(name, command);
    }
  }
  const names = [...commands.keys(), 'help'].sort();
  commands.set('help', () => ({ out: `Commands:\n  ${names.join(' ')}\n` }));
  return commands;
}

function surroundings({
  machine,
  system,
  commandLine,
  kernelMessages,
  power,
  sysrq,
  panic,
}: SessionOptions): Surroundings {
  const disks = machine.config.disks.map(({ device, target, writable }) => ({
    device,
    directory: diskDirectory(target),
    writable,
  }));
  const files = new FileSystem(rootMount(machine, system), virtualFiles());
  return {
    name: hostName(system, machine.name),
    commandLine,
    memory: machine.config.memory ?? 128,
    clock: machine.clock,
    files,
    disks,
    kernelMessages,
    cwd: '/',
    power,
    panic,
  };

  function virtualFiles(): ReadonlyMap<string, VirtualFile> {
    const read = (text: () => string): VirtualFile => ({ read: text });
    const nothing: VirtualFile = { read: () => '', write: () => undefined };
    const device: VirtualFile = { read: () => '' };
    const trigger: VirtualFile = {
      read: () => '',
      write: (text) => {
        sysrq(text.charAt(0));
      },
    };
    return new Map<string, VirtualFile>([
      ['/proc/cmdline', read(() => `${commandLine}\n`)],
      ['/proc/version', read(() => `Linux version ${KERNEL_VERSION}\n`)],
      ['/proc/uptime', read(() => `${(machine.clock.elapsed / 1000).toFixed(2)} 0.00\n`)],
      ['/proc/mounts', read(() => files.mounts.map(mountLine).join(''))],
      ['/proc/sysrq-trigger', trigger],
      ['/dev/null', nothing],
      ['/dev/hvc0', nothing],
      ...disks.map((disk): [string, VirtualFile] => [`/dev/${disk.device}`, device]),
    ]);
  }
}

function mountLine({ source, point, writable }: Mount): string {
  const type = source.startsWith('/dev/') ? 'ext4' : source;
  return `${source} ${point} ${type} ${writable ? 'rw' : 'ro'},relatime 0 0\n`;
}

function rootMount(machine: Machine, system: System): Mount {
  if (system.kind === 'installed') {
    const { device, target, writable } = system.root;
    return { source: `/dev/${device}`, point: '/', directory: diskDirectory(target) ?? target, writable };
  }
  const directory = join(machine.directory, 'ramdisk');
  for (const name of ['bin', 'etc', 'mnt', 'root', 'scripts', 'tmp']) {
    mkdirSync(join(directory, name), { recursive: true });
  }
  writeFileSync(join(directory, 'etc', 'fstab'), '');
  return { source: 'rootfs', point: '/', directory, writable: true };
}
