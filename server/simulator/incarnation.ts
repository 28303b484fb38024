import type { Server, Socket } from 'node:net';
import { createServer } from 'node:net';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';

import { isFailure } from './bootloader.js';
import { ConsoleRing } from './console-ring.js';
import type { DomainReply, DomainRequest } from './domain-request.js';
import { onFirstLine } from './first-line.js';
import { GuestClock } from './guest/clock.js';
import { Guest } from './guest/guest.js';
import type { Host } from './host.js';
import { randomUuid } from './randomness.js';
import type { DomainRecord } from './domain-record.js';
import type { ShutdownReason } from './guest/shutdown-reason.js';

/** Seconds of CPU that a boot takes. */
const BOOT_CPU_SECONDS = 3.5;

/** The events that an incarnation reports to its monitor. */
interface IncarnationEvents {
  /** The guest has shut down; the domain still exists. */
  shutDown(reason: ShutdownReason): void;
  /** An administrator destroys it. The monitor must call {@link Incarnation.dispose}. */
  destroyRequested(): void;
}

/** One domain from its building to its end: one domid, one UUID, one guest, one console. */
export class Incarnation {
  readonly #host: Host;
  readonly #events: IncarnationEvents;
  readonly #clock: GuestClock;
  readonly #console: ConsoleRing;
  readonly #guest: Guest;
  readonly #server: Server;
  readonly #connections = new Set<Socket>();
  readonly #waiting: ((reply: DomainReply) => void)[] = [];
  readonly #destroying: ((reply: DomainReply) => void)[] = [];
  #record: DomainRecord;
  #disposed = false;

