import { basename } from 'node:path';
import type { DomainName } from '../../policy/names.js';
import { refusal } from '../../policy/refusal.js';
import type { Refusal } from '../../policy/refusal.js';
import { parseDiskSpec } from '../../server/dom0/config/disk-spec.js';
import type { DomainConfig } from '../../server/dom0/config/domain-config.js';
import type {
  BootShape,
  Call,
  ConsoleCommand,
  Creation,
  ListedDomain,
  LongDomain,
  Target,
  Toolstack,
} from '../../server/dom0/toolstack/toolstack.js';
import type { Guest } from './guest.js';
import { never } from './life.js';
import type { Life } from './life.js';
import type { ModelHost, Xl } from './model-host.js';
import type { Witness } from './witness.js';

/**
 * The toolstack's behaviour. `failing`: it refuses and does nothing. `half-done`: it stops in the middle.
 * `lying`: it acts and reports a failure, or the other way round. `killed`: the program is killed. `late`: it
 * is stuck, and continues after we gave it up. `hanging`: it waits until it is killed, or for ten minutes.
 * `silent`: it lists nothing.
 */
export const TOOLSTACK_MOODS = [
  'slow',
  'failing',
  'half-done',
  'lying',
  'killed',
  'late',
  'hanging',
  'silent',
] as const;

export type ToolstackMood = 'well' | (typeof TOOLSTACK_MOODS)[number];

export type Act = 'create' | 'unpause' | 'shutdown' | 'reboot' | 'destroy' | 'sysrq';

/** The present mood, and for how many more acts it lasts. */
export class ToolstackTemper {
  mood: ToolstackMood = 'well';
  left = 0;

  set(mood: ToolstackMood, acts: number): void {
    this.mood = mood;
    this.left = acts;
  }

  /** A look counts as an act only when the toolstack is silent, so that silence ends. */
  look(): ToolstackMood {
    const { mood } = this;
    if (mood === 'silent') this.take();
    return mood;
  }

  take(): ToolstackMood {
    if (this.left === 0) this.mood = 'well';
    else this.left -= 1;
    return this.mood;
  }
}

const LIST_TIMEOUT_MS = 30_000;
const PARSED = 'Parsing config from /etc/xen\n';

/** xl as one run of a half sees it. Its acts continue when the half is dead. */
export class ModelToolstack implements Toolstack {
  readonly takesOverrides = true;
  readonly runsConfigs = false;
  readonly #host: ModelHost;
  readonly #life: Life;
  readonly #temper: ToolstackTemper;
  readonly #witness: Witness;

  constructor(host: ModelHost, life: Life, temper: ToolstackTemper, witness: Witness) {
    this.#host = host;
    this.#life = life;
    this.#temper = temper;
    this.#witness = witness;
  }

  list(): Promise<readonly ListedDomain[] | Refusal> {
    return this.#look(() => this.#host.guests.map((guest) => this.#listed(guest)));
  }

  domid(name: DomainName): Promise<number | null | Refusal> {
    return this.#look(() => this.#host.named(name)?.domid ?? null);
  }

