import { isRefusal } from '../../policy/refusal.js';
import type { DomainName } from '../../policy/names.js';
import type { Verb } from '../../server/wire/contract.js';
import type { Hosts } from '../../server/gate/hosts/hosts.js';
import { called, isRunning } from './guest.js';
import type { Guest } from './guest.js';
import { KINDS } from './model-configs.js';
import { gateOver, ModelLink, ModelStore } from './model-gate.js';
import { derivedName } from './model-host.js';
import { operate } from './operators.js';
import type { OperatorAct } from './operators.js';
import { VirtualTime } from './virtual-time.js';
import { World } from './world.js';

const TICK_MS = 1_000;
/** Milliseconds until a link notices that the other side has gone. */
const SILENCE_MS = 12_000;
const CREATES: readonly Verb[] = ['start', 'rescue', 'normal'];
const HORATIO = KINDS[0]!.name;
const OPHELIA = KINDS[1]!.name;
const YORICK = KINDS[2]!.name;

/** The gate's last decision to let a domain be created. */
interface Decision {
  readonly at: number;
  /** The time up to which the gate had heard the other host. */
  readonly informedAt: number;
}

/** Two hosts with the same disks, and a gate over both. Horatio's file is on the first, ophelia's on both. */
export class TwoHosts {
  readonly time = new VirtualTime();
  readonly trace: string[] = [];
  readonly violations: string[] = [];
  readonly worlds: readonly World[];
  readonly #links: readonly ModelLink[];
  readonly #cut = new Set<number>();
  readonly #store = new ModelStore();
  readonly #decisions = new Map<DomainName, Decision>();
  readonly #removed = new Set<DomainName>();
  readonly #silentSince = [0, 0];
  #gate: Hosts;

