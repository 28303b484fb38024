import { isRefusal } from '../../policy/refusal.js';
import type { CustomerName, DomainName, Fingerprint } from '../../policy/names.js';
import type { Logger } from '../../server/wire/logger.js';
import type { Verb } from '../../server/wire/contract.js';
import type { OperationRequest } from '../../server/wire/operation.js';
import { Chance } from './chance.js';
import { checkJournal } from './journal-check.js';
import { called } from './guest.js';
import { Life } from './life.js';
import { DAY_ONE, startHalf } from './model-half.js';
import type { HalfEvents } from './model-half.js';
import type { ConsoleMood, ModelHalf } from './model-half.js';
import { ModelHost } from './model-host.js';
import { isFixed } from './model-configs.js';
import { LIMITS, STATE } from './model-settings.js';
import { ToolstackTemper } from './model-toolstack.js';
import { VirtualTime } from './virtual-time.js';
import { short, Witness } from './witness.js';
import type { Ask } from './witness.js';

const RESTART_MS = 2_000;
const CALM_STEP_MS = 5_000;
const LOOK_MS = 200;
/** Looks, LOOK_MS apart: longer than two listings that hang. */
const LOOKS = 400;
const CALM_MS = 3 * 3_600_000;
/** Log kinds that a full disk, or a host that is down, may cause. */
const FAULTS = new Set(['operation.fault', 'observer.fault']);

export interface WorldOptions {
  /** Whether it records what happens. */
  readonly trace?: boolean;
  /** The host's name. */
  readonly name?: string;
  /** The time that several worlds share. */
  readonly time?: VirtualTime;
  /** Domains whose files are elsewhere. */
  readonly without?: readonly DomainName[];
  /** Hears what a half tells a gate. */
  readonly hears?: HalfEvents;
}

const NOBODY: HalfEvents = { seen: () => undefined, gone: () => undefined, names: () => undefined };

/** A host, its half, and the customers who send requests. */
export class World {
  readonly time: VirtualTime;
  readonly chance: Chance;
  readonly host: ModelHost;
  readonly temper = new ToolstackTemper();
  readonly witness: Witness;
  readonly trace: string[] | null;
  consoles: ConsoleMood = 'well';
  /** Set once somebody has changed the time of day. */
  jumped = false;
  readonly #hears: HalfEvents;
  #life: Life | null = null;
  #half: ModelHalf | null = null;
  #lives = 0;
  #ids: OperationRequest[] = [];
  #restart: (() => void) | null = null;

  constructor(seed: number, options: WorldOptions = {}) {
    this.trace = options.trace === true ? [] : null;
    this.time = options.time ?? new VirtualTime();
    this.chance = new Chance(seed);
    this.host = new ModelHost(options.name ?? 'A', this.time, this.chance);
    for (const name of options.without ?? []) this.host.configs.remove(name);
    this.#hears = options.hears ?? NOBODY;
    this.witness = new Witness((text) => {
      this.say(text);
    });
    this.host.bootFirst();
    this.start();
  }

  /** Resolves when the half listens for the first time. */
  async begin(): Promise<void> {
    while (this.half === null) await this.time.next();
  }

  get half(): ModelHalf | null {
    return this.#life?.alive === true ? this.#half : null;
  }

  say(text: string): void {
    this.trace?.push(`${clock(this.time.now)} ${text}`);
  }