  longList(name: DomainName): Promise<LongDomain | null | Refusal> {
    return this.#look(() => {
      const guest = this.#host.named(name);
      return guest?.built === true ? longDomain(guest) : null;
    });
  }

  longListAll(): Promise<readonly LongDomain[] | Refusal> {
    this.#witness.looksAtAll(this.#host);
    return this.#look(() => this.#host.guests.map(longDomain));
  }

  /** The model knows the meaning of its configurations, and asks for no dry run. */
  dryRun(): Promise<Refusal> {
    throw new Error('the model makes no dry run');
  }

  uptimes(): Promise<ReadonlyMap<number, number> | Refusal> {
    return this.#look(() => new Map<number, number>());
  }

  create(creation: Creation, call: Call): Promise<Refusal | null> {
    const name = basename(creation.config, '.cfg') as DomainName;
    return this.#act('create', name, call, async (xl, mood, operation) => {
      await this.#pause(xl, 50);
      this.#say(xl, PARSED);
      const config = this.#host.configs.file(creation.config);
      if (config === undefined || mood === 'failing') return this.#says(xl, 'cannot read it');
      const twin = this.#host.named(config.name);
      if (twin !== undefined)
        return this.#says(xl, `Domain 0:Domain with name "${config.name}" already exists.`);
      const guest = this.#host.appear({
        name: config.name,
        uuid: creation.uuid ?? config.uuid ?? this.#host.newUuid(),
        line: this.#host.newLine(),
        maker: { who: 'postern', operation },
        shape: shapeOf(config, creation),
      });
      this.#witness.made(operation, guest);
      if (mood === 'half-done' && this.#host.chance.oneIn(2))
        return this.#says(xl, `Domain ${guest.domid}:cut off`);
      await this.#pause(xl, this.#host.chance.between(300, 4_000));
      if (guest.goneAt !== null) return this.#says(xl, `Domain ${guest.domid}:it is gone`);
      guest.built = true;
      if (!creation.paused) this.#host.unpause(guest);
      if (mood === 'half-done') return this.#says(xl, `Domain ${guest.domid}:no devices`);
      return null;
    });
  }

  unpause(target: Target, call: Call): Promise<Refusal | null> {
    return this.#verb('unpause', target, call, (guest) => {
      this.#host.unpause(guest);
    });
  }

  shutdown(target: Target, call: Call): Promise<Refusal | null> {
    return this.#asked('shutdown', 'poweroff', target, call);
  }

  reboot(target: Target, call: Call): Promise<Refusal | null> {
    return this.#asked('reboot', 'reboot', target, call);
  }

  destroy(target: Target, call: Call): Promise<Refusal | null> {
    return this.#verb('destroy', target, call, (guest) => {
      this.#host.vanish(guest);
    });
  }

  sysrq(target: Target, _key: string, call: Call): Promise<Refusal | null> {
    return this.#verb('sysrq', target, call, () => undefined);
  }

  consoleCommand(): ConsoleCommand {
    return { file: '/bin/false', args: [], environment: {} };
  }

  #asked(act: Act, reason: 'poweroff' | 'reboot', target: Target, call: Call): Promise<Refusal | null> {
    return this.#verb(act, target, call, async (guest, xl) => {
      if (this.#host.ask(guest, reason)) return;
      await this.#pause(xl, 60_000);
      throw new Error('it does not acknowledge');
    });
  }

  /** Acts on an incarnation: looks up the name once more, then acts on the domid. */
  #verb(
    act: Act,
    { name, domid, uuid = null }: Target,
    call: Call,
    effect: (guest: Guest, xl: Xl) => void | Promise<void>,
  ): Promise<Refusal | null> {
    return this.#act(act, name, call, async (xl, mood, operation) => {
      const now = this.#host.named(name);
      const same = now?.domid === domid && (uuid === null || now.uuid === uuid);
      if (!same) return refusal('undone', 'The server was started anew meanwhile.', `${name} is another`);
      await this.#pause(xl, this.#host.chance.between(20, 300));
      if (mood === 'failing') return this.#says(xl, 'it cannot');
      const isDone = mood !== 'half-done' && !(mood === 'lying' && this.#host.chance.oneIn(2));
      const guest = this.#host.withDomid(domid);
      if (guest === undefined) return this.#says(xl, `${domid} is an invalid domain identifier`);
      if (isDone) {
        this.#witness.acted(act, operation, guest, this.#host);
        try {
          await effect(guest, xl);
        } catch (error) {
          return this.#says(xl, String(error));
        }
      }
      const failed = mood === 'half-done' || (mood === 'lying' && isDone);
      return failed ? this.#says(xl, 'it failed') : null;
    });
  }

  /** Runs a program that changes something. It is killed when it takes too long, unless it is stuck. */
  #act(
    act: Act,
    name: DomainName,
    call: Call,
    work: (xl: Xl, mood: ToolstackMood, operation: string) => Promise<Refusal | null>,
  ): Promise<Refusal | null> {
    if (!this.#life.may()) return never();
    const operation = operationOf(call) ?? this.#witness.sysrqOn(name);
    this.#witness.begins(act, operation, name, this.#host, this.#life);
    const mood = this.#temper.take();
    const { transcript } = call;
    // When the disk allows no transcript, the output goes through a pipe.
    const isWritten = transcript !== undefined && this.#host.disk.begin(transcript);
    const xl = this.#host.spawn(isWritten ? transcript : null);
    return new Promise((resolve) => {
      let given: Refusal | null = null;
      const end = (answer: Refusal | null): void => {
        this.#host.exit(xl);
        this.#host.after(5, () => {
          if (this.#life.may()) resolve(given ?? answer);
        });
      };
      const giveUp = (why: Refusal): void => {
        if (!xl.alive) return;
        given = why;
        if (mood !== 'late') end(null);
      };
      if (this.#life.alive)
        this.#life.after(call.timeoutMs, () => {
          giveUp(refusal('toolstack-timeout', 'The host did not answer in time.', `${act} timed out`));
        });
      call.signal?.addEventListener('abort', () => {
        giveUp(refusal('undone', 'It was called off.', `${act} was ended by us`));
      });
      if (mood === 'killed')
        this.#host.after(this.#host.chance.between(1, 3_000), () => {
          if (xl.alive)
            end(refusal('toolstack-failed', 'The host refused without a reason.', `${act}, killed`));
        });
      const delay = mood === 'slow' ? this.#host.chance.between(1_000, 9_000) : 20;
      void this.#pause(xl, mood === 'late' ? call.timeoutMs + 3_000 : delay)
        .then(() => (mood === 'hanging' ? this.#pause(xl, 600_000) : undefined))
        .then(() => work(xl, mood, operation))
        .then((answer) => {
          if (xl.alive) end(answer);
        });
    });
  }

  /** Waits. A program that was killed meanwhile never continues. */
  async #pause(xl: Xl, ms: number): Promise<void> {
    await this.#host.sleep(ms);
    if (!xl.alive) await never();
  }

  #says(xl: Xl, reason: string): Refusal {
    this.#say(xl, `libxl: error: ${reason}\n`);
    return refusal('toolstack-failed', reason, reason);
  }

  #say({ transcript }: Xl, text: string): void {
    if (transcript !== null) this.#host.disk.append(transcript, text);
  }

  #look<T>(work: () => T): Promise<T | Refusal> {
    if (!this.#life.may()) return never();
    const mood = this.#temper.look();
    const boot = this.#host.boot;
    const silent = mood === 'silent';
    const ms = silent ? LIST_TIMEOUT_MS : mood === 'slow' ? this.#host.chance.between(100, 2_000) : 10;
    return this.#life.answer(ms, () => {
      if (this.#host.boot !== boot || !this.#host.isUp) throw new Error('the host is down');
      if (silent) return refusal('toolstack-timeout', 'The host did not answer in time.', 'list timed out');
      return work();
    });
  }

  #listed(guest: Guest): ListedDomain {
    const { name, domid, uuid, built, paused, shutdown, runsSince, ranBefore } = guest;
    const ran = ranBefore + (runsSince === null ? 0 : this.#host.time.now - runsSince);
    return {
      name,
      domid,
      uuid,
      memoryMiB: built ? 128 : 0,
      vcpus: built ? 1 : 0,
      flags: { paused, shutdown, dying: false },
      cpuSeconds: Math.floor(ran / 100) / 10,
    };
  }
}

function operationOf({ transcript }: Call): string | null {
  return transcript === undefined ? null : (basename(transcript).split('.')[0] ?? null);
}

function longDomain({ name, domid, shape }: Guest): LongDomain {
  return { name, domid, guest: { type: 'pv', textConsole: true }, boot: shape };
}

function shapeOf(config: DomainConfig, { overrides }: Creation): BootShape {
  const over = new Map(overrides.map(({ key, value }) => [key, value]));
  const text = (key: string, otherwise: string | null): string | null => {
    const value = over.get(key);
    return typeof value === 'string' ? value : otherwise;
  };
  const disks = over.get('disk');
  return {
    kernel: text('kernel', config.boot.kernel),
    ramdisk: text('ramdisk', config.boot.ramdisk),
    cmdline: text('extra', config.boot.cmdline),
    bootloader: null,
    disks: Array.isArray(disks) ? disks.map((spec: string) => parseDiskSpec(spec)) : config.boot.disks,
  };
}
