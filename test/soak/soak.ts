import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { isRefusal } from '../../policy/refusal.js';
import { ControlClient } from '../../server/gate/control/control-client.js';
import type { DomainView } from '../../server/wire/domain.js';
import { Dom0Client } from '../support/dom0-client.js';
import { eventually } from '../support/eventually.js';
import { House } from '../support/house.js';
import { journalOf } from '../support/journal-of.js';
import { KilledHouse } from '../support/killed-house.js';
import { processesOf } from '../support/processes-of.js';
import { Random } from '../support/random.js';
import { sampleHalf } from './half-sample.js';
import type { RoundSample } from './soak-judgement.js';
import { leaks, roundsTable } from './soak-judgement.js';
import { SoakAdmin } from './soak-admin.js';
import { SoakCustomer } from './soak-customer.js';
import { disagreements, openIntents } from './soak-ends.js';
import type { IntentRow } from './soak-ends.js';

export interface SoakOptions {
  readonly seconds: number;
  readonly seed: number;
  readonly customers: number;
  /** Hears of each round. */
  readonly tell: (line: string) => void;
}

export interface SoakResult {
  readonly report: string;
  /** A sentence for each thing that must not be. */
  readonly faults: readonly string[];
}

const DOMAINS = ['horatio', 'ophelia', 'yorick', 'laertes', 'fortinbras', 'osric'] as const;
/** The share of the rounds in which the halves are killed; the others show what a half keeps. */
const STORMY = 1 / 3;
/** Seconds. */
const SHORTEST_ROUND = 8;
const MOST_ROUNDS = 18;
/** For one thing that a customer does, on a busy machine. Nothing is measured by it: beyond it, it hangs. */
const HANGS_MS = 240_000;
/** For things that end by themselves, on a busy machine. */
const PATIENCE = { withinMs: 240_000, everyMs: 100, slowestMs: 1_000 };
const GATE_SETTINGS = `login: {connections: 2000, connectionsPerSource: 2000, penaltyAfter: 10000}\n`;
const DOM0_SETTINGS = `limits: {createsPerDomain: {count: 100000, windowSeconds: 1}, powerOffsPerMinute: 100000}\n`;

/** Three forms of the policy. The second takes the consoles away, the third records visits. */
function policy(form: number): string {
  const console = form === 1 ? '' : ', console, takeover, sysrq';
  const record = form === 2 ? 'consoles:\n  - {domains: [horatio, yorick], record: output}\n' : '';
  return `rules:
  - id: all
    allow: [status, watch, log, log-switch${console}, start, shutdown, poweroff, reboot, rescue, extend, normal]
${record}`;
}

/** Both halves at work for as long as wanted, with customers, an admin and kills. */
export class Soak {
  readonly #options: SoakOptions;
  readonly #house: House;
  readonly #killed: KilledHouse;
  readonly #customers: readonly SoakCustomer[];
  readonly #admin: SoakAdmin;
  readonly #samples: RoundSample[] = [];
  readonly #faults: string[] = [];
  readonly #begun = performance.now();
  /** Seconds from the last act of a round until nothing was left of it. */
  #longestRest = 0;

