import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { demoKey } from '../../server/cli/demo/demo-keys.js';
import { DEMO_DOMAINS } from '../../server/cli/demo/demo-domains.js';
import { demoLayout, secondHost, type DemoHost, type DemoLayout } from '../../server/cli/demo/demo-layout.js';
import { registerDemoCustomers } from '../../server/cli/demo/demo-customers.js';
import { writeDemoSettings } from '../../server/cli/demo/demo-settings.js';
import { writeSshConfig } from '../../server/cli/demo/demo-ssh-config.js';
import { HalfProcess } from '../../server/cli/demo/half-process.js';
import {
  installSimulator,
  stopSimulator,
  type SimulatedDomain,
  type SimulatedHost,
} from '../../server/simulator/install.js';
import { Store } from '../../server/store/store.js';
import type { Role } from '../../policy/roles.js';
import { consoleStandIn } from './console-stand-in.js';
import { Dom0Client } from './dom0-client.js';
import { eventually } from './eventually.js';
import { ProcessFacts } from './process-facts.js';
import { runResident } from './resident-command.js';
import { SshStream, type SshStreamOptions } from './ssh-stream.js';
import { TerminalClient } from './terminal-client.js';

/** The result of a command. */
export interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface HouseOptions {
  /** Customers, with their role on each domain. Each customer has a key. */
  readonly customers?: Readonly<Record<string, Readonly<Record<string, Role>>>>;
  /** The policy file's text; the shipped default when absent. */
  readonly policy?: string;
  /** Text appended to the halves' settings. */
  readonly gateSettings?: string;
  readonly dom0Settings?: string;
  /** Boot profiles after `rescue`, as in dom0.yaml. */
  readonly profiles?: (xen: SimulatedHost) => string;
  readonly domains?: readonly SimulatedDomain[];
  /** As the simulator's. */
  readonly noisyKernels?: boolean;
  /** 2 adds a second Xen host with nothing on it. */
  readonly hosts?: 1 | 2;
  /** `xl` when absent. */
  readonly toolstack?: 'xl' | 'xm';
  /** Factor on a real Xen host's times. */
  readonly timeScale?: number;
  /** A shell line that replaces `xl console`: guest and terminal in one. `$2` is the domid. */
  readonly console?: string;
  /** What starts the halves; this build when absent. */
  readonly script?: string;
  /** Whether the halves collect garbage on request (collector.ts). */
  readonly collects?: boolean;
}

const TIME_SCALE = 0.02;
/**
 * Seconds between two looks of the dom0 halves. The demo's 0.25 cost the tests 5 % more CPU. With some seconds, a test
 * that assumes that they have seen what it did fails. See CONTRIBUTING.
 */
const LOOK_SECONDS = process.env['POSTERN_TEST_LOOK_SECONDS'] ?? '0.5';
/** How many workers the gates have, where a test does not say it. One when absent. See CONTRIBUTING. */
const WORKERS = process.env['POSTERN_TEST_WORKERS'];
const SCRIPT = fileURLToPath(new URL('../../server/postern.js', import.meta.url));
const COLLECTING = fileURLToPath(new URL('collecting-half.js', import.meta.url));

const DEFAULT_CUSTOMERS: Readonly<Record<string, Readonly<Record<string, Role>>>> = {
  alice: { horatio: 'owner', ophelia: 'owner' },
  bob: { yorick: 'owner' },
};

/**
 * A whole installation on a simulated Xen host: both halves as processes, real SQLite, real sockets, in its
 * own directory. `stop` leaves nothing behind.
 */
export class House {
  readonly layout: DemoLayout;
  readonly #parent: string;
  readonly #customers: readonly string[];
  readonly #domains: readonly string[];
  readonly #clients = new Set<TerminalClient | SshStream>();
  #script: string;
  readonly #timeScale: number;
  readonly second: { readonly host: DemoHost; readonly xen: SimulatedHost } | null;
  #gate: HalfProcess | undefined;
  #secondDom0: HalfProcess | undefined;
  #dom0: HalfProcess | undefined;
  #port = 0;
  readonly xl: string;
  /**
   * The beginning of the halves' and admins' command lines: a program that runs them elsewhere
   * (small-disks.ts).
   */
  through: readonly string[] = [];

