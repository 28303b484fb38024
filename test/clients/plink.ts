import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { run } from '../support/house.js';
import type { Ended } from '../support/house.js';
import { absent, versionOf } from './ssh-program.js';
import type { CommandLine, SshProgram, Target } from './ssh-program.js';

/** PuTTY's protocol, without its window. */
export class Plink implements SshProgram {
  readonly name = 'PuTTY plink';
  readonly missing = absent('plink', ['-V'], 'putty-tools');
  readonly rekeyed = /Initiating key re-exchange/g;

  version(): string {
    return versionOf('plink', ['-V'], /Release (\S+)/);
  }

  prepare({ home, key }: Target): void {
    mkdirSync(join(home, '.putty', 'sessions'), { recursive: true });
    writeFileSync(join(home, '.putty', 'sessions', 'rekey'), 'Protocol=ssh\nRekeyBytes=64K\n');
    execFileSync('puttygen', [key, '-o', join(home, 'key.ppk')], { stdio: 'ignore' });
  }

  exec(to: Target, command: string): CommandLine {
    return this.#line(to, ['-T'], command);
  }

  terminal(to: Target, command: string): CommandLine {
    return this.#line(to, ['-t'], command);
  }

  rekey = (to: Target, command: string): CommandLine =>
    this.#line(to, ['-load', 'rekey', '-v', '-T'], command);

  certified = (to: Target, certificate: string, command: string): CommandLine =>
    this.#line(to, ['-cert', certificate, '-T'], command);

  /** The first plink makes the connection; the others open their channels on it. */
  channels = async (to: Target, commands: readonly string[]): Promise<Ended> => {
    const env = { PATH: process.env['PATH'], HOME: to.home };
    const first = this.#line(to, ['-share', '-v', '-T'], 'menu --plain');
    const upstream = spawn(first.file, [...first.args], { env, stdio: 'pipe' });
    upstream.stdin.on('error', () => undefined);
    upstream.stderr.resume();
    await once(upstream.stdout, 'data');
    upstream.stdout.resume();
    const ended = await Promise.all(
      commands.map((command) => {
        const { file, args } = this.#line(to, ['-share', '-v', '-T'], command);
        return run('env', [`HOME=${to.home}`, file, ...args], '');
      }),
    );
    upstream.stdin.end();
    await once(upstream, 'close');
    leaveNothing();
    const shared = ended.filter(({ stderr }) => stderr.includes('existing shared connection')).length;
    return {
      status: Math.max(...ended.map(({ status }) => status ?? 255), shared === commands.length ? 0 : 255),
      stdout: ended.map(({ stdout }) => stdout).join(''),
      stderr: ended.map(({ stderr }) => stderr).join(''),
    };
  };

  #line(to: Target, options: readonly string[], command: string): CommandLine {
    const blob = Buffer.from(to.hostKey.split(' ')[1] ?? '', 'base64');
    const fingerprint = createHash('sha256').update(blob).digest('base64').replace(/=+$/, '');
    const known = ['-batch', '-hostkey', `SHA256:${fingerprint}`, '-noagent', '-i', join(to.home, 'key.ppk')];
    const args = [...options, ...known, '-P', String(to.port), '-l', to.login, '127.0.0.1'];
    return { file: 'plink', args: [...args, ...(command === '' ? [] : [command])] };
  }
}

/** Removes the directory of shared connections that plink leaves. It stays while another plink uses it. */
function leaveNothing(): void {
  try {
    rmdirSync(join(tmpdir(), `putty-connshare.${userInfo().username}`));
  } catch {
    // It is in use, or there is none.
  }
}
