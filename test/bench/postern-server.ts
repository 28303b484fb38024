import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defaultPolicy } from '../../server/cli/demo/demo-settings.js';
import { registerDemoCustomers } from '../../server/cli/demo/demo-customers.js';
import { HalfProcess } from '../../server/cli/demo/half-process.js';
import { Store } from '../../server/store/store.js';
import type { DomainView } from '../../server/wire/domain.js';
import { Dom0Client } from '../support/dom0-client.js';
import { eventually } from '../support/eventually.js';
import { CONSOLE, DOMAINS, ECHO } from './bench-domains.js';
import { layOutQuietHost } from './quiet-host.js';
import type { ServerUnderLoad, Target } from './server-under-load.js';

const SCRIPT = fileURLToPath(new URL('../../server/postern.js', import.meta.url));
const START_MS = 120_000;
/** Each has two domains. */
const FEWEST_CUSTOMERS = 200;
/** The default policy gives a customer so many sessions at once. */
const SESSIONS_OF_A_CUSTOMER = 8;

/** Both halves of Postern as processes, over an `xl` that runs nothing. */
export class PosternServer implements ServerUnderLoad {
  readonly name = 'postern';
  readonly target: Target;
  readonly #directory: string;
  readonly #gate: HalfProcess;
  readonly #dom0: HalfProcess;

  /** Use `start`. */
  constructor(directory: string, target: Target, gate: HalfProcess, dom0: HalfProcess) {
    this.#directory = directory;
    this.target = target;
    this.#gate = gate;
    this.#dom0 = dom0;
  }

  get roots(): readonly number[] {
    return [this.#gate.pid ?? 0, this.#dom0.pid ?? 0];
  }

  /** @param options the compiled postern.js of another tree, to compare; how many workers; so many may be open at once */
  static async start(
    key: { readonly private: string; readonly public: string },
    { script = SCRIPT, workers = 1, sessions = 0 } = {},
  ): Promise<PosternServer> {
    const directory = mkdtempSync(join(tmpdir(), 'postern-bench-'));
    const file = (path: string): string => join(directory, path);
    const host = layOutQuietHost({ names: DOMAINS, directory, console: CONSOLE });
    for (const name of ['gate', 'run']) mkdirSync(file(name), { mode: 0o700 });
    writeFileSync(
      file('gate.yaml'),
      `site: bench
listen: ["127.0.0.1:0"]
hostKey: ${file('gate/ssh_host_ed25519_key')}
state: ${file('gate')}
controlSocket: ${file('run/control.sock')}
policy: ${file('policy.d')}
hosts: [{name: bench, socket: ${host.dom0Socket}}]
login: {graceSeconds: 600, connections: 30000, connectionsPerSource: 10000, connectionsPerCustomer: 10000}
${workers === 1 ? '' : `workers: ${workers}\n`}`,
      { mode: 0o600 },
    );
    mkdirSync(file('policy.d'), { mode: 0o700 });
    // One customer opens hundreds of sessions.
    const policy = readFileSync(defaultPolicy(), 'utf8').replace('- count: 8', '- count: 10000');
    writeFileSync(file('policy.d/10-default.yaml'), policy);
    const logins = register(file('gate/postern.db'), key.public, sessions);
    const half = (name: 'gate' | 'dom0', settings: string): HalfProcess =>
      new HalfProcess(name, script, [name, '--settings', settings], file(`${name}.log`));
    const dom0 = half('dom0', host.dom0Settings);
    await dom0.ready();
    const gate = half('gate', file('gate.yaml'));
    const address = await gate.ready();
    await attached(host.dom0Socket);
    const target: Target = {
      port: Number(/:(\d+)/.exec(address)?.[1]),
      privateKey: key.private,
      logins,
      console: { by: 'exec', domain: Object.fromEntries(DOMAINS.map((name) => [name, `${name} console`])) },
    };
    return new PosternServer(directory, target, gate, dom0);
  }

  async stop(): Promise<void> {
    for (const half of [this.#gate, this.#dom0]) {
      half.kill('SIGTERM');
      await half.exited;
    }
    rmSync(this.#directory, { recursive: true, force: true });
  }
}

/** @returns the logins: the first owns all domains that have a part, the second the one that echoes, the others two silent ones */
function register(database: string, publicKey: string, sessions: number): readonly string[] {
  const store = Store.open(database);
  const [playing, silent] = [DOMAINS.slice(0, 6), DOMAINS.slice(6)];
  const many = Math.max(FEWEST_CUSTOMERS, Math.ceil(sessions / SESSIONS_OF_A_CUSTOMER) + 2);
  const customers = Array.from({ length: many }, (_, at) => {
    const two = [silent[(at * 2) % silent.length], silent[(at * 2 + 1) % silent.length]];
    const own = at === 0 ? playing : at === 1 ? [ECHO] : two;
    const roles = Object.fromEntries(own.map((name) => [name ?? '', 'owner' as const]));
    return { name: `customer${at}`, publicKey, roles };
  });
  registerDemoCustomers(store, customers);
  store.close();
  return customers.map(({ name }) => name);
}

async function attached(socket: string): Promise<void> {
  const client = new Dom0Client(socket);
  await eventually(
    'all consoles to be attached',
    async () => {
      const { domains } = (await client.ask('GET', '/domains')).body as { domains: readonly DomainView[] };
      return domains.filter((view) => view.console === 'attached').length === DOMAINS.length;
    },
    { withinMs: START_MS, everyMs: 200 },
  );
}
