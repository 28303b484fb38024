import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isRefusal } from '../../../policy/refusal.js';
import { defaultPolicy } from '../../../server/cli/demo/demo-settings.js';
import { HalfProcess } from '../../../server/cli/demo/half-process.js';
import { parsePublicKey } from '../../../server/gate/keys/public-key.js';
import { Store } from '../../../server/store/store.js';
import type { ImportedCustomer } from '../../../server/store/imports.js';
import { Dom0Client } from '../../support/dom0-client.js';
import { Dom0StandIn } from '../../support/dom0-stand-in.js';
import { eventually } from '../../support/eventually.js';
import { ADMIN, customerName, domainName } from '../../support/temporary-store.js';
import { run, type Ended } from '../../support/house.js';
import { layOutQuietHost } from '../quiet-host.js';
import type { Target } from '../server-under-load.js';
import { makeAudit } from './made-audit.js';

/** How large a server is. */
export interface Size {
  readonly domains: number;
  /** Keys of all customers together. Each customer has at most five. */
  readonly keys: number;
  readonly auditRows: number;
  /** The first is a real dom0 half; the others are stand-ins with 20 domains each. */
  readonly hosts: number;
}

const SCRIPT = fileURLToPath(new URL('../../../server/postern.js', import.meta.url));
const FEWEST_CUSTOMERS = 2;
const MOST_CUSTOMERS_OF_ONE_KEY = 200;
const KEYS_EACH = 5;
const DOMAINS_ELSEWHERE = 20;
const ROLES_EACH = 2;
const IMPORTED_AT_ONCE = 500;
const PATIENCE = { withinMs: 600_000, everyMs: 200 };

/** Both halves over a host that does nothing, of a given size. */
export class GrownServer {
  readonly target: Target;
  readonly #directory: string;
  readonly #gate: HalfProcess;
  readonly #dom0: HalfProcess;
  readonly #others: readonly Dom0StandIn[];

  /** Use `start`. */
  constructor(
    directory: string,
    target: Target,
    halves: { readonly gate: HalfProcess; readonly dom0: HalfProcess },
    others: readonly Dom0StandIn[],
  ) {
    this.#directory = directory;
    this.target = target;
    this.#gate = halves.gate;
    this.#dom0 = halves.dom0;
    this.#others = others;
  }

  get gatePid(): number {
    return this.#gate.pid ?? 0;
  }

  get dom0Pid(): number {
    return this.#dom0.pid ?? 0;
  }

  /** The first customer owns every domain; the others two each. */
  get logins(): readonly string[] {
    return this.target.logins;
  }