  /** Use `layOut`. */
  constructor(parent: string, options: HouseOptions, xen: SimulatedHost, second: SimulatedHost | null) {
    this.#parent = parent;
    this.layout = demoLayout(join(parent, 'h'));
    const customers = options.customers ?? DEFAULT_CUSTOMERS;
    this.#customers = Object.keys(customers);
    this.#domains = (options.domains ?? DEMO_DOMAINS).map(({ name }) => name);
    this.#timeScale = options.timeScale ?? TIME_SCALE;
    this.#script = options.script ?? (options.collects === true ? COLLECTING : SCRIPT);
    this.xl = options.console === undefined ? xen.xl : consoleStandIn(parent, xen.xl, options.console);
    this.second = second === null ? null : { host: secondHost(this.layout), xen: second };
    writeDemoSettings(this.layout, 0, { ...xen, xl: this.xl }, this.second);
    if (options.toolstack === 'xm') {
      const text = readFileSync(this.layout.dom0Settings, 'utf8');
      const spoken = text
        .replace('kind: xl', 'kind: xm')
        .replace(JSON.stringify(xen.xl), JSON.stringify(xen.xm));
      writeFileSync(this.layout.dom0Settings, spoken);
    }
    if (options.profiles !== undefined) {
      const text = readFileSync(this.layout.dom0Settings, 'utf8');
      const more = options.profiles(xen);
      writeFileSync(
        this.layout.dom0Settings,
        text.replace(/^profiles:\n(?: .*\n)*/m, (before) => before + more),
      );
    }
    for (const settings of [
      this.layout.dom0Settings,
      ...(this.second === null ? [] : [this.second.host.settings]),
    ])
      lookEvery(settings, LOOK_SECONDS);
    if (options.policy !== undefined) this.writePolicy(options.policy);
    append(this.layout.gateSettings, options.gateSettings);
    if (WORKERS !== undefined && options.gateSettings?.includes('workers:') !== true)
      append(this.layout.gateSettings, `workers: ${WORKERS}\n`);
    append(this.layout.dom0Settings, options.dom0Settings);
    if (this.second !== null) append(this.second.host.settings, options.dom0Settings);
    const store = Store.open(join(this.layout.gateState, 'postern.db'));
    registerDemoCustomers(
      store,
      Object.entries(customers).map(([name, roles]) => ({
        name,
        roles,
        publicKey: demoKey(this.layout.clientKeys, name),
      })),
    );
    store.close();
  }

  /** Prepares the house and starts its halves. */
  static async start(options: HouseOptions = {}): Promise<House> {
    const house = await House.layOut(options);
    await house.startDom0();
    if (house.second !== null) await house.startSecondDom0();
    await house.startGate();
    return house;
  }

  /** Prepares the house and starts nothing. */
  static async layOut(options: HouseOptions = {}): Promise<House> {
    const parent = mkdtempSync(join(tmpdir(), 'postern-'));
    const directory = demoLayout(join(parent, 'h')).xen;
    const timeScale = options.timeScale ?? TIME_SCALE;
    const { domains = DEMO_DOMAINS, noisyKernels = false } = options;
    const xen = await installSimulator({ directory, timeScale, domains, noisyKernels });
    const elsewhere = secondHost(demoLayout(join(parent, 'h'))).xen;
    const second = options.hosts === 2 ? await installSimulator({ directory: elsewhere, timeScale }) : null;
    return new House(parent, options, xen, second);
  }

  get port(): number {
    return this.#port;
  }

  get gatePid(): number {
    return this.#gate?.pid ?? assert.fail('the gate does not run');
  }

  get dom0Pid(): number {
    return this.#dom0?.pid ?? assert.fail('the dom0 half does not run');
  }

  /** Halves that start from here on are of this build, or of another one whose postern.js is given. */
  upgrade(script = SCRIPT): void {
    this.#script = script;
  }

