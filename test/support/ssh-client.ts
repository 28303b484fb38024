import { execFile, execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TerminalClient } from './terminal-client.js';

/** A key pair made by ssh-keygen. */
export interface ClientKey {
  readonly file: string;
  readonly type: string;
  readonly blob: Buffer;
  readonly fingerprint: string;
}

/** A key beside its certificate. */
export interface CertifiedKey extends ClientKey {
  readonly certificate: string;
  readonly certificateBlob: Buffer;
}

export interface SshOutcome {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The destination and key of a login; `options` are lines of ssh_config(5). */
export interface SshTarget {
  readonly port: number;
  readonly login: string;
  readonly host?: string;
  readonly key?: ClientKey;
  readonly options?: readonly string[];
  /** Arguments before the destination: `-L…`, `-A`. */
  readonly flags?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/**
 * The real OpenSSH client in its own directory, with keys by ssh-keygen and a known_hosts file. It ignores
 * the configuration and agent of the user who runs the tests.
 */
export class SshClient {
  readonly directory = mkdtempSync(join(tmpdir(), 'postern-ssh-'));
  readonly #children = new Set<ChildProcess | TerminalClient>();
  readonly #keys = new Map<string, ClientKey>();
  #certificates = 0;
  #agent: { readonly socket: string; readonly process: ChildProcess } | undefined;

  constructor() {
    this.#write('known_hosts', '');
    this.#write('config', '');
  }

  /** The key of this name, made at its first use. */
  key(name: string, type: 'ed25519' | 'ecdsa' | 'rsa' = 'ed25519', bits?: number): ClientKey {
    const known = this.#keys.get(name);
    if (known !== undefined) return known;
    const file = join(this.directory, `key-${name}`);
    const size = bits === undefined ? [] : ['-b', String(bits)];
    execFileSync('ssh-keygen', ['-q', '-t', type, ...size, '-N', '', '-C', name, '-f', file]);
    const [keyType = '', base64 = ''] = readFileSync(`${file}.pub`, 'utf8').split(' ');
    const listing = execFileSync('ssh-keygen', ['-l', '-f', `${file}.pub`], { encoding: 'utf8' });
    const key = {
      file,
      type: keyType,
      blob: Buffer.from(base64, 'base64'),
      fingerprint: listing.split(' ')[1] ?? '',
    };
    this.#keys.set(name, key);
    return key;
  }

  /**
   * Signs the key with a CA's, by `ssh-keygen -s`. The client finds the certificate beside the key.
   *
   * @param flags `-n alice -V +1h -O force-command=list`, a word each
   * @returns a key whose file is another, and whose certificate is for a login with it
   */
  certify(authority: ClientKey, key: ClientKey, flags: readonly string[], name = 'certified'): CertifiedKey {
    this.#certificates += 1;
    const file = join(this.directory, `${name}-${this.#certificates}`);
    copyFileSync(key.file, file);
    copyFileSync(`${key.file}.pub`, `${file}.pub`);
    execFileSync('ssh-keygen', ['-q', '-s', authority.file, ...flags, `${file}.pub`], { stdio: 'pipe' });
    const certificate = `${file}-cert.pub`;
    const [, base64 = ''] = readFileSync(certificate, 'utf8').split(' ');
    return { ...key, file, certificate, certificateBlob: Buffer.from(base64, 'base64') };
  }

  /** Makes the host known, by a line of known_hosts. */
  trust(line: string): void {
    this.#write('known_hosts', `${line}\n`);
  }

  /** Runs ssh(1) without a terminal. `input` is its whole stdin. */
  run(target: SshTarget, command: readonly string[] = [], input = ''): Promise<SshOutcome> {
    return this.#exec('ssh', [...this.#arguments(target), ...command], target.env, input);
  }

