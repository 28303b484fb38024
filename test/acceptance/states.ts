import { request, type ClientRequest } from 'node:http';
import { createInterface } from 'node:readline';
import type { Change, DomainView } from '../../server/wire/domain.js';
import { eventually } from '../support/eventually.js';
import { PATIENCE } from './patience.js';
import type { World } from './world.js';

/** The fields of `status --json` that the tests use. */
export interface Status {
  readonly state: string;
  readonly profile: string;
  readonly since: string;
  readonly reachable: boolean;
  readonly operation: unknown;
}

/** The status of a server, as its customer reads it. */
export async function statusOf(world: World, customer: string, domain: string): Promise<Status> {
  const { stdout, stderr } = await world.ssh(customer, `${domain} status --json`);
  try {
    return JSON.parse(stdout) as Status;
  } catch {
    throw new Error(`no status of ${domain}: ${stdout}${stderr}`);
  }
}

/** Waits until alice's server is shown in one of these states, its host answers, and no operation runs. */
export async function settlesAs(world: World, domain: string, states: readonly string[]): Promise<Status> {
  return eventually(
    `${domain} to be ${states.join(' or ')}`,
    async () => {
      const status = await statusOf(world, 'alice', domain);
      return status.reachable && status.operation === null && states.includes(status.state)
        ? status
        : undefined;
    },
    // Each look is a login, and logins are rate-limited.
    { withinMs: PATIENCE.boot, everyMs: 200, slowestMs: 2_000 },
  );
}

/** Waits until a domain has a new domid, and until the dom0 half, when it runs, has seen that. */
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
    if (looks.follows) await hasLookedAgain(world, domain);
  } finally {
    looks.stop();
  }
}

/**
 * Waits for a look of the dom0 half that began after this call. Until then it may show what was before, as
 * long as `xl list` takes. The look that ends next may have begun before the call, so the one after it counts.
 */
export async function hasLookedAgain(world: World, domain: string): Promise<void> {
  let last = await seenAt(world, domain);
  for (const look of ['the look under way', 'a look that began now']) {
    await eventually(
      `${look} at ${domain} to end`,
      async () => {
        const now = await seenAt(world, domain);
        if (now === last) return false;
        last = now;
        return true;
      },
      { withinMs: PATIENCE.soon, everyMs: 100, slowestMs: 500 },
    );
  }
}

/** When the dom0 half last asked the toolstack, as it tells for this domain. */
async function seenAt(world: World, domain: string): Promise<string> {
  const view = await new Promise<string>((resolve, reject) => {
    const asked = request(
      { socketPath: world.dom0Socket, path: `/domains/${domain}`, agent: false },
      (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (piece: string) => (text += piece));
        response.on('end', () => {
          resolve(text);
        });
        response.on('error', reject);
      },
    );
    asked.on('error', reject);
    asked.end();
  });
  return (JSON.parse(view) as DomainView).observation.seenAt;
}

/** Waits until the domain's operation is in this step, or has already passed it. */
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
 * Tells when to look at a domain again, by the news of the dom0 half. A look of our own, such as `xl domid`,
 * takes much of an emulated host's time.
 */
class DomainLooks {
  readonly #domain: string;
  #request: ClientRequest | undefined;
  #view: DomainView | undefined;
  #news = false;
  #wake: (() => void) | undefined;

  /** Use `start`. */
  constructor(domain: string) {
    this.#domain = domain;
  }

  /** Follows the dom0 half's changes. When the half does not run, `next` only waits. */
  static async start(world: World, domain: string): Promise<DomainLooks> {
    const looks = new DomainLooks(domain);
    looks.#request = await follow(world, (change) => {
      looks.#hear(change);
    }).catch(() => undefined);
    return looks;
  }

  /** Whether a dom0 half answered when this began. */
  get follows(): boolean {
    return this.#request !== undefined;
  }

  /** The latest view from the dom0 half. */
  get view(): DomainView | undefined {
    return this.#view;
  }

  /** Waits until the incarnation, state or step differs from the last call's, for at most two seconds. */
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
 * Follows the dom0 half's changes, starting with the present state.
 *
 * @returns the request, once the present state was received; `destroy` ends it
 * @throws Error when no dom0 half answers
 */
async function follow(world: World, hear: (change: Change) => void): Promise<ClientRequest> {
  const asked = request({ socketPath: world.dom0Socket, path: '/changes', agent: false });
  await new Promise<void>((resolve, reject) => {
    asked.once('error', reject);
    asked.once('response', (response) => {
      response.on('error', () => undefined);
      const lines = createInterface({ input: response });
      // Following ends by cutting the feed off.
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

/**
 * Records the states shown for a domain. As in the menu, a running operation is shown instead of the state.
 */
export class StateWatch {
  readonly #shown: string[] = [];
  readonly #domain: string;
  #request: ClientRequest | undefined;

  /** Use `start`. */
  constructor(domain: string) {
    this.#domain = domain;
  }

  /** Starts with the present state. */
  static async start(world: World, domain: string): Promise<StateWatch> {
    const watch = new StateWatch(domain);
    watch.#request = await follow(world, (change) => {
      if (change.change === 'domain') watch.#see(change.domain);
    });
    return watch;
  }

  /** The state shown now. */
  get now(): string | undefined {
    return this.#shown.at(-1);
  }

  /** Stops. @returns each shown state, in order */
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
