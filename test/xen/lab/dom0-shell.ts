import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '../../support/eventually.js';
import { run, type Ended } from '../../support/house.js';
import type { LabImage } from './image.js';
import type { Machine } from './machine.js';

/** An admin's shell in dom0: root over ssh, with one connection for all commands. */
export class Dom0Shell {
  readonly #image: LabImage;
  readonly #machine: Machine;
  #master: ChildProcess | undefined;

  constructor(image: LabImage, machine: Machine) {
    this.#image = image;
    this.#machine = machine;
  }

  /** The ssh_config with two hosts: `dom0` for the admin, and `link` for the gate's way to the socket. */
  get sshConfig(): string {
    return join(this.#machine.directory, 'dom0_ssh_config');
  }

  /** Waits until dom0 accepts logins: about a minute after power-on. */
  async ready(): Promise<void> {
    this.#writeConfig();
    await eventually(
      'dom0 to answer',
      async () => {
        if (this.#master === undefined || this.#master.exitCode !== null) {
          rmSync(join(this.#machine.directory, 'dom0.ctl'), { force: true });
          this.#master = spawn(
            'ssh',
            ['-F', this.sshConfig, '-o', 'ControlMaster=yes', '-o', 'ConnectTimeout=10', '-N', 'dom0'],
            { stdio: 'ignore' },
          );
        }
        return (await run('ssh', ['-F', this.sshConfig, '-O', 'check', 'dom0'], '')).status === 0;
      },
      { withinMs: 300_000, everyMs: 500 },
    );
  }

  /** Runs a shell line as root in dom0. */
  run(line: string, input = ''): Promise<Ended> {
    return run('ssh', ['-F', this.sshConfig, '-T', 'dom0', '--', line], input);
  }

  /**
   * As `run`, for lines whose failure is a failure of the lab.
   *
   * @returns its stdout
   */
  async must(line: string, input = ''): Promise<string> {
    const { status, stdout, stderr } = await this.run(line, input);
    if (status !== 0) throw new Error(`in dom0, ${line}: exit ${String(status)}\n${stdout}${stderr}`);
    return stdout;
  }

  /** Copies files into a directory of dom0. */
  async copy(
    from: string,
    names: readonly string[],
    to: string,
    exclude: readonly string[] = [],
  ): Promise<void> {
    const tar = spawn(
      'tar',
      ['-cz', '-C', from, ...exclude.map((pattern) => `--exclude=${pattern}`), '--dereference', ...names],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    const quoted = `'${to.replaceAll("'", "'\\''")}'`;
    const untar = spawn('ssh', ['-F', this.sshConfig, '-T', 'dom0', '--', `tar -xz -C ${quoted}`], {
      stdio: [tar.stdout, 'ignore', 'inherit'],
    });
    const status = await new Promise<number | null>((resolve, reject) => {
      untar.once('error', reject).once('exit', resolve);
      tar.once('error', reject);
    });
    if (status !== 0) throw new Error(`copying ${names.join(', ')} into dom0 failed`);
  }

  /** Ends the connection before the machine goes away; harmless when there is none. */
  close(): void {
    this.#master?.kill('SIGKILL');
    this.#master = undefined;
    rmSync(join(this.#machine.directory, 'dom0.ctl'), { force: true });
  }

  #writeConfig(): void {
    const { directory, sshPort } = this.#machine;
    const known = join(directory, 'dom0_known_hosts');
    const hostKey = readFileSync(join(this.#image.directory, 'host_key'), 'utf8');
    writeFileSync(known, `[127.0.0.1]:${sshPort} ${hostKey}`);
    writeFileSync(
      this.sshConfig,
      `Host dom0
    User root
    IdentityFile "${join(this.#image.directory, 'id_ed25519')}"
    ControlPath "${join(directory, 'dom0.ctl')}"

Host link
    User postern-link
    IdentityFile "${join(this.#image.directory, 'link_ed25519')}"

Host dom0 link
    HostName 127.0.0.1
    Port ${sshPort}
    UserKnownHostsFile "${known}"
    StrictHostKeyChecking yes
    IdentitiesOnly yes
    IdentityAgent none
    BatchMode yes
    LogLevel ERROR
`,
      { mode: 0o600 },
    );
  }
}