  async startDom0(): Promise<void> {
    this.#dom0 = new HalfProcess(
      'dom0',
      this.#script,
      ['dom0', '--settings', this.layout.dom0Settings],
      this.log('dom0'),
      this.through,
    );
    await this.#dom0.ready();
    await this.#isRead();
  }

  /**
   * Waits until the half has read the files. On a busy machine it serves before, and refuses what it would do a
   * moment later. A test whose half cannot read one of them gets it a little later.
   */
  async #isRead(): Promise<void> {
    const client = new Dom0Client(this.layout.dom0Socket);
    const names = this.#domains.filter((name) =>
      existsSync(join(this.layout.xen, 'etc', 'xen', `${name}.cfg`)),
    );
    const isKnown = async (name: string): Promise<boolean> =>
      (await client.ask('GET', `/domains/${name}`)).status === 200;
    await eventually(
      'the files to be read',
      async () => (await Promise.all(names.map(isKnown))).every(Boolean),
      { withinMs: 10_000 },
    ).catch(() => undefined);
  }

  async startSecondDom0(): Promise<void> {
    const { settings } = this.second?.host ?? assert.fail('there is one host');
    const log = join(this.layout.logs, 'dom0-xen2.log');
    this.#secondDom0 = new HalfProcess('dom0-xen2', this.#script, ['dom0', '--settings', settings], log);
    await this.#secondDom0.ready();
  }

  /** Ends the second host's half and waits until it has gone. */
  async endSecondDom0(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    this.#secondDom0?.kill(signal);
    await this.#secondDom0?.exited;
  }

  async startGate(): Promise<void> {
    this.#gate = new HalfProcess(
      'gate',
      this.#script,
      ['gate', '--settings', this.layout.gateSettings],
      this.log('gate'),
      this.through,
    );
    const address = await this.#gate.ready();
    this.#port = Number(/:(\d+)/.exec(address)?.[1]);
    writeSshConfig(
      this.layout,
      this.#customers,
      this.#port,
      readFileSync(`${this.layout.hostKey}.pub`, 'utf8'),
    );
  }

  /** Ends the gate and waits until it has gone, with its workers if it has any. */
  async endGate(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    const pid = this.#gate?.pid;
    const workers = pid === undefined ? [] : childrenOf(pid);
    this.#gate?.kill(signal);
    await this.#gate?.exited;
    if (workers.length > 0)
      await eventually('the workers to have gone', () => !workers.some((worker) => isRunning(worker)));
  }

  /** Ends the dom0 half and waits until it has gone. */
  async endDom0(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    this.#dom0?.kill(signal);
    await this.#dom0?.exited;
  }

  signalGate(signal: NodeJS.Signals): void {
    this.#gate?.kill(signal);
  }

  /** `postern dom0 --check`, which `systemctl reload` runs first. */
  async dom0Check(): Promise<Ended> {
    const args = [this.#script, 'dom0', '--check', '--settings', this.layout.dom0Settings];
    return run(process.execPath, args, '');
  }

  signalDom0(signal: NodeJS.Signals): void {
    this.#dom0?.kill(signal);
  }

  log(half: 'gate' | 'dom0'): string {
    return join(this.layout.logs, `${half}.log`);
  }

  writePolicy(text: string): void {
    writeFileSync(join(this.layout.policy, '10-default.yaml'), text);
  }

  /** The arguments of ssh, up to and including the host's name. */
  sshArgs(customer: string, options: readonly string[] = []): string[] {
    return ['-F', this.layout.sshConfig, ...options, customer];
  }

  /** Runs a command over ssh without a terminal, as a script does. */
  async ssh(
    customer: string,
    command: string,
    { input = '', options = [] as readonly string[] } = {},
  ): Promise<Ended> {
    return run(
      'ssh',
      [...this.sshArgs(customer, ['-T', ...options]), ...(command === '' ? [] : ['--', command])],
      input,
    );
  }

  /** Opens a customer's terminal. */
  terminal(
    customer: string,
    command = '',
    options: {
      columns?: number;
      rows?: number;
      term?: string;
      /** Whether it answers a program's queries, as terminals do. */
      answers?: boolean;
      ssh?: readonly string[];
    } = {},
  ): TerminalClient {
    const args = [
      ...this.sshArgs(customer, ['-tt', ...(options.ssh ?? [])]),
      ...(command === '' ? [] : ['--', command]),
    ];
    const client = new TerminalClient('ssh', args, options);
    this.#clients.add(client);
    return client;
  }

  /** As `terminal`, without an emulator: bytes in, bytes out. */
  stream(customer: string, command: string, options: SshStreamOptions = {}): SshStream {
    const stream = new SshStream((more) => [...this.sshArgs(customer, more), '--', command], options);
    this.#clients.add(stream);
    return stream;
  }

  /** The path of a file on a domain's disk, as the host sees it. */
  diskFile(domain: string, path: string): string {
    return join(this.layout.xen, 'srv', 'xen', `${domain}.img`, path);
  }

  /** Runs an admin's command against this house. */
  async postern(...args: string[]): Promise<Ended> {
    const settled = [...args, '--settings', this.layout.gateSettings];
    const [program, ...rest] = this.through;
    if (program !== undefined) return run(program, [...rest, process.execPath, SCRIPT, ...settled], '');
    return runResident({ args: settled, env: process.env, cwd: process.cwd() });
  }

  /** Opens `postern top` for an admin. */
  top(columns = 100): TerminalClient {
    const args = [SCRIPT, 'top', '--settings', this.layout.gateSettings];
    const client = new TerminalClient(process.execPath, args, { columns, env: { SUDO_USER: 'ada' } });
    this.#clients.add(client);
    return client;
  }

  /** Opens an admin's console on the Xen host. */
  adminConsole(domain: string, ...options: readonly string[]): TerminalClient {
    const client = new TerminalClient(process.execPath, [
      SCRIPT,
      'console',
      domain,
      '--settings',
      this.layout.dom0Settings,
      ...options,
    ]);
    this.#clients.add(client);
    return client;
  }

  /** Runs `postern console --release` for an admin. */
  async adminRelease(domain: string, time: string): Promise<Ended> {
    const settings = ['--settings', this.layout.dom0Settings];
    return run(process.execPath, [SCRIPT, 'console', domain, '--release', time, ...settings], '');
  }

  /** Opens an operator's own `xl console` on the Xen host. */
  xlConsole(domain: string): TerminalClient {
    const client = new TerminalClient(this.xl, ['console', domain]);
    this.#clients.add(client);
    return client;
  }

  /** Runs an operator's command on the Xen host. */
  xlByHand(...args: string[]): Ended {
    const { status, stdout, stderr } = spawnSync(this.xl, args, { encoding: 'utf8' });
    return { status, stdout, stderr };
  }

  /**
   * Cuts the simulated host's power, and switches it on again: no domain runs then. The dom0 half is another
   * process.
   */
  async rebootXen(): Promise<void> {
    await stopSimulator(this.layout.xen);
    await installSimulator({ directory: this.layout.xen, timeScale: this.#timeScale });
  }

  /** Ends all terminals. */
  hangUp(): void {
    for (const client of this.#clients) client.kill();
    this.#clients.clear();
  }

  async stop(): Promise<void> {
    this.hangUp();
    await this.endGate('SIGKILL');
    await this.endDom0('SIGKILL');
    await this.endSecondDom0('SIGKILL');
    await stopSimulator(this.layout.xen);
    if (this.second !== null) await stopSimulator(this.second.host.xen);
    rmSync(this.#parent, { recursive: true, force: true, maxRetries: 20, retryDelay: 20 });
  }
}

/** @param seconds as in dom0.yaml; undefined: as it stands */
function lookEvery(settings: string, seconds: string): void {
  const text = readFileSync(settings, 'utf8');
  writeFileSync(settings, text.replace(/intervalSeconds: .*/, `intervalSeconds: ${seconds}`));
}

function childrenOf(pid: number): readonly number[] {
  try {
    return new ProcessFacts(pid).children;
  } catch {
    return [];
  }
}

function isRunning(pid: number): boolean {
  try {
    return !new ProcessFacts(pid).isZombie;
  } catch {
    return false;
  }
}

function append(file: string, text: string | undefined): void {
  if (text !== undefined) writeFileSync(file, text, { flag: 'a' });
}

/** Runs a program to its end, with the whole input at once. */
export async function run(file: string, args: readonly string[], input: string): Promise<Ended> {
  const child = spawn(file, [...args], { stdio: 'pipe' });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (data: string) => (stdout += data));
  child.stderr.setEncoding('utf8').on('data', (data: string) => (stderr += data));
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  const status = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  return { status, stdout, stderr };
}
