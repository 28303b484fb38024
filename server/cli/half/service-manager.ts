import type { HalfLogger } from '../../wire/logger.js';
import { replaceUnprintable } from '../../../policy/printable.js';
import { CliError } from '../command/exit-status.js';
import { startFault } from './half.js';
import { NotifySocket, takeNotifyPlace } from './notify-socket.js';

/** How a half is now. */
export interface HalfHealth {
  /** In plain words, for `systemctl status`: one line. */
  readonly status: string;
  /** Why it does not work any more, so that only a new start helps; null while it works. */
  readonly stuck: string | null;
}

/** Milliseconds between two looks at a half. */
const LOOK_MS = 5_000;

/** What a manager with this socket is told. Everything is harmless where nobody listens. */
export class ServiceManager {
  readonly #socket: Pick<NotifySocket, 'tell' | 'close'> | null;
  readonly #log: Pick<HalfLogger, 'error'>;
  readonly #lookMs: number;
  readonly #watchdogMs: number | null;
  #looks: NodeJS.Timeout | null = null;
  #status = '';
  #fedAt = 0;
  #isLooking = false;
  #isStuck = false;
  #hasFault = false;

  /** Use `managerOf`. */
  constructor(
    socket: Pick<NotifySocket, 'tell' | 'close'> | null,
    log: Pick<HalfLogger, 'error'>,
    watchdogMs: number | null = null,
  ) {
    this.#socket = socket;
    this.#log = log;
    this.#watchdogMs = watchdogMs;
    this.#lookMs = Math.min(LOOK_MS, (watchdogMs ?? Infinity) / 4);
  }

  /** Whether somebody hears. */
  get isThere(): boolean {
    return this.#socket !== null;
  }

  /** The half serves. From here on its health is asked for. */
  ready(health: () => HalfHealth | Promise<HalfHealth>): void {
    if (this.#socket === null) return;
    this.#tell('READY=1');
    this.#looks = setInterval(() => void this.#look(health), this.#lookMs).unref();
    void this.#look(health);
  }

  /** Tells what is done now, before the half is ready or while it reloads. */
  status(words: string): void {
    const line = replaceUnprintable(words, ' ');
    if (line === this.#status) return;
    this.#status = line;
    this.#tell(`STATUS=${line}`);
  }

  /**
   * Runs a reload, which the manager sees begin and end. From version 253 on it wants the time at which it began
   * (`MONOTONIC_USEC=`, CLOCK_MONOTONIC in microseconds); older ones ignore it.
   */
  reload<T>(body: () => T): T {
    this.#tell('RELOADING=1', `MONOTONIC_USEC=${process.hrtime.bigint() / 1000n}`);
    try {
      return body();
    } finally {
      this.#tell('READY=1');
    }
  }

  /** The half ends. Twice is harmless. */
  stopping(): void {
    if (this.#looks !== null) clearInterval(this.#looks);
    this.#looks = null;
    this.#tell('STOPPING=1', 'STATUS=Stopping.');
  }

  async #look(health: () => HalfHealth | Promise<HalfHealth>): Promise<void> {
    // A question that is not answered must not pile up; nor does it feed the watchdog.
    if (this.#isLooking) return;
    this.#isLooking = true;
    try {
      const { status, stuck } = await health();
      if (this.#looks === null) return;
      if (stuck !== null && !this.#isStuck) this.#log.error({ why: stuck }, 'service.stuck');
      this.#isStuck = stuck !== null;
      this.status(stuck ?? status);
      if (stuck === null) this.#feed();
    } catch (error) {
      this.#log.error({ err: error }, 'service.health-unknown');
    } finally {
      this.#isLooking = false;
    }
  }

  /** Four times in each period of the watchdog. */
  #feed(): void {
    const now = performance.now();
    if (this.#watchdogMs === null || now - this.#fedAt < this.#watchdogMs / 4) return;
    this.#fedAt = now;
    this.#tell('WATCHDOG=1');
  }

  #tell(...words: readonly string[]): void {
    const fault = this.#socket?.tell(...words) ?? 0;
    if (fault === 0 || this.#hasFault) return;
    this.#hasFault = true;
    this.#log.error({ errno: fault }, 'service.manager-not-told');
  }
}

/**
 * The manager that started this process, by its variables, which are removed (sd_notify(3)).
 *
 * @throws CliError when there is one that cannot be told anything
 */
export function managerOf(
  environment: NodeJS.ProcessEnv,
  log: Pick<HalfLogger, 'error' | 'fatal'>,
): ServiceManager {
  const place = takeNotifyPlace(environment, process.pid);
  if (place === null) return new ServiceManager(null, log);
  try {
    return new ServiceManager(NotifySocket.open(place.socket), log, place.watchdogMs);
  } catch (error) {
    log.fatal(startFault(error), 'half.not-started');
    throw new CliError((error as Error).message);
  }
}
