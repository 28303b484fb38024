import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '../../support/eventually.js';
import type { Ended } from '../../support/house.js';
import type { World } from '../../acceptance/world.js';
import { TerminalClient } from '../../support/terminal-client.js';
import { installDom0Half, installStamps } from './dom0-install.js';
import { Dom0Shell } from './dom0-shell.js';
import { GateBeside } from './gate-beside.js';
import { labImage, type LabImage } from './image.js';
import { Machine } from './machine.js';
import { xenRelease, type XenRelease } from './release.js';

/** The snapshot right after installing: dom0 is up, the dom0 half runs, and no customer's domain runs. */
const INSTALLED = 'installed';

/** The machine on which dom0 is installed once. The suite's machines start with copies of its disk. */
const ORIGINAL = 'installed';

/** A real Xen host with Postern on it, and a gate beside it. */
export class XenLab implements World {
  readonly machine: Machine;
  readonly dom0: Dom0Shell;
  readonly gate: GateBeside;
  readonly #image: LabImage;
  readonly #say: (sentence: string) => void;
  readonly #operators: TerminalClient[] = [];

  /** Use `open`. */
  constructor(name: string, say: (sentence: string) => void, image: LabImage) {
    this.#say = say;
    this.#image = image;
    this.machine = new Machine(this.#image, join(this.#image.directory, name));
    this.dom0 = new Dom0Shell(this.#image, this.machine);
    this.gate = new GateBeside(this.dom0, join(this.machine.directory, 'gate'));
  }

  /**
   * Builds what is missing. No machine runs yet.
   *
   * @param name names this lab's own directory: two labs share only the image
   */
  static async open(
    name: string,
    say: (sentence: string) => void,
    release: XenRelease = xenRelease(),
  ): Promise<XenLab> {
    return new XenLab(name, say, await labImage(say, release));
  }

  /**
   * Switches the host on, and installs this checkout's dom0 half in it. The gate does not run yet.
   *
   * @param snapshot to continue from; by default the state right after installing
   */
  async start(snapshot: string = INSTALLED): Promise<void> {
    const kept = this.machine.hasSnapshot(snapshot);
    this.#say(kept ? 'waking the Xen host up' : 'booting the Xen host');
    await this.machine.start(kept ? snapshot : undefined);
    await this.#awake();
    if (!kept) await this.#booted();
    // Over a kept state this is an upgrade, as an admin would do it.
    if (!(await installDom0Half(this.dom0, this.#image))) return;
    this.#say('the dom0 half was installed');
    if (snapshot !== INSTALLED) return;
    await this.machine.keep(INSTALLED);
  }

  /**
   * Makes sure that a snapshot exists of the state right after installing this checkout, for `renew` of any
   * lab. No machine runs afterwards.
   */
  static async prepare(say: (sentence: string) => void, release: XenRelease = xenRelease()): Promise<void> {
    const lab = await XenLab.open(ORIGINAL, say, release);
    const stampFile = join(lab.machine.directory, 'installed.json');
    const stamps = JSON.stringify(installStamps());
    const stamped = existsSync(stampFile) ? readFileSync(stampFile, 'utf8') : undefined;
    if (stamped === stamps && lab.machine.hasSnapshot(INSTALLED)) return;
    rmSync(stampFile, { force: true });
    try {
      await lab.start();
    } finally {
      await lab.stop();
    }
    writeFileSync(stampFile, stamps);
  }

  /** Returns to the state right after installing, with an empty gate, on this lab's own machine. */
  async renew(): Promise<void> {
    await this.gate.stop();
    this.dom0.close();
    // Never `loadvm` in a running machine: Xen's clock may then stand still for minutes.
    await this.machine.stop();
    this.machine.cloneDisk(new Machine(this.#image, join(this.#image.directory, ORIGINAL)));
    await this.machine.start(INSTALLED);
    await this.#awake();
    await this.gate.start({ fresh: true });
  }

  async stop(): Promise<void> {
    for (const operator of this.#operators.splice(0)) operator.kill();
    await this.gate.stop();
    this.dom0.close();
    await this.machine.stop();
  }

  /** Runs an operator's command on the Xen host. */
  xl(...args: string[]): Promise<Ended> {
    return this.dom0.run(['xl', ...args.map((arg) => `'${arg.replaceAll("'", "'\\''")}'`)].join(' '));
  }

  /** An operator’s migration to the same host. */
  migrateWithin(name: string): Promise<Ended> {
    return this.xl('migrate', '-s', '', name, 'xl migrate-receive');
  }

  /** The present domid of a domain; undefined when there is none. */
  async domid(name: string): Promise<number | undefined> {
    const { status, stdout } = await this.xl('domid', name);
    return status === 0 ? Number(stdout) : undefined;
  }

  get dom0Socket(): string {
    return this.gate.layout.dom0Socket;
  }

  postern(...args: string[]): Promise<Ended> {
    return this.gate.postern(...args);
  }

  createWithDomid(name: string, domid: number): Promise<Ended> {
    // For a minute libxl remembers which domids must not be used again.
    return this.dom0.run(
      `rm -f /run/xen/domid-history /var/run/xen/domid-history
LD_PRELOAD=/usr/local/lib/lab-domid.so LAB_DOMID=${domid} xl create -q ${this.configOf(name)}`,
    );
  }

  configOf(name: string): string {
    return `/etc/xen/${name}.cfg`;
  }

  async editConfig(name: string, edit: (text: string) => string): Promise<void> {
    const file = this.configOf(name);
    await this.dom0.must(`cat > ${file}`, edit(await this.dom0.must(`cat ${file}`)));
  }

  xlConsole(name: string): TerminalClient {
    return this.#operator(`xl console ${name}`);
  }

  posternConsole(name: string): TerminalClient {
    return this.#operator(`postern console ${name}`);
  }

  async xlProcesses(name: string): Promise<readonly number[]> {
    const { stdout } = await this.dom0.run(`pgrep -f '(^|/)xl create.*/${name}[.]cfg'`);
    return stdout.split('\n').filter(Boolean).map(Number);
  }

  async stopDom0Half(): Promise<void> {
    await this.dom0.must('systemctl stop postern-dom0');
  }

  async startDom0Half(): Promise<void> {
    await this.dom0.must('systemctl start postern-dom0');
  }

  async killDom0Half(): Promise<void> {
    await this.dom0.must('kill -9 $(systemctl show -p MainPID --value postern-dom0)');
  }

  async rebootHost(): Promise<void> {
    // The new start has another port, which the gate's link needs.
    await this.gate.stop();
    this.dom0.close();
    await this.machine.stop();
    await this.machine.start();
    await this.#awake();
    await this.#booted();
    await this.gate.start();
  }

  ssh(customer: string, command: string): Promise<Ended> {
    return this.gate.ssh(customer, command);
  }

  terminal(customer: string, command = '', ssh: readonly string[] = []): TerminalClient {
    return this.gate.terminal(customer, command, ssh);
  }

  /** Opens a terminal on the host itself. */
  #operator(line: string): TerminalClient {
    const client = new TerminalClient('ssh', ['-F', this.dom0.sshConfig, '-tt', 'dom0', '--', line]);
    this.#operators.push(client);
    return client;
  }

  async #booted(): Promise<void> {
    await eventually(
      'dom0 to have booted',
      async () => {
        const { stdout } = await this.dom0.run('systemctl is-system-running');
        if (stdout.trim() === 'degraded') throw new Error(await this.dom0.must('systemctl --failed'));
        return stdout.trim() === 'running';
      },
      { withinMs: 300_000, everyMs: 1000 },
    );
  }

  /** Sets the clock: a machine from a snapshot believes that no time has passed. */
  async #awake(): Promise<void> {
    await this.dom0.ready();
    await this.dom0.must(`date -s @${Math.floor(Date.now() / 1000)}`);
  }
}