  constructor(seed: number) {
    this.#links = ['A', 'B'].map((name) => new ModelLink(name));
    this.worlds = this.#links.map(
      (link, index) =>
        new World(seed + index, {
          trace: true,
          name: link.name,
          time: this.time,
          without: index === 0 ? [YORICK] : [HORATIO, YORICK],
          hears: {
            seen: (domain) => {
              if (!this.#cut.has(index)) link.hears.seen(domain);
            },
            gone: (name) => {
              if (!this.#cut.has(index)) link.hears.gone(name);
            },
            names: (names) => {
              if (!this.#cut.has(index)) link.hears.names(names);
            },
          },
        }),
    );
    this.#gate = gateOver(this.#links, this.#store, this.time);
  }

  /** Resolves when both halves listen and the gate has heard them. */
  async begin(): Promise<void> {
    for (const world of this.worlds) await world.begin();
    this.#tick();
    this.#keepTicking();
  }

  say(text: string): void {
    this.trace.push(`${Math.round(this.time.now)} ${text}`);
  }

  /** Cuts or mends the network between the gate and a host. */
  cut(index: number, isCut: boolean): void {
    this.say(`the gate ${isCut ? 'no longer hears' : 'hears'} ${this.#links[index]!.name}`);
    if (isCut) this.#cut.add(index);
    else this.#cut.delete(index);
  }

  restartGate(): void {
    this.say('the gate is restarted');
    for (const link of this.#links) {
      link.reachable = false;
      link.hasBeenHeard = false;
      link.domains.clear();
      link.names = null;
      link.lastOthers = [];
    }
    this.#gate = gateOver(this.#links, this.#store, this.time);
  }

  /** A customer asks the gate, which decides whether and where it is done. */
  ask(name: DomainName, verb: Verb): void {
    const found = this.#gate.find(name);
    const no =
      found === undefined || !found.host.reachable
        ? 'no host that answers has it'
        : CREATES.includes(verb)
          ? this.#gate.canRunElsewhere(name, found.host)
          : null;
    const why = isRefusal(no) ? no.message : no;
    this.say(`alice asks: ${verb} ${name}: ${why ?? `on ${found?.host.name ?? ''}`}`);
    if (no !== null || found === undefined) return;
    const index = this.#links.findIndex(({ name: host }) => host === found.host.name);
    const other = this.#links[1 - index]!;
    if (CREATES.includes(verb) && this.worlds[index]!.host.named(name) === undefined)
      this.#decisions.set(name, { at: this.time.now, informedAt: other.informedAt });
    this.worlds[index]!.ask('alice', name, verb, null);
  }

  /** An operator acts on one of the hosts. */
  operate(index: number, act: OperatorAct, name: DomainName): void {
    if (act === 'remove the file') this.#removed.add(name);
    operate(this.worlds[index]!, act, name);
  }

  /** Migrates as `xl migrate` does. When one host goes down meanwhile, the other keeps its state. */
  migrate(name: DomainName, from: number): void {
    const [source, target] = [this.worlds[from]!.host, this.worlds[1 - from]!.host];
    const guest = source.named(name);
    this.say(`an operator migrates ${name} from ${source.name}`);
    const incoming = derivedName(name, '--incoming');
    if (guest === undefined || !isRunning(guest) || !target.isUp) return;
    if (target.named(name) !== undefined || target.named(incoming) !== undefined) return;
    const { shape, uuid } = guest;
    const maker = { who: 'operator' } as const;
    const arrives = target.appear({ name: incoming, uuid, line: target.newLine(), maker, shape });
    const after = (ms: number, call: () => void): void => {
      this.time.after(ms, () => {
        if (arrives.goneAt === null) call();
      });
    };
    after(3_000, () => {
      arrives.built = true;
      if (guest.goneAt !== null) {
        target.vanish(arrives);
        return;
      }
      source.pause(guest);
      guest.name = derivedName(name, '--migratedaway');
    });
    after(4_000, () => {
      if (target.named(name) !== undefined) return;
      arrives.name = name;
      target.unpause(arrives);
    });
    after(5_000, () => {
      source.vanish(guest);
    });
  }

  /** Ends all faults, and waits until everything is at rest. */
  async calm(): Promise<void> {
    this.#cut.clear();
    for (const world of this.worlds) await world.calm();
    await this.time.pass(2 * SILENCE_MS);
    for (const world of this.worlds) this.violations.push(...world.witness.violations);
    for (const name of this.#store.retired) {
      if (!this.#removed.has(name))
        this.violations.push(`${name} is retired, and its file was never removed`);
    }
  }

  #keepTicking(): void {
    this.time.after(TICK_MS, () => {
      this.#tick();
      this.#keepTicking();
    });
  }

  #tick(): void {
    for (const [index, link] of this.#links.entries()) {
      const { half } = this.worlds[index]!;
      const speaks = half !== null && !this.#cut.has(index);
      if (speaks) this.#silentSince[index] = this.time.now;
      if (!speaks && this.time.now - this.#silentSince[index]! >= SILENCE_MS) link.lose();
      if (speaks && !link.reachable) link.connect(half.observer.list(), half.observer.names());
    }
    this.#gate.tick();
    this.#check();
  }

  /**
   * A domain that runs on both hosts is a violation if the gate had heard of the first when it let the second
   * be made.
   */
  #check(): void {
    const [here, there] = this.worlds.map(({ host }) => host.guests.filter(isRunning));
    for (const one of here!) {
      for (const other of there!) {
        if (one.firstName !== other.firstName && one.name !== other.name) continue;
        const [ours, theirs] = isLater(one, other) ? [one, other] : [other, one];
        const decision = this.#decisions.get(ours.name);
        if (ours.maker.who !== 'postern' || decision === undefined) continue;
        if (theirs.bornAt <= decision.informedAt && theirs.bornAt < decision.at)
          this.violations.push(`${called(ours)} was started while ${called(theirs)} ran`);
      }
    }
  }
}

function isLater(one: Guest, other: Guest): boolean {
  return one.bornAt > other.bornAt;
}

export { HORATIO, OPHELIA };
