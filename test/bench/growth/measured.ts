import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { isRefusal } from '../../../policy/refusal.js';
import { ControlClient } from '../../../server/gate/control/control-client.js';
import type { Method } from '../../../server/gate/control/route.js';
import { ProcessFacts } from '../../support/process-facts.js';
import { Load } from '../load.js';
import type { GrownServer } from './grown-server.js';

/** CPU milliseconds by what was done. */
export type Costs = Readonly<Record<string, number>>;

/** How long the halves are looked at with nobody doing anything. */
const REST_MS = 6_000;
/** What a piece of work may leave to be done. */
const AFTER_MS = 250;
const TICK_MS = 10;
/** How often a small piece of work is done. */
const OFTEN = 20;

/** CPU time of all threads of a process, from the scheduler, which counts finer than ticks. Milliseconds. */
function cpuOf(pid: number): number {
  return readdirSync(`/proc/${pid}/task`).reduce((sum, thread) => {
    const [nanoseconds = '0'] = readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ');
    return sum + Number(nanoseconds) / 1e6;
  }, 0);
}

/** CPU time of the commands that this process has run to their end. Milliseconds. */
function cpuOfCommands(): number {
  const facts = new ProcessFacts(process.pid);
  return (facts.cpuTicksWithEnded - facts.cpuTicks) * TICK_MS;
}

/** Measures what the product does on a server, in CPU time of the gate. */
export class Measured {
  readonly #server: GrownServer;
  readonly #costs: Record<string, number> = {};
  /** What the gate does by itself, CPU milliseconds in a millisecond. */
  #idle = 0;

  constructor(server: GrownServer) {
    this.#server = server;
  }

  /** @param sessions menus that stay open all the time */
  async all(sessions: number): Promise<Costs> {
    const { gatePid, dom0Pid, target, logins } = this.#server;
    this.#costs['start of the gate'] = cpuOf(gatePid);
    const kept = await this.#keep(sessions);
    // Menus come to rest after some seconds without a key.
    await pause(sessions > 0 ? 30_000 : 5_000);
    const before = { gate: cpuOf(gatePid), dom0: cpuOf(dom0Pid) };
    await pause(REST_MS);
    this.#idle = (cpuOf(gatePid) - before.gate) / REST_MS;
    this.#costs['a second of the gate at rest'] = this.#idle * 1000;
    this.#costs['a second of the dom0 half at rest'] = ((cpuOf(dom0Pid) - before.dom0) / REST_MS) * 1000;
    const load = new Load();
    try {
      const log = (count: number, to = target, atOnce = 4): Promise<unknown> =>
        load.ask({ do: 'logins', target: to, count, atOnce });
      await log(20);
      await this.#each('login with its menu', 60, () => log(60));
      await load.ask({ do: 'keep', target, count: 10 });
      await this.#each('a key in a menu', 60, () => load.ask({ do: 'touch', count: 60 }));
      // Two names of the same login: the load generator leaves the first one to consoles.
      const owner = { ...target, logins: [logins[0] ?? '', logins[0] ?? ''] };
      await this.#each('menu of all domains', 3, () => log(3, owner, 1));
    } finally {
      await load.end();
    }
    await this.#commands();
    await kept?.end();
    return this.#costs;
  }

  async #keep(sessions: number): Promise<Load | null> {
    if (sessions === 0) return null;
    const load = new Load();
    // The load generator gives up a request that takes very long.
    for (let left = sessions; left > 0; left -= 1_000)
      await load.ask({ do: 'keep', target: this.#server.target, count: Math.min(left, 1_000) });
    return load;
  }

  /** What admins ask the gate, each often enough to be told from what the gate does by itself. */
  async #commands(): Promise<void> {
    const server = this.#server;
    const customer = server.logins[1] ?? '';
    const control = new ControlClient(server.file('run/control.sock'), 'bench');
    const ask = async (method: Method, path: string, given: object = {}): Promise<object> => {
      const answer = await control.ask(method, path, given);
      if (isRefusal(answer)) throw new Error(`${method} ${path}: ${answer.message}`);
      return answer;
    };
    const often = (what: string, work: () => Promise<unknown>, times = OFTEN): Promise<void> =>
      this.#each(what, times, async () => {
        for (let left = times; left > 0; left -= 1) await work();
      });
    await often('policy reload', () => ask('POST', '/policy/reload'));
    const { roles } = (await ask('GET', `/roles?customer=${customer}`)) as { roles: { domain: string }[] };
    const domain = roles[0]?.domain ?? '';
    await often('a role is taken and given', async () => {
      await ask('DELETE', '/roles', { customer, domain });
      await ask('PUT', '/roles', { customer, domain, role: 'owner' });
    });
    const key = { login: customer, key: `SHA256:${'b'.repeat(43)}` };
    await often('explain-login', () => ask('POST', '/logins/explain', key));
    await often('audit, last 100', () => ask('GET', '/audit?limit=100'));
    await often('audit, of a customer', () => ask('GET', `/audit?limit=100&customer=${customer}`));
    const since = new Date(Date.now() - 60_000).toISOString();
    await often('audit, since a minute', () => ask('GET', `/audit?since=${since}`));
    await often('list of domains', () => ask('GET', '/domains'));
    const own = cpuOfCommands();
    await often('doctor', () => server.postern('doctor', '--dom0-settings', server.file('dom0.yaml')), 1);
    this.#costs['doctor'] = (this.#costs['doctor'] ?? 0) + cpuOfCommands() - own;
    await often('backup', () => server.postern('backup', server.file('backup.db')), 1);
    await often('audit verify', () => ask('POST', '/audit/verify'), 1);
  }

  /** CPU time of the gate for the work, without what it does at rest. */
  async #each(what: string, times: number, work: () => Promise<unknown>): Promise<void> {
    const { gatePid } = this.#server;
    const [before, begun] = [cpuOf(gatePid), performance.now()];
    await work();
    await pause(AFTER_MS);
    const rest = this.#idle * (performance.now() - begun);
    this.#costs[what] = Math.max(0, (cpuOf(gatePid) - before - rest) / times);
  }
}
