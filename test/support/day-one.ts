import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { HalfProcess } from '../../server/cli/demo/half-process.js';
import { stopSimulator } from '../../server/simulator/install.js';
import { eventually } from './eventually.js';
import type { Ended } from './house.js';
import { OldDom0 } from './old-dom0.js';
import { OwnMachine } from './own-machine.js';
import { SystemdStandIn } from './systemd-stand-in.js';
import type { UnitFile } from './systemd-stand-in.js';
import { TemporaryDirectory } from './temporary-directory.js';

/** Replaces what HalfProcess puts first, up to the script, which is empty here, by the words of `ExecStart=`. */
const AS_UNIT = ['sh', '-c', 'while [ -n "$1" ]; do shift; done; shift; exec "$@"', 'sh'];
const ADDRESS = '127.0.0.1 localhost console.example.net\n';

/**
 * A Xen host of a test's own (own-machine.ts), on which the commands of docs/day-one.md run unchanged. Only
 * systemd is replaced, by a stand-in that runs the installed units. The customers' ssh runs on the host too;
 * /etc/hosts gives the host the name that they know.
 */
export class DayOne {
  readonly host: OldDom0;
  readonly #directory: TemporaryDirectory;
  readonly #machine: OwnMachine;
  readonly #halves = new Map<string, HalfProcess>();
  #systemd: SystemdStandIn | undefined;

  /** Use `start`. */
  constructor(directory: TemporaryDirectory, host: OldDom0, machine: OwnMachine) {
    this.#directory = directory;
    this.host = host;
    this.#machine = machine;
  }

  /** @returns a sentence when this machine does not let its users make a machine of their own */
  static async start(): Promise<DayOne | string> {
    const directory = new TemporaryDirectory();
    const host = new OldDom0(directory.file('r'), directory.file('keys'), false);
    host.write('etc/hosts', ADDRESS);
    mkdirSync(join(host.root, 'run/systemd/system'), { recursive: true });
    const machine = await OwnMachine.start(host.root, {
      numbers: 'many',
      hasNetwork: true,
      needs: ['systemd-sysusers', 'systemd-tmpfiles'],
    });
    if (typeof machine === 'string') {
      directory.dispose();
      return machine;
    }
    const day = new DayOne(directory, host, machine);
    day.#systemd = await SystemdStandIn.start(machine, {
      start: (unit, file) => day.#start(unit, file),
      stop: (unit) => day.#stop(unit),
    });
    day.#sshConfig();
    return day;
  }

  get root(): string {
    return this.host.root;
  }

  /** Installs the simulator's tools where Xen's would be installed by hand. */
  tools(xl: string): void {
    symlinkSync(xl, this.#machine.path('usr/local/sbin/xl'));
  }

  /** Gives the accounts' files to them. This process may lose access to the files then. */
  async give(): Promise<void> {
    await this.#must(`set -e\n${this.host.toGive}`);
  }

  /** Runs one command of the page. */
  async run(command: string): Promise<Ended> {
    return this.#machine.run(command);
  }

  /** Adds a line to the known_hosts of the customers' ssh. */
  knows(line: string): void {
    this.host.write('root/.ssh/known_hosts', `${line}\n`);
  }

  async stop(): Promise<void> {
    for (const unit of this.#halves.keys()) await this.#stop(unit, 'KILL');
    await stopSimulator(this.root);
    await this.#systemd?.stop();
    await this.#machine.stop();
    this.#directory.dispose();
  }

  async #start(unit: string, file: UnitFile): Promise<void> {
    if (this.#halves.get(unit)?.isRunning === true) return;
    const user = file.setting('User') ?? 'root';
    const group = file.setting('Group') ?? 'root';
    for (const [kind, place] of [
      ['StateDirectory', '/var/lib'],
      ['RuntimeDirectory', '/run'],
    ] as const) {
      const name = file.setting(kind);
      const mode = file.setting(`${kind}Mode`) ?? '0755';
      if (name !== undefined)
        await this.#must(`install -d -m ${mode} -o ${user} -g ${group} ${place}/${name}`);
    }
    const as = ['setpriv', `--reuid=${user}`, `--regid=${group}`, '--init-groups'];
    const half = new HalfProcess(unit, '', file.execStart, this.#directory.file(`${unit}.log`), [
      ...this.#machine.into,
      ...as,
      ...AS_UNIT,
    ]);
    this.#halves.set(unit, half);
    await half.ready();
    if (unit !== 'postern-gate.service') return;
    await eventually(
      'the gate to hear of its host',
      async () => (await this.run('postern doctor')).status === 0,
    );
  }

  async #stop(unit: string, signal = 'TERM'): Promise<void> {
    const half = this.#halves.get(unit);
    if (half?.isRunning !== true) return;
    // The half may run as another user; then only the machine's root can send it a signal.
    await this.#must(`kill -${signal} ${half.pid ?? ''}`);
    await half.exited;
  }

  async #must(command: string): Promise<void> {
    const { status, stderr } = await this.run(command);
    assert.equal(status, 0, `${command}\n${stderr}`);
  }

  /** The customers' ssh_config: a key for each, and unknown host keys are refused. */
  #sshConfig(): void {
    const config = this.host.write(
      'root/.ssh/config',
      `Host *
    IdentityFile "${this.#directory.file('keys')}/%r"
    IdentitiesOnly yes
    IdentityAgent none
    StrictHostKeyChecking yes
`,
    );
    chmodSync(config, 0o600);
  }
}

/** The commands in the fenced `sh` blocks of a page of docs/, one for each line. */
export function commandsOf(page: string): readonly string[] {
  const text = readFileSync(fileURLToPath(new URL(`../../../docs/${page}`, import.meta.url)), 'utf8');
  return [...text.matchAll(/^```sh\n(.*?)^```$/gms)].flatMap(([, block = '']) => block.trim().split('\n'));
}