  /** Use `run`. */
  constructor(options: SoakOptions, house: House, names: readonly string[]) {
    this.#options = options;
    this.#house = house;
    const { seed } = options;
    this.#killed = new KilledHouse(house, new Random(seed));
    const up = (): Promise<void> => this.#killed.up();
    const world = {
      up,
      domains: DOMAINS,
      get port(): number {
        return house.port;
      },
    };
    this.#customers = names.map(
      (name, at) =>
        new SoakCustomer(
          world,
          name,
          readFileSync(join(house.layout.clientKeys, name)),
          new Random(seed + 2 + at),
        ),
    );
    this.#admin = new SoakAdmin(
      { house, customers: names, domains: DOMAINS, policy, up },
      new Random(seed + 1),
    );
  }

  /** @throws Error when it could not even be run */
  static async run(options: SoakOptions): Promise<SoakResult> {
    const names = Array.from({ length: options.customers }, (_, at) => `customer${at + 1}`);
    const roles = Object.fromEntries(DOMAINS.map((name) => [name, 'owner' as const]));
    const house = await House.layOut({
      domains: DOMAINS.map((name) => ({ name })),
      customers: Object.fromEntries(names.map((name) => [name, roles])),
      policy: policy(0),
      gateSettings: GATE_SETTINGS,
      dom0Settings: DOM0_SETTINGS,
      collects: true,
    });
    try {
      await house.startDom0();
      await house.startGate();
      return await new Soak(options, house, names).#run();
    } finally {
      await house.stop();
    }
  }

  async #run(): Promise<SoakResult> {
    const { seconds, tell } = this.#options;
    const rounds = Math.max(3, Math.min(MOST_ROUNDS, Math.floor(seconds / SHORTEST_ROUND)));
    const storms = Math.floor(rounds * STORMY);
    try {
      for (let round = 1; round <= rounds && this.#faults.length === 0; round += 1) {
        const left = Math.max(SHORTEST_ROUND / 2, (seconds - this.#seconds) / (rounds - round + 1));
        await this.#round(round, left, round <= storms);
        tell(roundsTable(this.#samples.slice(-1)).split('\n').slice(1).join('\n'));
      }
      await this.#finish();
    } catch (fault) {
      this.#faults.push((fault as Error).message, ...this.#scene());
    }
    this.#faults.push(...leaks(this.#samples), ...this.#admin.wrong, ...this.#logged());
    return { report: this.#report(), faults: this.#faults };
  }

  /** What there is where something went wrong: the directory is removed afterwards. */
  #scene(): readonly string[] {
    const { dom0State } = this.#house.layout;
    const journal = readdirSync(dom0State).filter((name) => /^journal.*\.jsonl$/.test(name));
    return [
      `xl list: ${this.#house.xlByHand('list', '-v').stdout}`,
      ...journal.map((name) => `${name}: ${readFileSync(join(dom0State, name), 'utf8').slice(-20_000)}`),
      `the dom0 half's log: ${readFileSync(this.#house.log('dom0'), 'utf8').slice(-10_000)}`,
      ...this.#customers.map(
        ({ name, doing, lasts }) => `${name}: ${doing} for ${Math.round(lasts / 1000)} s`,
      ),
    ];
  }

  get #seconds(): number {
    return (performance.now() - this.#begun) / 1000;
  }

  /** Everybody works for a while, then all go, and both halves are looked at. */
  async #round(round: number, seconds: number, isStormy: boolean): Promise<void> {
    const over = new AbortController();
    const end = setTimeout(() => {
      over.abort();
    }, seconds * 1000);
    const working = this.#customers.map((customer) => customer.work(over.signal));
    const all = Promise.all([...working, this.#admin.work(over.signal, !isStormy)]);
    const ended = all.then(
      () => true,
      (fault: unknown) => {
        this.#faults.push(`the soak itself: ${(fault as Error).stack ?? String(fault)}`);
        over.abort();
        return true;
      },
    );
    if (isStormy) {
      while (!over.signal.aborted) await this.#killed.killOnce();
      await this.#killed.up();
    }
    while (!(await Promise.race([ended, pause(1_000, false)]))) {
      for (const { name, doing, lasts } of this.#customers)
        if (lasts > HANGS_MS) throw new Error(`${name} hangs at: ${doing}`);
    }
    clearTimeout(end);
    await this.#rest();
    const { gateSettings, dom0Settings } = this.#house.layout;
    this.#samples.push({
      round,
      at: this.#seconds,
      gate: await sampleHalf(this.#house.gatePid, gateSettings),
      dom0: await sampleHalf(this.#house.dom0Pid, dom0Settings),
    });
  }

  /** Waits until nobody is connected, nothing is under way, and every domain is off. */
  async #rest(): Promise<void> {
    const begun = this.#seconds;
    await this.#everythingIsRight();
    await eventually(
      'all operations to end',
      async () => (await this.#views()).every((one) => one.operation === null),
      PATIENCE,
    );
    await eventually('every domain to be off', () => this.#switchOff(), {
      ...PATIENCE,
      instead: () => this.#others(),
    });
    await eventually(
      'all sessions to be gone',
      async () =>
        /^no sessions|^\[\]/i.test((await this.#house.postern('session', 'list', '--json')).stdout.trim()),
      PATIENCE,
    );
    this.#longestRest = Math.max(this.#longestRest, this.#seconds - begun);
  }

  /**
   * Switches off what the host shows to be on. It looks only now and then, so what has just been started may show
   * later: only when nothing but the halves runs, everything is off.
   */
  async #switchOff(): Promise<boolean> {
    for (const { name, observation } of await this.#views()) {
      if (observation.state === 'off') continue;
      // The gate may not have found a half again that was killed. Then the next look tries it again.
      await this.#house.ssh('customer1', `${name} poweroff --yes --wait`);
    }
    return this.#others().length === 0;
  }

  /** Undoes what the admin may have left half-done when the halves were killed. */
  async #everythingIsRight(): Promise<void> {
    this.#house.writePolicy(policy(0));
    const control = new ControlClient(this.#house.layout.controlSocket, 'soak');
    const ask = async (method: 'POST' | 'PUT' | 'DELETE', path: string, given: object): Promise<void> => {
      const answer = await control.ask(method, path, given);
      if (isRefusal(answer)) this.#faults.push(`${method} ${path}: ${answer.message}`);
    };
    await ask('POST', '/policy/reload', {});
    await ask('DELETE', '/maintenance', {});
    for (const { name: customer } of this.#customers) {
      await ask('POST', `/customers/${customer}/resume`, {});
      for (const domain of DOMAINS) await ask('PUT', '/roles', { customer, domain, role: 'owner' });
    }
  }

  async #views(): Promise<readonly DomainView[]> {
    const { body } = await new Dom0Client(this.#house.layout.dom0Socket).ask('GET', '/domains');
    return (body as { domains: readonly DomainView[] }).domains;
  }

  #others(): readonly string[] {
    const halves = [this.#house.gatePid, this.#house.dom0Pid];
    return processesOf(this.#house.layout.directory).flatMap(({ pid, command }) =>
      halves.includes(pid) ? [] : [command],
    );
  }

  async #finish(): Promise<void> {
    const rows = await eventually(
      'an end of every intent in the audit log',
      async () => {
        const all = await this.#rows();
        return openIntents(all).length === 0 ? all : null;
      },
      PATIENCE,
    );
    this.#faults.push(...disagreements(rows, journalOf(this.#house.layout.dom0State)));
    const verified = await this.#house.postern('audit', 'verify');
    if (verified.status !== 0) this.#faults.push(`audit verify: ${verified.stdout}${verified.stderr}`);
    const doctor = await this.#house.postern('doctor', '--dom0-settings', this.#house.layout.dom0Settings);
    if (!doctor.stdout.includes(' 0 to mend')) this.#faults.push(`doctor: ${doctor.stdout}${doctor.stderr}`);
    await this.#house.endGate();
    await this.#house.endDom0();
    const left = processesOf(this.#house.layout.directory);
    if (left.length > 0) this.#faults.push(`left running: ${JSON.stringify(left)}`);
  }

  async #rows(): Promise<readonly IntentRow[]> {
    const { stdout } = await this.#house.postern('audit', '--json', '--limit', '10000000');
    return stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as IntentRow);
  }

  /** What the halves logged as a fault of theirs. */
  #logged(): readonly string[] {
    return (['gate', 'dom0'] as const).flatMap((half) =>
      readFileSync(this.#house.log(half), 'utf8')
        .split('\n')
        .filter((line) => /"level":"(error|fatal)"/.test(line) || (line !== '' && !line.startsWith('{')))
        .slice(0, 10)
        .map((line) => `the ${half} half logged: ${line.slice(0, 600)}`),
    );
  }

  #report(): string {
    const done: Record<string, number> = { ...this.#admin.done };
    for (const customer of this.#customers)
      for (const [what, count] of Object.entries(customer.done)) done[what] = (done[what] ?? 0) + count;
    const { kills, inStart } = this.#killed;
    return [
      roundsTable(this.#samples),
      `kills: ${kills.gate} of the gate, ${kills.dom0} of the dom0 half, ${inStart} of them in a start`,
      `done: ${Object.entries(done)
        .filter(([what]) => !['think', 'nothing', 'wait for the halves'].includes(what))
        .map(([what, count]) => `${what} ${count}`)
        .join(', ')}`,
      `longest: ${this.#customers
        .flatMap(({ longest }) => [...longest])
        .sort(([, one], [, other]) => other - one)
        .slice(0, 6)
        .map(([what, ms]) => `${what} ${(ms / 1000).toFixed(1)} s`)
        .join(', ')}; until nothing was left of a round: ${this.#longestRest.toFixed(1)} s`,
      `seed ${this.#options.seed}, ${this.#seconds.toFixed(0)} s, ${this.#customers.length} customers`,
    ].join('\n');
  }
}
