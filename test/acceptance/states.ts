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
export async function isReborn(world: World, domain: string, before: number | undefined): Promise<void> {
  const looks = await DomainLooks.start(world, domain);
  try {
    await eventually(
      `a new domid of ${domain}`,
      async () => {
        const now = await world.domid(domain);
        if (now !== undefined && now !== before) return true;
        await looks.next();
        return false;
      },
      { withinMs: PATIENCE.boot },
    );
  } finally {
    looks.stop();
  }
}

/** Waits until the operation on a domain is in this step; or has passed it, when it is too short to be seen. */
export async function reachesStep(world: World, domain: string, step: string): Promise<void> {
  const looks = await DomainLooks.start(world, domain);
  try {
    await eventually(
      `the step ${step}`,
      async () => {
        const operation = looks.view?.operation ?? null;
        if (operation === null || operation.step === step) return true;
        await looks.next();
        return false;
      },
      { withinMs: PATIENCE.soon },
    );
  } finally {
    looks.stop();
  }
}

/**
 * Tells when it is worth looking at a domain again: the dom0 half's news of it. A look of our own, such as `xl domid`, takes a good part
 * of an emulated host.
 */
class DomainLooks {
  readonly #domain: string;
  #request: ClientRequest | undefined;
  #view: DomainView | undefined;
  #news = false;
  #wake: (() => void) | undefined;

  /** Made by `start`. */
  constructor(domain: string) {
    this.#domain = domain;
  }

  /** Follows the dom0 half's changes; without it, when it does not run, `next` is a matter of time alone. */
  static async start(world: World, domain: string): Promise<DomainLooks> {
    const looks = new DomainLooks(domain);
    looks.#request = await follow(world, (change) => {
      looks.#hear(change);
    }).catch(() => undefined);
    return looks;
  }

  /** The dom0 half's latest view. */
  get view(): DomainView | undefined {
    return this.#view;
  }

  /** Waits until another incarnation, state or step is told than at the last call, for two seconds at most. */
  async next(): Promise<void> {
    if (!this.#news) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, 2_000);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    this.#news = false;
  }

  stop(): void {
    this.#request?.destroy();
  }

  #hear(change: Change): void {
    if (change.change !== 'domain' || change.domain.name !== this.#domain) return;
    const before = this.#view;
    const now = change.domain;
    this.#view = now;
    if (
      before?.incarnation === now.incarnation &&
      before.observation.state === now.observation.state &&
      before.operation?.step === now.operation?.step
    ) {
      return;
    }
    this.#news = true;
    this.#wake?.();
  }
}

/**
 * Follows the dom0 half's changes, from what there is now.
 *
 * @returns once that was told; cut off by `destroy`
 * @throws Error when no dom0 half answers
 */
async function follow(world: World, hear: (change: Change) => void): Promise<ClientRequest> {
  const asked = request({ socketPath: world.dom0Socket, path: '/changes', agent: false });
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
        hear(change);
      });
    });
    asked.end();
  });
  asked.on('error', () => undefined);
  return asked;
}

/** Follows what is shown of a domain, from one state to the next: an operation under way hides the state, as in the menu. */
export class StateWatch {
  readonly #shown: string[] = [];
  readonly #domain: string;
  #request: ClientRequest | undefined;

  /** Made by `start`. */
  constructor(domain: string) {
    this.#domain = domain;
  }

  /** Begins with what there is now. */
  static async start(world: World, domain: string): Promise<StateWatch> {
    const watch = new StateWatch(domain);
    watch.#request = await follow(world, (change) => {
      if (change.change === 'domain') watch.#see(change.domain);
    });
    return watch;
  }

  /** What is shown now. */
  get now(): string | undefined {
    return this.#shown.at(-1);
  }

  /** Each state once, in the order they were shown. */
  stop(): readonly string[] {
    this.#request?.destroy();
    return this.#shown;
  }

  #see(view: DomainView): void {
    if (view.name !== this.#domain) return;
    const shown = view.operation?.verb ?? view.observation.state;
    if (this.#shown.at(-1) !== shown) this.#shown.push(shown);
  }
}