  /** Runs another program of OpenSSH (sftp, scp), which takes the port with `-P`. */
  program(name: 'sftp' | 'scp', target: SshTarget, args: readonly string[]): Promise<SshOutcome> {
    return this.#exec(name, [...this.#settings(target), '-P', String(target.port), ...args], target.env, '');
  }

  /** Starts an ssh(1) that runs until it is killed, for forwarding and long sessions. */
  start(target: SshTarget, command: readonly string[] = []): ChildProcess {
    const child = spawn('ssh', [...this.#arguments(target), ...command], { env: this.#env(target.env) });
    this.#children.add(child);
    return child;
  }

  /** Starts ssh(1) on a terminal whose screen a test can read. */
  terminal(
    target: SshTarget,
    command: readonly string[] = [],
    look: { columns?: number; rows?: number; term?: string } = {},
  ): TerminalClient {
    const client = new TerminalClient('ssh', [...this.#arguments(target), ...command], {
      ...look,
      env: this.#env(target.env),
    });
    this.#children.add(client);
    return client;
  }

  /** Starts an ssh-agent with these keys, for targets without a key. */
  async agent(keys: readonly ClientKey[]): Promise<void> {
    const socket = join(this.directory, 'agent');
    const process = spawn('ssh-agent', ['-D', '-a', socket], { stdio: ['ignore', 'pipe', 'inherit'] });
    this.#agent = { socket, process };
    await new Promise((resolve) => {
      process.stdout.once('data', resolve);
    });
    execFileSync('ssh-add', ['-q', ...keys.map((key) => key.file)], {
      env: { SSH_AUTH_SOCK: socket },
      stdio: 'pipe',
    });
  }

  dispose(): void {
    for (const child of this.#children) child.kill('SIGKILL');
    this.#agent?.process.kill('SIGKILL');
    rmSync(this.directory, { recursive: true, force: true });
  }

  #arguments(target: SshTarget): string[] {
    return [
      ...this.#settings(target),
      '-p',
      String(target.port),
      '-l',
      target.login,
      ...(target.flags ?? []),
      target.host ?? '127.0.0.1',
    ];
  }

  #settings({ key, options = [] }: SshTarget): string[] {
    const own = [
      `UserKnownHostsFile=${join(this.directory, 'known_hosts')}`,
      'GlobalKnownHostsFile=/dev/null',
      'StrictHostKeyChecking=yes',
      'BatchMode=yes',
      'ConnectTimeout=60',
      // Some tests check the client's error messages.
      'LogLevel=INFO',
      ...(key === undefined
        ? [`IdentityAgent=${this.#agent?.socket ?? 'none'}`, 'IdentityFile=none']
        : [`IdentityFile=${key.file}`, 'IdentitiesOnly=yes', 'IdentityAgent=none']),
    ];
    return [
      '-F',
      join(this.directory, 'config'),
      ...[...options, ...own].flatMap((option) => ['-o', option]),
    ];
  }

  #env(env: Readonly<Record<string, string>> = {}): Record<string, string> {
    return { PATH: process.env['PATH'] ?? '/usr/bin:/bin', HOME: this.directory, ...env };
  }

  #exec(
    file: string,
    args: readonly string[],
    env: Readonly<Record<string, string>> | undefined,
    input: string,
  ): Promise<SshOutcome> {
    return new Promise((resolve) => {
      const options = {
        env: this.#env(env),
        encoding: 'utf8',
        timeout: 300_000,
        maxBuffer: 2 ** 28,
      } as const;
      const child = execFile(file, [...args], options, (error, stdout, stderr) => {
        this.#children.delete(child);
        const code: unknown = error?.code;
        resolve({ status: error === null ? 0 : typeof code === 'number' ? code : -1, stdout, stderr });
      });
      this.#children.add(child);
      child.stdin?.on('error', () => undefined);
      child.stdin?.end(input);
    });
  }

  #write(name: string, text: string): void {
    writeFileSync(join(this.directory, name), text);
  }
}
