import { randomBytes } from '../randomness.js';
import type { BootStep } from './boot-messages.js';
import { SHELL_FOR_INIT, brokenBoot, installedBoot, rescueBoot, shutdownMessages } from './boot-messages.js';
import type { PowerAction } from './command.js';
import { Grub } from './grub.js';
import { kernelLine, kernelLog } from './kernel-log.js';
import { readDiskFile, type LoadedKernel } from './loaded-kernel.js';
import type { Machine } from './machine.js';
import { PANIC_TRACE } from './panic-trace.js';
import { Session } from './session.js';
import { readSeed } from './seed.js';
import type { Seed } from './seed.js';
import type { System } from './system.js';
import { chooseSystem, hasShellForInit, hostName, systemName, takeHostName } from './system.js';
import { answerSysrq } from './sysrq.js';
import { Tty } from './tty.js';
import { SHUTDOWN_CRASH, SHUTDOWN_POWEROFF, SHUTDOWN_REBOOT } from './shutdown-reason.js';
import type { ShutdownReason } from './shutdown-reason.js';

/** The kernel's own time runs a little ahead of ours, because its log was recorded on a slower machine. */
const BOOT_LOG_PACE = 0.6;
const KERNEL_HEAD_START_SECONDS = 2.3;
/** From this time on the kernel acknowledges the toolstack's requests. */
const XENBUS_MILLISECONDS = 2_000;
/** Recorded on Xen 4.20, behind a prompt of a PVH guest on a slow machine. */
const DOUBTS_CLOCK = 'clocksource: timekeeping watchdog on CPU0: xen wd-wd read-back delay of 316270ns';

/** A small machine: maybe a boot loader, then a small Linux with boot log, console, shell and shutdown. */
export class Guest {
  readonly #machine: Machine;
  readonly #tty: Tty;
  readonly #kernelMessages: string[] = [];
  /** Requests that a boot loader does not notice; the kernel finds them when it starts. */
  readonly #unnoticed: (() => void)[] = [];
  #stage: 'unborn' | 'loader' | 'kernel' | 'up' | 'going-down' | 'down' = 'unborn';
  #loaded: LoadedKernel;
  readonly #seed: Seed | null;
  #system: System;
  /** The guest's time when its kernel began. */
  #kernelBegan = 0;
  #grub: Grub | undefined;
  #session: Session | undefined;
  #cancelNext: (() => void) | undefined;

  constructor(machine: Machine) {
    this.#machine = machine;
    this.#tty = new Tty(
      (text) => {
        if (this.#stage !== 'down') machine.write(Buffer.from(text));
      },
      () => {
        if (machine.isNoisy === true) this.#kernel(DOUBTS_CLOCK);
      },
    );
    this.#loaded = machine.kernel;
    this.#seed = readSeed(machine.config.disks);
    this.#system = chooseSystem(machine.kernel, machine.config.disks);
  }

