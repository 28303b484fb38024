import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Role } from '../../../policy/roles.js';
import { registerDemoCustomers } from '../../../server/cli/demo/demo-customers.js';
import { demoKey } from '../../../server/cli/demo/demo-keys.js';
import { demoLayout, type DemoLayout } from '../../../server/cli/demo/demo-layout.js';
import { clearLeftovers, writePids } from '../../../server/cli/demo/demo-pids.js';
import { defaultPolicy } from '../../../server/cli/demo/demo-settings.js';
import { writeSshConfig } from '../../../server/cli/demo/demo-ssh-config.js';
import { HalfProcess } from '../../../server/cli/demo/half-process.js';
import { Store } from '../../../server/store/store.js';
import { eventually } from '../../support/eventually.js';
import { run, type Ended } from '../../support/house.js';
import { TerminalClient } from '../../support/terminal-client.js';
import type { Dom0Shell } from './dom0-shell.js';

export const SCRIPT = fileURLToPath(new URL('../../../server/postern.js', import.meta.url));

/** The options of config/systemd/postern-host@.service, but with a higher ServerAliveCountMax. */
const LINK_OPTIONS = [
  'BatchMode=yes',
  'ExitOnForwardFailure=yes',
  'ServerAliveInterval=5',
  'ServerAliveCountMax=6',
  'StreamLocalBindUnlink=yes',
  'StreamLocalBindMask=0117',
].flatMap((option) => ['-o', option]);

/** Customers, with their role on each domain. Mallory is a customer who owns nothing. */
export const CUSTOMERS: Readonly<Record<string, Readonly<Record<string, Role>>>> = {
  alice: {
    horatio: 'owner',
    ophelia: 'owner',
    guildenstern: 'owner',
    rosencrantz: 'owner',
    hamlet: 'owner',
    laertes: 'owner',
  },
  bob: { yorick: 'owner' },
  mallory: {},
};

/**
 * A gate on this machine. OpenSSH brings the dom0 half's socket over, as docs/install-beside.md describes.
 */
export class GateBeside {
  readonly layout: DemoLayout;
  readonly #shell: Dom0Shell;
  readonly #clients = new Set<TerminalClient>();
  #gate: HalfProcess | undefined;
  #link: ChildProcess | undefined;
  #port = 0;

  /** @param directory the gate's own: state, settings, customers' keys */
  constructor(shell: Dom0Shell, directory: string) {
    this.#shell = shell;
    this.layout = demoLayout(directory);
  }

  get port(): number {
    return this.#port;
  }

  get gateLog(): string {
    return join(this.layout.logs, 'gate.log');
  }

