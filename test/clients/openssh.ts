import { join } from 'node:path';
import { run } from '../support/house.js';
import type { Ended } from '../support/house.js';
import { absent, versionOf } from './ssh-program.js';
import type { CommandLine, SshProgram, Target } from './ssh-program.js';

/** An OpenSSH client; each part that is left out is this machine's. */
interface OpenSshParts {
  readonly name?: string;
  /** Starts the client. */
  readonly ssh?: readonly [string, ...string[]];
  readonly missing?: string | null;
  /** The key exchange that it should choose. */
  readonly kex?: string;
  /** Its ssh-sk-helper(8). */
  readonly helper?: string;
}

/** OpenSSH's client: this machine's, or one that another command line starts. */
export class OpenSsh implements SshProgram {
  readonly name: string;
  readonly missing: string | null;
  readonly rekeyed = /SSH2_MSG_KEXINIT sent/g;
  readonly exchanged?: RegExp;
  /** Variables with which it finds its own ssh-sk-helper(8). */
  readonly env: Readonly<Record<string, string>>;
  readonly #ssh: readonly [string, ...string[]];

  constructor({ name = 'OpenSSH', ssh = ['ssh'], missing = null, kex, helper }: OpenSshParts = {}) {
    this.name = name;
    if (kex !== undefined) this.exchanged = new RegExp(`kex: algorithm: ${kex}\\s`, 'g');
    this.env = helper === undefined ? {} : { SSH_SK_HELPER: helper };
    this.#ssh = ssh;
    this.missing = missing ?? absent(ssh[0], [...ssh.slice(1), '-V'], 'openssh-client');
  }

  version(): string {
    const [file, ...args] = this.#ssh;
    return versionOf(file, [...args, '-V'], /OpenSSH_(\S+)/);
  }

  prepare(): void {
    // It reads its files as they are.
  }

  exec(to: Target, command: string): CommandLine {
    return this.#line(to, ['-T'], command);
  }

  terminal(to: Target, command: string): CommandLine {
    return this.#line(to, ['-tt', '-e', 'none'], command);
  }

  certified = (to: Target, certificate: string, command: string): CommandLine =>
    this.configured(to, [`CertificateFile=${certificate}`], command);

  /** @param settings lines of ssh_config(5), before any other */
  configured(to: Target, settings: readonly string[], command: string): CommandLine {
    return this.#line(to, ['-T', ...settings.flatMap((setting) => ['-o', setting])], command);
  }

  verbose = (to: Target, command: string): CommandLine => this.#line(to, ['-T', '-v'], command);

  rekey = (to: Target, command: string): CommandLine =>
    this.#line(to, ['-T', '-v', '-o', 'RekeyLimit=64K'], command);

  channels = async (to: Target, commands: readonly string[]): Promise<Ended> => {
    const socket = join(to.home, 'm');
    const shared = ['-S', socket];
    const call = ({ file, args }: CommandLine): Promise<Ended> => run(file, args, '');
    const master = await call(this.#line(to, ['-M', ...shared, '-N', '-f', '-o', 'LogLevel=QUIET'], ''));
    if (master.status !== 0) return master;
    const ended = await Promise.all(
      commands.map((command) => call(this.#line(to, ['-T', ...shared], command))),
    );
    await call(this.#line(to, [...shared, '-O', 'exit'], ''));
    return {
      status: Math.max(...ended.map(({ status }) => status ?? 255)),
      stdout: ended.map(({ stdout }) => stdout).join(''),
      stderr: ended.map(({ stderr }) => stderr).join(''),
    };
  };

  #line(to: Target, options: readonly string[], command: string): CommandLine {
    const [file, ...first] = this.#ssh;
    const settings = [
      `UserKnownHostsFile=${to.knownHosts}`,
      'GlobalKnownHostsFile=none',
      'StrictHostKeyChecking=yes',
      'IdentitiesOnly=yes',
      'IdentityAgent=none',
    ].flatMap((setting) => ['-o', setting]);
    const args = ['-F', 'none', ...options, ...settings, '-i', to.key, '-p', String(to.port), '-l', to.login];
    return {
      file,
      args: [...first, ...args, '127.0.0.1', ...(command === '' ? [] : ['--', command])],
    };
  }
}
