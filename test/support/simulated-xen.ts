import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Host } from '../../server/simulator/host.js';
import type { SimulatedHost, SimulatorOptions } from '../../server/simulator/install.js';
import { installSimulator, stopSimulator } from '../../server/simulator/install.js';
import { listTable } from '../../server/simulator/listing.js';
import type { ProcessIdentity } from '../../server/simulator/process-identity.js';
import { PATIENCE_MS, eventually } from './eventually.js';
import { TerminalClient } from './terminal-client.js';

/** The output and end of a command; `status` is null when a signal ended it. */
export interface CommandOutcome {
  readonly stdout: string;
  readonly stderr: string;
  readonly status: number | null;
}

/** One row of `xl list`. */
export interface ListRow {
  readonly name: string;
  readonly domid: number;
  readonly memory: number;
  readonly vcpus: number;
  readonly state: string;
}

/**
 * A simulated Xen host in its own directory. {@link SimulatedXen.remove} ends its guests and deletes
 * everything.
 */
export class SimulatedXen {
  readonly host: SimulatedHost;
  readonly #terminals: TerminalClient[] = [];

  constructor(host: SimulatedHost) {
    this.host = host;
  }

  static async install(options: Omit<SimulatorOptions, 'directory'>): Promise<SimulatedXen> {
    const directory = await mkdtemp(join(tmpdir(), 'postern-xen-'));
    return new SimulatedXen(await installSimulator({ directory, ...options }));
  }

  config(domain: string): string {
    return join(this.host.directory, 'etc', 'xen', `${domain}.cfg`);
  }

  /** The path of a file on a domain's disk, as the host sees it. */
  diskFile(domain: string, path: string): string {
    return join(this.host.directory, 'srv', 'xen', `${domain}.img`, path);
  }

  /** Makes `domid` the domid of the next created domain. */
  async countFrom(domid: number): Promise<void> {
    await writeFile(join(this.host.directory, 'state', 'last-domid'), String(domid - 1));
  }

  xl(...args: readonly string[]): Promise<CommandOutcome> {
    return run(this.host.xl, args);
  }

  xm(...args: readonly string[]): Promise<CommandOutcome> {
    return run(this.host.xm, args);
  }

  /** Runs a shell line with this host's `xl` first in the PATH. */
  shell(line: string): Promise<CommandOutcome> {
    return run('bash', ['--norc', '-c', line], {
      PATH: `${join(this.host.directory, 'bin')}:${process.env['PATH'] ?? ''}`,
    });
  }

  /** Creates a domain and waits until its guest is up. */
  async start(domain: string, ...overrides: readonly string[]): Promise<void> {
    const { status, stderr } = await this.xl('create', '-q', this.config(domain), ...overrides);
    if (status !== 0) throw new Error(`xl create ${domain}: ${stderr}`);
    await this.idle(domain);
  }

  /** Opens `xl console` or `xm console` on a terminal. */
  console(domain: string, tool: 'xl' | 'xm' = 'xl'): TerminalClient {
    const terminal = new TerminalClient(this.host[tool], ['console', domain]);
    this.#terminals.push(terminal);
    return terminal;
  }

  /** Reads a console up to `text` and leaves it, so that the next reader finds nothing of it. */
  async drain(domain: string, text: string): Promise<void> {
    const terminal = this.console(domain);
    await terminal.receives(text);
    terminal.type('\x1d');
    await terminal.ends();
  }

  /** The rows of `xl list`, without a process. */
  rows(): ListRow[] {
    return parseList(listTable(new Host(this.host.directory)));
  }

  row(domain: string): ListRow | undefined {
    return this.rows().find(({ name }) => name === domain);
  }

  /** The process of a running domain. */
  keeperOf(domain: string): ProcessIdentity {
    const record = new Host(this.host.directory).domains().find(({ name }) => name === domain);
    if (record === undefined) throw new Error(`${domain} does not run`);
    return record.keeper;
  }

  /** Waits until the guest is idle at a prompt. On a slow simulated host a boot takes its time. */
  async idle(domain: string): Promise<ListRow> {
    const boot = new Host(this.host.directory).scaled(10_000);
    return eventually(
      `${domain} to be idle`,
      () => {
        const row = this.row(domain);
        return row?.state === '-b----' ? row : undefined;
      },
      { withinMs: PATIENCE_MS + boot },
    );
  }

  async gone(domain: string): Promise<void> {
    await eventually(`${domain} to be gone`, () => this.row(domain) === undefined);
  }

  async remove(): Promise<void> {
    for (const terminal of this.#terminals) terminal.kill();
    await stopSimulator(this.host.directory);
    await rm(this.host.directory, { recursive: true, force: true });
  }
}

export function parseList(table: string): ListRow[] {
  return table
    .trimEnd()
    .split('\n')
    .slice(1)
    .map((line) => {
      const [name = '', domid, memory, vcpus, state = ''] = line.split(/\s+/);
      return { name, domid: Number(domid), memory: Number(memory), vcpus: Number(vcpus), state };
    });
}

function run(
  file: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<CommandOutcome> {
  return new Promise((resolve) => {
    const child = execFile(file, [...args], { cwd: '/', env: { ...env } }, (error, stdout, stderr) => {
      resolve({ stdout, stderr, status: error ? child.exitCode : 0 });
    });
    child.stdin?.end();
  });
}
