/**
 * Measures what a gate over twenty hosts is slowed by when ten of them are dead: `npm run bench:hosts`. The
 * hosts are stand-ins in this process, the gate is without ssh. Times are milliseconds since the gate's start,
 * or of the question alone.
 */
import '../../server/cli/installation/fit-node.js';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkHost } from '../../server/cli/doctor/host-trial.js';
import { auditRoutes } from '../../server/gate/control/audit-routes.js';
import { domainRoutes } from '../../server/gate/control/domain-routes.js';
import type { Route } from '../../server/gate/control/route.js';
import { Slices } from '../../server/gate/scheduling/slices.js';
import type { Session } from '../../server/gate/session/session.js';
import { DeadHosts } from '../support/dead-hosts.js';
import { Dom0StandIn } from '../support/dom0-stand-in.js';
import { eventually } from '../support/eventually.js';
import { FakeTerminal } from '../support/fake-terminal.js';
import { GateInside } from '../support/gate-inside.js';
import { ADMIN, domainName } from '../support/temporary-store.js';

const HOSTS = 20;
const DOMAINS_EACH = 20;

class Bench {
  readonly #directory = mkdtempSync(join(tmpdir(), 'postern-bench-'));
  readonly #dead: DeadHosts;
  readonly #living: readonly Dom0StandIn[];
  readonly #gate: GateInside;
  #sessions = 0;

  constructor(dead: number) {
    this.#dead = new DeadHosts(this.#directory, dead);
    this.#living = Array.from(
      { length: HOSTS - 1 - dead },
      (_, at) => new Dom0StandIn(join(this.#directory, `living${at}.sock`)),
    );
    const living = this.#living.map(({ socket }, at) => ({ name: `living${at}`, socket }));
    const timings = { answer: 10_000, silence: 60_000 };
    this.#gate = new GateInside(timings, new Slices({ now: () => 0 }), [...this.#dead.hosts, ...living]);
  }

  async run(): Promise<Record<string, number>> {
    await this.#dead.start();
    for (const [at, host] of this.#living.entries()) {
      for (let each = 0; each < DOMAINS_EACH; each += 1)
        host.set(domainName(`domain${at}-${each}`), 'running');
      await host.start();
    }
    const { core, dom0, store } = this.#gate;
    await dom0.start();
    const took: Record<string, number> = {};
    const begun = performance.now();
    core.start();
    took['first list'] = await this.#timed(() => this.#exec('list', /horatio +running/));
    took['all living hosts heard'] = await this.#timed(async () => {
      const heard = (): boolean =>
        core.hosts.links.filter((link) => link.reachable).length > this.#living.length;
      await eventually('the living hosts', heard, { everyMs: 1 });
    });
    took['since the start'] = performance.now() - begun;
    took['list'] = await this.#timed(() => this.#exec('list', /horatio +running/));
    took['status'] = await this.#timed(() => this.#exec('horatio status', /horatio is running/));
    took['menu'] = await this.#timed(() => this.#menu());
    const { links } = core.hosts;
    took['domain list'] = await this.#timed(() => ask(domainRoutes(store, links), 'GET', '/domains'));
    took['audit verify'] = await this.#timed(() => ask(auditRoutes(store, links), 'POST', '/audit/verify'));
    took['doctor, all hosts'] = await this.#timed(async () => {
      await Promise.all(links.map(({ name, socket }) => checkHost(name, socket)));
    });
    return took;
  }

  async dispose(): Promise<void> {
    await this.#gate.stop();
    for (const host of this.#living) await host.stop();
    await this.#dead.stop();
    rmSync(this.#directory, { recursive: true });
  }

  async #timed(work: () => Promise<void>): Promise<number> {
    const begun = performance.now();
    await work();
    return performance.now() - begun;
  }

  #open(request: Session['request']): FakeTerminal {
    const terminal = new FakeTerminal({ hasPty: request.kind === 'shell' });
    const id = `c.${(this.#sessions += 1)}`;
    const { alice: identity, core } = this.#gate;
    const recorded = Promise.resolve();
    const openedAt = new Date();
    core.sessions.open({ id, identity, terminal, openedAt, request, recorded, onEnd: () => undefined });
    return terminal;
  }

  async #exec(command: string, says: RegExp): Promise<void> {
    const terminal = this.#open({ kind: 'exec', command });
    await eventually(command, () => terminal.status !== null, { everyMs: 1 });
    if (!says.test(terminal.output)) throw new Error(`${command}: ${terminal.output}${terminal.errors}`);
  }

  async #menu(): Promise<void> {
    const terminal = this.#open({ kind: 'shell' });
    await eventually('the menu', () => terminal.output.includes('horatio'), { everyMs: 1 });
    terminal.hangUp();
  }
}

async function ask(routes: readonly Route[], method: 'GET' | 'POST', path: string): Promise<void> {
  const { signal } = new AbortController();
  const answer = routes
    .find(({ pattern }) => pattern === path)
    ?.answer({ method, path, given: {}, actor: ADMIN, signal });
  if (answer === undefined) throw new Error(`no route ${path}`);
  await answer;
}

async function measured(dead: number): Promise<Record<string, number>> {
  const bench = new Bench(dead);
  try {
    return await bench.run();
  } finally {
    await bench.dispose();
  }
}

const none = await measured(0);
const one = await measured(1);
const ten = await measured(10);
const cell = (value: number | undefined): string => (value ?? 0).toFixed(0).padStart(10);
process.stdout.write(
  `${'ms'.padEnd(24)}${'0 dead'.padStart(10)}${'1 dead'.padStart(10)}${'10 dead'.padStart(10)}\n`,
);
for (const [what, value] of Object.entries(none))
  process.stdout.write(`${what.padEnd(24)}${cell(value)}${cell(one[what])}${cell(ten[what])}\n`);
