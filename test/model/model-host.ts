import { parseDomainName } from '../../policy/names.js';
import type { DomainName } from '../../policy/names.js';
import type { BootShape, ShutdownReason } from '../../server/dom0/toolstack/toolstack.js';
import type { Chance } from './chance.js';
import type { Guest, Maker } from './guest.js';
import { isRunning } from './guest.js';
import { KINDS, ModelConfigs } from './model-configs.js';
import { ModelDisk } from './model-disk.js';
import type { VirtualTime } from './virtual-time.js';

/** A running program of the toolstack. It outlives the half, and ends with the host. */
export interface Xl {
  readonly pid: number;
  readonly transcript: string | null;
  alive: boolean;
}

/** A domain that reboots from inside, or did so lately. */
export interface Reboot {
  readonly line: number;
  readonly name: DomainName;
  readonly from: number;
  /** When the next incarnation ran; Infinity until then. */
  until: number;
}

const ABSENT_MS = 2_000;

/** A Xen host: its incarnations, its disk, its running programs, and its boots. */
export class ModelHost {
  readonly name: string;
  readonly time: VirtualTime;
  readonly chance: Chance;
  readonly disk: ModelDisk;
  readonly configs = new ModelConfigs();
  /** All incarnations ever, oldest first. */
  readonly history: Guest[] = [];
  readonly reboots: Reboot[] = [];
  readonly xls = new Set<Xl>();
  /** Guests with these names ignore a shutdown or a reboot. */
  readonly deaf = new Set<DomainName>();
  isUp = true;
  /** Error of the host's time of day, in milliseconds. */
  skew = 0;
  #guests: Guest[] = [];
  #boots = 1;
  #bootedAt: number;
  #domids = 0;
  #pids = 0;
  #lines = 0;
  #uuids = 0;

  constructor(name: string, time: VirtualTime, chance: Chance) {
    this.name = name;
    this.time = time;
    this.chance = chance;
    this.disk = new ModelDisk(chance);
    this.#bootedAt = time.now - 60_000;
  }

  /** The present boot of the host. */
  get boot(): string {
    return `${this.name}-boot-${this.#boots}`;
  }

  get uptime(): number {
    return this.time.now - this.#bootedAt;
  }

  get guests(): readonly Guest[] {
    return this.#guests;
  }

  /** Whether nothing goes on by itself: no program, no reboot. */
  get isQuiet(): boolean {
    return (
      this.xls.size === 0 &&
      this.reboots.every(({ until }) => until !== Infinity) &&
      this.#guests.every(({ shutdown }) => shutdown === null || shutdown === 'crash')
    );
  }

  named(name: DomainName): Guest | undefined {
    return this.#guests.find((guest) => guest.name === name);
  }

  withDomid(domid: number): Guest | undefined {
    return this.#guests.find((guest) => guest.domid === domid);
  }