  file(name: string): string {
    return join(this.#directory, name);
  }

  static async start(
    size: Size,
    key: { readonly private: string; readonly public: string },
  ): Promise<GrownServer> {
    const directory = mkdtempSync(join(tmpdir(), 'postern-growth-'));
    const file = (path: string): string => join(directory, path);
    const names = Array.from({ length: size.domains }, (_, at) => `d${at + 1}`);
    const host = layOutQuietHost({ names, directory });
    appendFileSync(host.dom0Settings, 'console: {attach: on-demand}\n');
    const others = await standIns(directory, size.hosts - 1);
    for (const name of ['gate', 'run']) mkdirSync(file(name), { mode: 0o700 });
    const elsewhere = others.map(({ socket }, at) => `, {name: other${at + 1}, socket: ${socket}}`).join('');
    writeFileSync(
      file('gate.yaml'),
      `site: growth
listen: ["127.0.0.1:0"]
hostKey: ${file('gate/ssh_host_ed25519_key')}
state: ${file('gate')}
controlSocket: ${file('run/control.sock')}
policy: ${file('policy.d')}
hosts: [{name: bench, socket: ${host.dom0Socket}}${elsewhere}]
login: {connections: 30000, connectionsPerSource: 10000, connectionsPerCustomer: 10000}
`,
      { mode: 0o600 },
    );
    mkdirSync(file('policy.d'), { mode: 0o700 });
    const policy = readFileSync(defaultPolicy(), 'utf8').replace(/^sessions:\n.*\n/m, '');
    writeFileSync(file('policy.d/10-default.yaml'), policy);
    const logins = register(file('gate/postern.db'), size, names, key.public);
    makeAudit(file('gate/postern.db'), {
      rows: size.auditRows,
      customers: logins.map(customerName),
      domains: names.map(domainName),
      end: new Date(),
    });
    const dom0 = new HalfProcess('dom0', SCRIPT, ['dom0', '--settings', host.dom0Settings], file('dom0.log'));
    await dom0.ready();
    const client = new Dom0Client(host.dom0Socket);
    await eventually(
      'the host to know all domains',
      async () =>
        ((await client.ask('GET', '/domains')).body as { domains: unknown[] }).domains.length ===
        size.domains,
      PATIENCE,
    );
    const gate = new HalfProcess('gate', SCRIPT, ['gate', '--settings', file('gate.yaml')], file('gate.log'));
    const address = await gate.ready();
    const target: Target = {
      port: Number(/:(\d+)/.exec(address)?.[1]),
      privateKey: key.private,
      logins,
      console: { by: 'exec', domain: { list: 'list', activity: 'activity' } },
    };
    return new GrownServer(directory, target, { gate, dom0 }, others);
  }

  /** An admin's command, to its end. @throws Error when it fails */
  async postern(...args: readonly string[]): Promise<Ended> {
    const ended = await run(process.execPath, [SCRIPT, ...args, '--settings', this.file('gate.yaml')], '');
    if (ended.status !== 0 && args[0] !== 'doctor')
      throw new Error(`postern ${args.join(' ')}: ${ended.stdout}${ended.stderr}`);
    return ended;
  }

  async stop(): Promise<void> {
    for (const half of [this.#gate, this.#dom0]) {
      half.kill('SIGTERM');
      await half.exited;
    }
    for (const other of this.#others) await other.stop();
    rmSync(this.#directory, { recursive: true, force: true });
  }
}

async function standIns(directory: string, count: number): Promise<readonly Dom0StandIn[]> {
  const others = Array.from(
    { length: count },
    (_, at) => new Dom0StandIn(join(directory, `other${at}.sock`)),
  );
  for (const [at, other] of others.entries()) {
    for (let each = 0; each < DOMAINS_ELSEWHERE; each += 1)
      other.set(domainName(`e${at}-${each}`), 'running');
    await other.start();
  }
  return others;
}

/** @returns the logins */
function register(
  file: string,
  size: Size,
  domains: readonly string[],
  publicKey: string,
): readonly string[] {
  const store = Store.open(file);
  const real = parsePublicKey(publicKey);
  if (isRefusal(real)) throw new Error(real.message);
  const few = Math.min(size.keys, MOST_CUSTOMERS_OF_ONE_KEY);
  const count = Math.max(FEWEST_CUSTOMERS, few, Math.ceil(size.keys / KEYS_EACH));
  const more = Math.max(0, Math.ceil(size.keys / count) - 1);
  const everywhere = Array.from({ length: size.hosts - 1 }, (_, at) =>
    Array.from({ length: DOMAINS_ELSEWHERE }, (_host, each) => `e${at}-${each}`),
  ).flat();
  const customers = Array.from({ length: count }, (_, at): ImportedCustomer => {
    const own =
      at === 0
        ? [...domains, ...everywhere]
        : Array.from(
            { length: ROLES_EACH },
            (_role, each) => domains[(at * ROLES_EACH + each) % domains.length] ?? '',
          );
    return {
      customer: customerName(`customer${at}`),
      keys: [real, ...Array.from({ length: more }, otherKey)].map(({ type, blob, fingerprint, comment }) => ({
        type,
        blob,
        fingerprint,
        comment,
      })),
      roles: [...new Set(own)].map((domain) => ({ domain: domainName(domain), role: 'owner' as const })),
      same: false,
    };
  });
  for (let at = 0; at < customers.length; at += IMPORTED_AT_ONCE) {
    const part = customers.slice(at, at + IMPORTED_AT_ONCE);
    const { refused } = store.imports.run(part, ADMIN, { apply: true, maxKeys: () => KEYS_EACH });
    if (refused[0] !== undefined) throw new Error(refused[0].sentence);
  }
  store.close();
  return customers.map(({ customer }) => customer);
}

/** A key that nobody has the private part of. */
function otherKey(): Exclude<ReturnType<typeof parsePublicKey>, { readonly refused: true }> {
  const type = Buffer.from('ssh-ed25519');
  const length = (bytes: Buffer): Buffer => {
    const head = Buffer.alloc(4);
    head.writeUInt32BE(bytes.length);
    return Buffer.concat([head, bytes]);
  };
  const parsed = parsePublicKey(
    `ssh-ed25519 ${Buffer.concat([length(type), length(randomBytes(32))]).toString('base64')}`,
  );
  if (isRefusal(parsed)) throw new Error(parsed.message);
  return parsed;
}