  constructor(host: Host, record: DomainRecord, events: IncarnationEvents) {
    if (isFailure(record.kernel)) throw new Error(`domain ${record.domid} has nothing to boot`);
    this.#host = host;
    this.#events = events;
    this.#record = record;
    this.#clock = new GuestClock(host.settings.timeScale);
    this.#console = new ConsoleRing(
      (bytes) => {
        this.#clock.whenRunning(() => {
          this.#guest.input(bytes);
        });
      },
      (held) => {
        const lock = host.consoleLock(record.domid);
        if (held) writeFileSync(lock, '');
        else rmSync(lock, { force: true });
      },
    );
    this.#guest = new Guest({
      name: record.name,
      config: record.config,
      kernel: record.kernel,
      directory: host.domainDirectory(record.domid),
      resumed: record.migrated === true,
      isNoisy: host.settings.noisyKernels,
      clock: this.#clock,
      write: (bytes) => {
        this.#console.write(bytes);
      },
      room: () => this.#console.room,
      store: (key, value) => {
        host.store(this.#record.domid, 'vm', `/vm/${this.#record.uuid}`);
        host.store(this.#record.domid, `data/${key}`, value);
      },
      idle: (idle) => {
        this.#setIdle(idle);
      },
      shutDown: (reason) => {
        this.#shutDown(reason);
      },
    });
    this.#server = createServer((socket) => {
      this.#serve(socket);
    });
  }

  get record(): DomainRecord {
    return this.#record;
  }

  /** Resolves when `xl` can talk to it. */
  async listen(): Promise<void> {
    const path = this.#host.socketPath(this.#record.domid);
    mkdirSync(this.#host.settings.sockets, { recursive: true, mode: 0o700 });
    rmSync(path, { force: true });
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(path, resolve);
    });
    this.#update({});
  }

  /** Building is finished; the domain may still be paused. */
  built(): void {
    this.#update({ configured: true });
  }

  unpause(): void {
    if (this.#record.pauses === 0) return;
    this.#update({ pauses: this.#record.pauses - 1 });
    if (this.#record.pauses > 0 || this.#record.shutdown !== null) return;
    if (!this.#record.idle) this.#update({ cpuSince: Date.now() });
    this.#clock.run();
    this.#guest.start();
  }

  pause(): void {
    this.#clock.stop();
    this.#update({ pauses: this.#record.pauses + 1, pausedAt: Date.now(), ...this.#cpuUpToNow() });
  }

  /**
   * The guest has ended. The domain stays, under another name and UUID, for anyone who wants to look at it.
   */
  preserve(name: string): void {
    this.#update({ name, uuid: randomUuid() });
  }

  endConsole(): void {
    this.#console.dispose();
  }

  /** Removes the domain from the list and ends its console. Calling it twice is harmless. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#clock.dispose();
    this.#guest.dispose();
    this.#console.dispose();
    this.#server.close();
    this.#host.forget(this.#record.domid);
    for (const reply of this.#destroying) reply({ answer: 'done' });
    for (const socket of this.#connections) socket.destroySoon();
  }

  #serve(socket: Socket): void {
    this.#connections.add(socket);
    socket.on('close', () => {
      this.#connections.delete(socket);
    });
    socket.on('error', () => socket.destroy());
    onFirstLine(socket, (line) => {
      const reply = (answer: DomainReply): void => {
        if (!socket.destroyed) socket.write(`${JSON.stringify(answer)}\n`);
      };
      const request = parseRequest(line);
      if (request) this.#answer(request, reply, socket);
      else socket.destroy();
    });
  }

  #answer(request: DomainRequest, reply: (answer: DomainReply) => void, socket: Socket): void {
    const done = (): void => {
      reply({ answer: 'done' });
    };
    switch (request.ask) {
      case 'pause':
        this.pause();
        done();
        return;
      case 'unpause':
        this.unpause();
        done();
        return;
      case 'built':
        this.built();
        done();
        return;
      case 'destroy':
        this.#destroying.push(reply);
        this.#events.destroyRequested();
        return;
      case 'shutdown':
        this.#clock.whenRunning(() => {
          if (this.#record.shutdown === null) this.#guest.requestShutdown(request.reboot, done);
        });
        return;
      case 'power-button':
        this.#clock.whenRunning(() => {
          if (this.#record.shutdown === null) this.#guest.requestShutdown(false, () => undefined);
        });
        done();
        return;
      case 'sysrq':
        this.#clock.whenRunning(() => {
          if (this.#record.shutdown === null) this.#guest.sysrq(request.key);
        });
        done();
        return;
      case 'rename':
        this.#update({ name: request.name, config: { ...this.#record.config, name: request.name } });
        done();
        return;
      case 'wait':
        if (this.#record.shutdown === null) this.#waiting.push(reply);
        else reply({ answer: 'done', reason: this.#record.shutdown });
        return;
      case 'console':
        if (this.#console.locked && request.shares !== true) {
          reply({ answer: 'locked' });
          return;
        }
        reply({ answer: 'attached' });
        this.#console.attach(socket);
        return;
      default:
        socket.destroy();
    }
  }

  #shutDown(reason: ShutdownReason): void {
    this.#clock.stop();
    this.#update({ shutdown: reason, idle: false, ...this.#cpuUpToNow() });
    for (const reply of this.#waiting) reply({ answer: 'done', reason });
    this.#events.shutDown(reason);
  }

  #setIdle(idle: boolean): void {
    if (this.#disposed || idle === this.#record.idle || this.#record.shutdown !== null) return;
    this.#update({ idle, ...this.#cpuUpToNow(), ...(idle ? {} : { cpuSince: Date.now() }) });
  }

  #cpuUpToNow(): Pick<DomainRecord, 'cpu' | 'cpuSince'> {
    const { cpu, cpuSince } = this.#record;
    const busy = cpuSince === null ? 0 : (Date.now() - cpuSince) / 1000 / this.#host.settings.timeScale;
    // At small scales timers are late by much of the guest's time, so the cost of a boot is limited.
    return { cpu: cpu + (cpu === 0 ? Math.min(busy, BOOT_CPU_SECONDS) : busy), cpuSince: null };
  }

  #update(change: Partial<DomainRecord>): void {
    if (this.#disposed) return;
    this.#record = { ...this.#record, ...change };
    this.#host.publish(this.#record);
  }
}

function parseRequest(line: string): DomainRequest | undefined {
  try {
    return JSON.parse(line) as DomainRequest;
  } catch {
    return undefined;
  }
}