  /** Calls after this many milliseconds, if the host is in the same boot then. */
  after(ms: number, call: () => void): void {
    const boot = this.#boots;
    this.time.after(ms, () => {
      if (this.isUp && this.#boots === boot) call();
    });
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.after(ms, resolve);
    });
  }

  spawn(transcript: string | null): Xl {
    const xl: Xl = { pid: (this.#pids += 1), transcript, alive: true };
    this.xls.add(xl);
    return xl;
  }

  exit(xl: Xl): void {
    xl.alive = false;
    this.xls.delete(xl);
  }

  kill(pid: number): void {
    for (const xl of this.xls) if (xl.pid === pid) this.exit(xl);
  }

  newLine(): number {
    return (this.#lines += 1);
  }

  newUuid(): string {
    return `${(this.#uuids += 1).toString(16).padStart(8, '0')}-xen-${this.boot}`;
  }

  /** Adds a new incarnation, paused and not yet built. */
  appear(what: {
    readonly name: DomainName;
    readonly uuid: string;
    readonly line: number;
    readonly maker: Maker;
    readonly shape: BootShape;
  }): Guest {
    const guest: Guest = {
      ...what,
      firstName: what.name,
      domid: (this.#domids += 1),
      boot: this.boot,
      bornAt: this.time.now,
      goneAt: null,
      built: false,
      paused: true,
      isByHand: false,
      shutdown: null,
      runsSince: null,
      ranBefore: 0,
      ranFirstAt: Infinity,
    };
    this.#guests.push(guest);
    this.history.push(guest);
    return guest;
  }

  pause(guest: Guest): void {
    if (guest.runsSince !== null) guest.ranBefore += this.time.now - guest.runsSince;
    guest.runsSince = null;
    guest.paused = true;
    guest.isByHand = true;
  }

  unpause(guest: Guest): void {
    guest.paused = false;
    guest.isByHand = false;
    if (!guest.built) return;
    guest.runsSince ??= this.time.now;
    guest.ranFirstAt = Math.min(guest.ranFirstAt, this.time.now);
  }

  vanish(guest: Guest): void {
    if (guest.goneAt !== null) return;
    guest.goneAt = this.time.now;
    guest.runsSince = null;
    this.#guests = this.#guests.filter((each) => each !== guest);
  }

  /** Asks the guest, which obeys after some time unless it is deaf. @returns whether it acknowledges */
  ask(guest: Guest, reason: 'poweroff' | 'reboot'): boolean {
    if (this.deaf.has(guest.name) || !isRunning(guest)) return false;
    this.after(this.chance.between(200, 3_000), () => {
      if (isRunning(guest)) this.end(guest, reason);
    });
    return true;
  }

  /** Ends the guest from inside. It comes back if it is meant to. */
  end(guest: Guest, reason: ShutdownReason): void {
    guest.shutdown = reason;
    const comesBack =
      reason === 'reboot' || (reason === 'crash' && guest.shape.cmdline !== null && guest.name === 'ophelia');
    if (reason === 'crash' && !comesBack) return;
    const reboot: Reboot = { line: guest.line, name: guest.name, from: this.time.now, until: Infinity };
    if (comesBack) this.reboots.push(reboot);
    this.after(this.chance.between(100, 1_500), () => {
      const wasThere = guest.goneAt === null;
      this.vanish(guest);
      if (!comesBack) return;
      if (!wasThere) {
        reboot.until = this.time.now;
        return;
      }
      this.after(ABSENT_MS, () => {
        this.#comeBack(guest, reboot);
      });
    });
  }

  /** Starts what autostarts: it has already run for long when the world begins. */
  bootFirst(): void {
    for (const { name, autostarts } of KINDS) {
      const config = this.configs.file(`/etc/xen/${name}.cfg`);
      if (!autostarts || config === undefined) continue;
      const maker = { who: 'xendomains' } as const;
      const guest = this.appear({
        name,
        uuid: this.newUuid(),
        line: this.newLine(),
        maker,
        shape: config.boot,
      });
      guest.built = true;
      this.unpause(guest);
      guest.ranBefore = 60_000;
    }
  }

  /** Ends everything on the host. Nothing happens before the next boot. */
  goDown(how: 'in order' | 'power cut'): void {
    for (const guest of [...this.#guests]) this.vanish(guest);
    for (const xl of [...this.xls]) this.exit(xl);
    for (const reboot of this.reboots) reboot.until = Math.min(reboot.until, this.time.now);
    if (how === 'in order') this.disk.syncAll();
    else this.disk.cutPower();
    this.isUp = false;
  }

  /**
   * Boots the host. Domids start again, and `xendomains` creates the autostarted domains, one after the
   * other.
   */
  comeUp(): void {
    this.#boots += 1;
    this.#bootedAt = this.time.now;
    this.#domids = 0;
    this.isUp = true;
    void this.#xendomains();
  }

  async #xendomains(): Promise<void> {
    await this.sleep(1_000);
    for (const { name, autostarts } of KINDS) {
      const config = this.configs.file(`/etc/xen/${name}.cfg`);
      if (!autostarts || config === undefined || this.named(name) !== undefined) continue;
      const maker = { who: 'xendomains' } as const;
      const uuid = this.newUuid();
      const guest = this.appear({ name, uuid, line: this.newLine(), maker, shape: config.boot });
      await this.#build(guest, this.chance.between(2_000, 20_000));
    }
  }

  async #build(guest: Guest, ms: number): Promise<void> {
    await this.sleep(ms);
    guest.built = true;
    await this.sleep(this.chance.between(0, 2_000));
    if (guest.goneAt === null && !guest.isByHand) this.unpause(guest);
  }

  #comeBack(guest: Guest, reboot: Reboot): void {
    if (this.named(guest.name) !== undefined) {
      reboot.until = this.time.now;
      return;
    }
    const { name, uuid, line, shape } = guest;
    const next = this.appear({ name, uuid, line, maker: { who: 'reboot' }, shape });
    void this.#build(next, this.chance.between(500, 3_000)).then(() => {
      reboot.until = this.time.now;
    });
  }
}

/** A derived name, like NAME--incoming. */
export function derivedName(name: DomainName, suffix: string): DomainName {
  return parseDomainName(`${name}${suffix}`)!;
}