  /** Boots the guest, unless it has booted. */
  start(): void {
    if (this.#stage !== 'unborn') return;
    if (this.#machine.resumed === true) {
      this.#up();
      return;
    }
    if (this.#loaded.role === 'firmware') {
      // It waits for a drive that it can boot, on a screen that nobody sees.
      this.#stage = 'loader';
      this.#machine.idle(true);
      return;
    }
    if (this.#loaded.role !== 'pvgrub' && this.#loaded.role !== 'pvhgrub') {
      this.#startKernel();
      return;
    }
    this.#stage = 'loader';
    this.#grub = new Grub({
      disks: this.#machine.config.disks,
      clock: this.#machine.clock,
      print: (text) => {
        this.#tty.print(text);
      },
      boot: (kernel) => {
        this.#loaded = kernel;
        this.#system = chooseSystem(kernel, this.#machine.config.disks);
        this.#startKernel();
      },
      power: (action) => {
        this.#halt(action === 'reboot' ? SHUTDOWN_REBOOT : SHUTDOWN_POWEROFF);
      },
    });
    this.#grub.start();
  }

  #startKernel(): void {
    this.#stage = 'kernel';
    const { config, clock } = this.#machine;
    this.#kernelBegan = clock.elapsed;
    for (const ask of this.#unnoticed) ask();
    const log = kernelLog({
      commandLine: this.#loaded.commandLine,
      type: config.type ?? 'pv',
      memory: config.memory ?? 128,
      disks: config.disks.map((disk) => disk.device),
    });
    const next = (at: number): void => {
      const due = this.#uptime / 1000 / BOOT_LOG_PACE;
      let index = at;
      for (let line = log[index]; line && line.at <= due; line = log[++index])
        this.#kernel(line.text, line.at);
      const line = log[index];
      if (!line) {
        this.#userland();
        return;
      }
      this.#cancelNext = clock.after((line.at - due) * 1000 * BOOT_LOG_PACE, () => {
        next(index);
      });
    };
    next(0);
  }

  input(bytes: Buffer): void {
    if (this.#stage === 'loader') this.#grub?.input(bytes.toString('latin1'));
    if (this.#stage === 'up' || this.#stage === 'kernel') this.#tty.input(bytes);
  }

  /** A request of the toolstack. `acknowledge` is called when, and if, the kernel notices it. */
  requestShutdown(reboot: boolean, acknowledge: () => void): void {
    if (this.#stage === 'loader') {
      this.#unnoticed.push(() => {
        this.requestShutdown(reboot, acknowledge);
      });
      return;
    }
    if (this.#system.kind === 'installed' && readDiskFile(this.#system.root, 'etc/ignore-shutdown') !== '')
      return;
    this.#machine.clock.after(Math.max(0, XENBUS_MILLISECONDS - this.#uptime), () => {
      acknowledge();
      // The kernel of an initramfs acknowledges, but nothing there can shut down.
      const isShell = hasShellForInit(this.#system, this.#loaded.commandLine);
      if ((this.#system.kind === 'initramfs' || isShell) && this.#stage === 'up') return;
      this.#power(reboot ? 'reboot' : 'poweroff', this.#stage === 'kernel');
    });
  }

  /** A key from the toolstack; kernel.sysrq decides whether it is allowed. */
  sysrq(key: string): void {
    this.#sysrq(key, this.#sysrqMask());
  }

  #sysrq(key: string, mask: number): void {
    if (this.#stage === 'unborn' || this.#stage === 'loader' || this.#stage === 'down') return;
    const { messages, effect } = answerSysrq(key, mask);
    for (const message of messages) this.#kernel(message);
    if (effect === 'crash') this.#panic();
    else if (effect !== 'none') this.#halt(effect === 'reboot' ? SHUTDOWN_REBOOT : SHUTDOWN_POWEROFF);
  }

  dispose(): void {
    this.#stage = 'down';
    this.#cancelNext?.();
    this.#grub?.dispose();
    this.#session?.dispose();
  }

  /** How long the kernel has run, in milliseconds. */
  get #uptime(): number {
    return this.#machine.clock.elapsed - this.#kernelBegan;
  }

  #userland(): void {
    const { name, config } = this.#machine;
    const system = this.#system;
    let steps: readonly BootStep[];
    if (system.kind === 'initramfs') steps = brokenBoot(system.missing);
    else {
      if (system.kind === 'installed') {
        if (this.#seed !== null) takeHostName(system, this.#seed.hostName);
        const mode = system.root.writable ? 'ordered data mode' : 'ordered data mode, read-only';
        this.#kernel(`EXT4-fs (${system.root.device}): mounted filesystem with ${mode}. Quota mode: none.`);
      }
      const customers = config.disks.filter((disk) => disk.writable);
      steps =
        system.kind === 'installed'
          ? hasShellForInit(system, this.#loaded.commandLine)
            ? SHELL_FOR_INIT
            : installedBoot(hostName(system, name), systemName(system), this.#seed)
          : rescueBoot(
              name,
              customers.map((disk) => disk.device),
              { suite: system.suite, seed: this.#seed, hostKey: this.#makeHostKey() },
            );
    }
    this.#play(steps, () => {
      this.#up();
    });
  }

  /** As the rescue image does: one for each boot, told to the host, only when somebody can log in with a key. */
  #makeHostKey(): string | null {
    if (this.#seed === null || this.#seed.keys.length === 0) return null;
    const fingerprint = `SHA256:${randomBytes(32).toString('base64').replace('=', '')}`;
    this.#machine.store('postern/ssh-host-key', fingerprint);
    return fingerprint;
  }

  #up(): void {
    this.#stage = 'up';
    this.#session = new Session({
      machine: this.#machine,
      tty: this.#tty,
      system: this.#system,
      commandLine: this.#loaded.commandLine,
      kernelMessages: this.#kernelMessages,
      power: (action, forced) => {
        this.#power(action, forced);
      },
      sysrq: (key) => {
        // Root may write any key to /proc/sysrq-trigger.
        this.#sysrq(key, 1);
      },
      panic: () => {
        this.#panic();
      },
    });
    this.#session.start();
  }

  #power(action: PowerAction, forced: boolean): void {
    if (this.#stage === 'going-down' || this.#stage === 'down') return;
    this.#cancelNext?.();
    this.#session?.dispose();
    this.#stage = 'going-down';
    this.#machine.idle(false);
    const reboot = action === 'reboot';
    const { kind } = this.#system;
    // An initramfs has nothing to shut down: its kernel goes down at once.
    const steps = forced || kind === 'initramfs' ? [] : shutdownMessages(kind, reboot);
    this.#play(steps, () => {
      this.#kernel(reboot ? 'reboot: Restarting system' : 'reboot: System halted');
      this.#halt(reboot ? SHUTDOWN_REBOOT : SHUTDOWN_POWEROFF);
    });
  }

  #panic(): void {
    for (const line of PANIC_TRACE) this.#kernel(line);
    this.#halt(SHUTDOWN_CRASH);
  }

  #halt(reason: ShutdownReason): void {
    this.dispose();
    this.#machine.shutDown(reason);
  }

  #play(steps: readonly BootStep[], then: () => void): void {
    const [step, ...rest] = steps;
    if (!step) {
      then();
      return;
    }
    this.#cancelNext = this.#machine.clock.after(step.after, () => {
      this.#tty.print(step.text);
      this.#play(rest, then);
    });
  }

  #kernel(text: string, at = this.#uptime / 1000 + KERNEL_HEAD_START_SECONDS): void {
    const line = kernelLine(at, text);
    this.#kernelMessages.push(line);
    const quiet = this.#stage === 'kernel' && /\bquiet\b/.test(this.#loaded.commandLine);
    if (!quiet) this.#tty.print(line);
  }

  #sysrqMask(): number {
    if (this.#system.kind !== 'installed') return 1;
    const setting = /^\s*kernel\.sysrq\s*=\s*(\d+)/m.exec(
      readDiskFile(this.#system.root, 'etc/sysctl.conf'),
    )?.[1];
    return setting === undefined ? 1 : Number(setting);
  }
}