  /** Starts the half, if it does not run and the host is up. */
  start(): void {
    this.#restart?.();
    this.#restart = null;
    if (!this.host.isUp) return;
    if (this.#life?.alive === true) return;
    const life = this.#newLife();
    this.#life = life;
    this.#half = null;
    this.say('the half starts');
    const { host, temper, witness } = this;
    startHalf({
      host,
      life,
      temper,
      witness,
      logger: this.#logger(life),
      consoles: () => this.consoles,
      hears: this.#hears,
    }).then(
      (half) => {
        if (!life.alive) return;
        this.#half = half;
        this.say('the half listens');
      },
      (error: unknown) => {
        this.say(`the half does not start: ${String(error)}`);
        if (life.alive) this.#died(life, 10_000);
      },
    );
  }

  /** @param downFor milliseconds until the next start */
  kill(downFor = RESTART_MS): void {
    if (this.#life?.alive !== true) return;
    this.say('the half is killed');
    this.#died(this.#life, downFor);
  }

  killAfter(doings: number): void {
    this.#life?.killAfter(doings);
  }

  /** Stops the half, as systemd does. */
  stop(downFor: number): void {
    const half = this.half;
    if (half === null) return;
    const { life } = half;
    this.say('the half is stopped');
    this.#half = null;
    half.stop().then(
      () => {
        if (!life.alive) return;
        this.say('the half has stopped');
        this.#died(life, downFor);
      },
      (error: unknown) => {
        this.witness.wrong(`the half cannot be stopped: ${String(error)}`);
      },
    );
    this.time.after(90_000, () => {
      if (life.alive) this.#died(life, downFor);
    });
  }

  reboot(how: 'in order' | 'power cut', downFor: number, halfAfter: number): void {
    if (!this.host.isUp) return;
    this.say(`the host goes down (${how})`);
    if (this.#life?.alive === true) this.#died(this.#life, Infinity);
    this.#restart?.();
    this.host.goDown(how);
    this.time.after(downFor, () => {
      this.host.comeUp();
      this.say(`the host is up: ${this.host.boot}`);
      this.#restart = this.time.after(halfAfter, () => {
        this.#restart = null;
        this.start();
      });
    });
  }

  /**
   * A customer asks through the half's API.
   *
   * @param again the number of an earlier request to send again, with the same id and content
   */
  ask(customer: string, domain: DomainName, verb: Verb, again: number | null): void {
    const known = again === null ? undefined : this.#ids[again % Math.max(1, this.#ids.length)];
    const request = known ?? this.#request(customer, domain, verb);
    const half = this.half;
    this.say(
      `${request.actor.customer} asks: ${request.verb} ${request.domain} (${short(request.id)})${half === null ? ', and nobody answers' : ''}`,
    );
    if (half === null) return;
    const { life } = half;
    const { host, witness } = this;
    const ask: Ask = {
      request,
      host,
      boot: host.boot,
      life,
      at: this.time.now,
      until: Infinity,
      answer: 'waiting',
      code: null,
    };
    witness.asked(ask);
    half.operations.submit(request).then(
      (answer) => {
        if (!life.alive) return;
        const code = 'refused' in answer ? answer.refused.code : null;
        witness.answered(ask, this.time.now, code, 'refused' in answer ? answer.refused.message : '');
        this.say(
          `  answer to ${short(request.id)}: ${'refused' in answer ? `${answer.refused.code}: ${answer.refused.message}` : answer.operation.phase}`,
        );
        if ('operation' in answer) witness.tells(answer.operation, life);
      },
      (error: unknown) => {
        if (life.alive) witness.wrong(`a request is answered with a fault: ${String(error)}`);
      },
    );
  }

  /** Ends all faults, lets every operation end, then checks that all is well. */
  async calm(): Promise<void> {
    const { host, witness } = this;
    this.say('all is well from now on');
    host.disk.mood = 'well';
    this.temper.set('well', 0);
    this.consoles = 'well';
    host.deaf.clear();
    host.configs.mount(true);
    const end = this.time.now + CALM_MS;
    await this.time.pass(CALM_STEP_MS);
    while (!this.#isQuiet()) {
      if (this.time.now > end) {
        witness.wrong(`it does not come to rest: ${this.#unrest()}`);
        return;
      }
      if (host.isUp && this.#life?.alive !== true && this.#restart === null) this.start();
      await this.time.pass(this.half === null ? 60_000 : CALM_STEP_MS);
    }
    await this.#look();
    this.#checkEnd();
  }

  /** Waits for a listing that may still hang, and makes another one. */
  async #look(): Promise<void> {
    const answered: true[] = [];
    const look = (): void => {
      void this.half?.observer.look().then((silent) => {
        if (silent === null) answered.push(true);
        else look();
      });
    };
    look();
    for (let tries = 0; answered.length === 0 && tries < LOOKS; tries += 1) await this.time.pass(LOOK_MS);
  }

  #isQuiet(): boolean {
    return this.#unrest() === null;
  }