  /**
   * @param port 0 for any free one
   * @param fresh without the state and the policy of an earlier gate in this directory
   */
  async start({ port = 0, fresh = false }: { port?: number; fresh?: boolean } = {}): Promise<void> {
    const { layout } = this;
    clearLeftovers(layout.pids, layout.directory);
    if (fresh) {
      for (const old of [layout.gateState, layout.policy]) rmSync(old, { recursive: true, force: true });
    }
    for (const directory of [
      dirname(layout.gateSettings),
      dirname(layout.dom0Socket),
      dirname(layout.controlSocket),
      layout.gateState,
      layout.logs,
      layout.policy,
    ]) {
      mkdirSync(directory, { recursive: true, mode: 0o700 });
    }
    writeFileSync(layout.gateSettings, this.#settings(port), { mode: 0o600 });
    writeFileSync(join(layout.policy, '10-default.yaml'), readFileSync(defaultPolicy()));
    this.#register();
    await this.startLink();
    this.#gate = new HalfProcess('gate', SCRIPT, ['gate', '--settings', layout.gateSettings], this.gateLog);
    this.#port = Number(/:(\d+)/.exec(await this.#gate.ready())?.[1]);
    writePids(layout.pids, {
      demo: process.pid,
      halves: [this.#gate.pid, this.#link?.pid].filter((pid) => pid !== undefined),
    });
    writeSshConfig(layout, Object.keys(CUSTOMERS), this.#port, readFileSync(`${layout.hostKey}.pub`, 'utf8'));
    await eventually(
      'the gate to have seen the domains',
      async () => !(await this.ssh('alice', 'list')).stdout.includes('not known'),
      { withinMs: 60_000, everyMs: 200 },
    );
  }

  async stop(): Promise<void> {
    for (const client of this.#clients) client.kill();
    this.#clients.clear();
    this.#gate?.kill('SIGTERM');
    await this.#gate?.exited;
    await this.stopLink();
  }

  /** Brings the socket over; call it again when the link was cut. */
  async startLink(): Promise<void> {
    rmSync(this.layout.dom0Socket, { force: true });
    const forward = `${this.layout.dom0Socket}:/run/postern/dom0.sock`;
    await eventually(
      'the dom0 half to answer over the link',
      () => {
        if (!this.#linked()) {
          const log = openSync(join(this.layout.logs, 'link.log'), 'a', 0o600);
          const args = ['-N', '-F', this.#shell.sshConfig, ...LINK_OPTIONS, '-L', forward, 'link'];
          this.#link = spawn('ssh', args, { stdio: ['ignore', log, log] });
          closeSync(log);
        }
        return answers(this.layout.dom0Socket);
      },
      { withinMs: 120_000, everyMs: 500 },
    );
  }

  async stopLink(): Promise<void> {
    const link = this.#link;
    if (link === undefined || !this.#linked()) return;
    const gone = new Promise((resolve) => link.once('exit', resolve));
    link.kill();
    await gone;
  }

  /** Runs a command over ssh without a terminal, as a script does. */
  ssh(customer: string, command: string, input = ''): Promise<Ended> {
    return run('ssh', ['-F', this.layout.sshConfig, '-T', customer, '--', command], input);
  }

  /** Opens a customer's terminal. */
  terminal(customer: string, command = '', ssh: readonly string[] = []): TerminalClient {
    const words = command === '' ? [] : ['--', command];
    const client = new TerminalClient('ssh', [
      '-F',
      this.layout.sshConfig,
      '-tt',
      ...ssh,
      customer,
      ...words,
    ]);
    this.#clients.add(client);
    return client;
  }

  /** Runs an admin's command against this gate. */
  postern(...args: string[]): Promise<Ended> {
    return run(process.execPath, [SCRIPT, ...args, '--settings', this.layout.gateSettings], '');
  }

  #linked(): boolean {
    return this.#link !== undefined && this.#link.exitCode === null && this.#link.signalCode === null;
  }

  #settings(port: number): string {
    const { hostKey, gateState, controlSocket, policy, dom0Socket } = this.layout;
    return `site: the Postern Xen lab
listen: [${JSON.stringify(`127.0.0.1:${port}`)}]
hostKey: ${JSON.stringify(hostKey)}
state: ${JSON.stringify(gateState)}
controlSocket: ${JSON.stringify(controlSocket)}
policy: ${JSON.stringify(policy)}
hosts:
  - name: xen1
    socket: ${JSON.stringify(dom0Socket)}
motd: |
  A real Xen. ophelia does not boot: choose 6 there to rescue her.
`;
  }

  #register(): void {
    const store = Store.open(join(this.layout.gateState, 'postern.db'));
    registerDemoCustomers(
      store,
      Object.entries(CUSTOMERS).map(([name, roles]) => ({
        name,
        roles,
        publicKey: demoKey(this.layout.clientKeys, name),
      })),
    );
    store.close();
  }
}

/** Whether a dom0 half answers on the socket. */
function answers(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    const asked = request({ socketPath, path: '/contract', timeout: 5000 }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    asked.once('timeout', () => asked.destroy());
    asked.once('error', () => {
      resolve(false);
    });
    asked.end();
  });
}
