import { request, type ClientRequest } from 'node:http';
import { createInterface } from 'node:readline';
import type { Change, DomainView } from '../../server/wire/domain.js';
import { eventually } from '../support/eventually.js';
import { PATIENCE } from './patience.js';
import type { World } from './world.js';

/** What `status --json` says of a server, of which the tests use this much. */
export interface Status {
  readonly state: string;
  readonly profile: string;
  readonly reachable: boolean;
  readonly operation: unknown;
}

/** What a customer is told of a server of theirs. */
export async function statusOf(world: World, customer: string, domain: string): Promise<Status> {
  const { stdout, stderr } = await world.ssh(customer, `${domain} status --json`);
  try {
    return JSON.parse(stdout) as Status;
  } catch {
    throw new Error(`no status of ${domain}: ${stdout}${stderr}`);
  }
}

/** Waits until a server of alice's is shown in this state, its host answering and nothing under way. */
export async function settlesAs(world: World, domain: string, states: readonly string[]): Promise<Status> {
  return eventually(
    `${domain} to be ${states.join(' or ')}`,
    async () => {
      const status = await statusOf(world, 'alice', domain);
      return status.reachable && status.operation === null && states.includes(status.state)
        ? status
        : undefined;
    },
    // Each look is a login, and there is a pace for logins.
    { withinMs: PATIENCE.boot, everyMs: 200, slowestMs: 2_000 },
  );
}

/** Waits until a domain has another domid than it had. */
export function isReborn(world: World, domain: string, before: number | undefined): Promise<unknown> {
  return eventually(
    `a new domid of ${domain}`,
    async () => {
      const now = await world.domid(domain);
      return now !== undefined && now !== before;
    },
    { withinMs: PATIENCE.boot, everyMs: 200 },
  );
}

/** Follows what is shown of a domain, from one state to the next: an operation under way hides the state, as in the menu. */
export class StateWatch {
  readonly #shown: string[] = [];
  readonly #domain: string;
  readonly #request: ClientRequest;

  /** Made by `start`. */
  constructor(domain: string, asked: ClientRequest) {
    this.#domain = domain;
    this.#request = asked;
  }

  /** Begins with what there is now. */
  static async start(world: World, domain: string): Promise<StateWatch> {
    const asked = request({ socketPath: world.dom0Socket, path: '/changes', agent: false });
    const watch = new StateWatch(domain, asked);
    await new Promise<void>((resolve, reject) => {
      asked.once('error', reject);
      asked.once('response', (response) => {
        response.on('error', () => undefined);
        const lines = createInterface({ input: response });
        // Cutting the feed off is how it ends.
        lines.on('error', () => undefined);
        lines.on('line', (line) => {
          const change = JSON.parse(line) as Change;
          if (change.change === 'ready') resolve();
          if (change.change === 'domain') watch.#see(change.domain);
        });
      });
      asked.end();
    });
    asked.on('error', () => undefined);
    return watch;
  }

  /** What is shown now. */
  get now(): string | undefined {
    return this.#shown.at(-1);
  }

  /** Each state once, in the order they were shown. */
  stop(): readonly string[] {
    this.#request.destroy();
    return this.#shown;
  }

  #see(view: DomainView): void {
    if (view.name !== this.#domain) return;
    const shown = view.operation?.verb ?? view.observation.state;
    if (this.#shown.at(-1) !== shown) this.#shown.push(shown);
  }
}
