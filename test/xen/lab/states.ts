import { request, type ClientRequest } from 'node:http';
import { createInterface } from 'node:readline';
import type { Change, DomainView } from '../../../server/wire/domain.js';
import type { XenLab } from './xen-lab.js';

/** What `status --json` says of a server, of which the tests use this much. */
export interface Status {
  readonly state: string;
  readonly profile: string;
  readonly reachable: boolean;
}

export async function statusOf(lab: XenLab, customer: string, domain: string): Promise<Status> {
  const { stdout, stderr } = await lab.ssh(customer, `${domain} status --json`);
  try {
    return JSON.parse(stdout) as Status;
  } catch {
    throw new Error(`no status of ${domain}: ${stdout}${stderr}`);
  }
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
  static async start(lab: XenLab, domain: string): Promise<StateWatch> {
    const asked = request({ socketPath: lab.gate.layout.dom0Socket, path: '/changes', agent: false });
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