  #unrest(): string | null {
    const half = this.half;
    if (half === null) return 'the half does not run';
    const open = half.registry.open()[0];
    if (open !== undefined) return `${open.request.verb} ${open.request.domain} is still ${open.step}`;
    if (half.operations.unrecorded > 0) return `${half.operations.unrecorded} records are not written`;
    if (!this.host.isQuiet) return 'a guest or a program of the host is not at rest';
    if (half.journal.trouble !== null) return `the journal is in trouble: ${half.journal.trouble.why}`;
    if (half.observer.list().some(({ observation }) => observation.state === 'unknown'))
      return 'a state is unknown';
    return null;
  }

  #checkEnd(): void {
    const { host, witness } = this;
    const half = this.half;
    if (half === null) return;
    for (const guest of host.guests) {
      // Its UUID or xl's output tells who made it. Without either, the half leaves it alone.
      if (host.disk.hasLostWords && isFixed(guest.uuid)) continue;
      if (guest.paused && guest.built && guest.maker.who === 'postern' && !guest.isByHand)
        witness.wrong(`${guest.name} is left paused by ${short(guest.maker.operation)}`);
      if (!guest.built && guest.maker.who === 'postern' && !guest.isByHand)
        witness.wrong(`${guest.name} is left half-built by ${short(guest.maker.operation)}`);
    }
    for (const { name, observation, listed } of half.observer.list()) {
      const guest = host.named(name);
      const isChanging = host.history.some(
        (each) =>
          each.firstName === name &&
          Math.max(each.bornAt, each.goneAt ?? 0) > this.time.now - 2 * CALM_STEP_MS,
      );
      const isWrong =
        guest === undefined
          ? ['running', 'paused'].includes(observation.state)
          : listed?.domid !== guest.domid;
      if (isWrong && !isChanging)
        witness.wrong(
          `${name} is shown as ${observation.state}, and is ${guest === undefined ? 'off' : called(guest)}`,
        );
    }
    for (const [id, asks] of witness.asks) {
      if (!asks.some(({ answer }) => answer === 'accepted')) continue;
      const view = half.operations.find(id);
      if (isRefusal(view)) witness.wrong(`${short(id)} was accepted and is forgotten`);
      else if (view.phase === 'queued' || view.phase === 'running')
        witness.wrong(`${short(id)} has no outcome`);
    }
    for (const problem of checkJournal(host.disk, witness)) witness.wrong(problem);
    if (!this.jumped) {
      const { count, windowSeconds } = LIMITS.createsPerDomain;
      witness.checkCreates(count, windowSeconds * 1000);
    }
    // The next start removes files that the disk refused to delete.
    const left = host.disk.names(`${STATE}/work`);
    if (!host.disk.wasUnwell && left.length > 0) witness.wrong(`files are left: ${left.join(' ')}`);
  }

  #request(customer: string, domain: DomainName, verb: Verb): OperationRequest {
    const number = this.#ids.length + 1;
    const request: OperationRequest = {
      id: `${number.toString(16).padStart(8, '0')}-0000-4000-8000-000000000000`,
      domain,
      verb,
      profile: verb === 'rescue' ? ('rescue' as OperationRequest['profile']) : null,
      key: verb === 'sysrq' ? 's' : null,
      actor: {
        customer: customer as CustomerName,
        fingerprint: 'SHA256:model' as Fingerprint,
        source: '192.0.2.1',
        auditSeq: number,
        auditHash: '0'.repeat(64),
      },
    };
    this.#ids.push(request);
    return request;
  }

  #newLife(): Life {
    const number = (this.#lives += 1);
    const life: Life = new Life(number, this.time, () => {
      this.say('the half is killed in the middle of it');
      this.#died(life, RESTART_MS);
    });
    return life;
  }

  #died(life: Life, downFor: number): void {
    life.end();
    for (const ask of [...this.witness.asks.values()].flat()) {
      if (ask.life === life && ask.until === Infinity) ask.until = this.time.now;
    }
    if (life !== this.#life) return;
    this.#half = null;
    if (downFor === Infinity) return;
    this.#restart?.();
    this.#restart = this.time.after(downFor, () => {
      this.#restart = null;
      this.start();
    });
  }

  #logger(life: Life): Logger {
    const log = (fields: object, message: string): void => {
      if (!life.alive) return;
      const { err } = fields as { err?: unknown };
      this.trace?.push(`${clock(this.time.now)}     ${message} ${err instanceof Error ? err.message : ''}`);
      const code = (err as { code?: string } | undefined)?.code;
      if (FAULTS.has(message) && code === undefined && this.host.isUp)
        this.witness.wrong(`${message}: ${err instanceof Error ? (err.stack ?? '') : String(err)}`);
    };
    return { debug: () => undefined, info: () => undefined, warn: log, error: log };
  }
}

function clock(now: number): string {
  return new Date(DAY_ONE + now).toISOString().slice(11, 23);
}
