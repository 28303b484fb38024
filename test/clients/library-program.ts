import { execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from '../support/house.js';
import type { Ended } from '../support/house.js';
import { absent, versionOf } from './ssh-program.js';
import type { CommandLine, SshProgram, Target } from './ssh-program.js';

const PROGRAMS = fileURLToPath(new URL('../../../test/clients/programs', import.meta.url));
/** Debian's own Python, which has Debian's modules. */
const PYTHON = '/usr/bin/python3';

/** A program of `programs/` that speaks SSH through a library. All take the same arguments. */
abstract class LibraryProgram implements SshProgram {
  abstract readonly name: string;
  abstract readonly missing: string | null;
  abstract readonly rekeyed: RegExp;
  protected abstract readonly begins: readonly [string, ...string[]];

  abstract version(): string;

  prepare(to: Target): void;
  prepare(): void {
    // Most programs read their files as they are.
  }

  exec(to: Target, command: string): CommandLine {
    return this.#line(to, 'exec', [command]);
  }

  terminal(to: Target, command: string): CommandLine {
    return this.#line(to, 'terminal', command === '' ? [] : [command]);
  }

  rekey = (to: Target, command: string): CommandLine => this.#line(to, 'rekey', [command]);

  /** They take the certificate that lies beside the key. */
  certified = (to: Target, _certificate: string, command: string): CommandLine => this.exec(to, command);

  channels = (to: Target, commands: readonly string[]): Promise<Ended> => {
    const { file, args } = this.#line(to, 'channels', commands);
    return run(file, args, '');
  };

  #line(to: Target, mode: string, commands: readonly string[]): CommandLine {
    const [file, ...first] = this.begins;
    return {
      file,
      args: [...first, String(to.port), to.login, to.key, to.knownHosts, mode, ...commands],
    };
  }
}

export class Paramiko extends LibraryProgram {
  readonly name = 'paramiko';
  readonly missing = absent(PYTHON, ['-c', 'import paramiko'], 'python3-paramiko');
  readonly rekeyed = /^new keys$/gm;
  protected readonly begins = [PYTHON, join(PROGRAMS, 'paramiko-client.py')] as const;

  version(): string {
    return versionOf(PYTHON, ['-c', 'import paramiko; print("V" + paramiko.__version__)'], /V(\S+)/);
  }
}

export class AsyncSsh extends LibraryProgram {
  readonly name = 'asyncssh';
  readonly missing = absent(PYTHON, ['-c', 'import asyncssh'], 'python3-asyncssh');
  readonly rekeyed = /Beginning key exchange/g;
  protected readonly begins = [PYTHON, join(PROGRAMS, 'asyncssh-client.py')] as const;

  version(): string {
    return versionOf(PYTHON, ['-c', 'import asyncssh; print("V" + asyncssh.__version__)'], /V(\S+)/);
  }
}

/** A program that `prepare` builds. */
export class LibSsh extends LibraryProgram {
  readonly name = 'libssh';
  readonly missing =
    spawnSync('cc', ['--version']).status !== 0
      ? 'needs the Debian package gcc'
      : spawnSync('cc', ['-E', '-include', 'libssh/libssh.h', '-xc', '/dev/null']).status !== 0
        ? 'needs the Debian package libssh-dev'
        : null;
  readonly rekeyed = /rekey/gi;
  protected begins: readonly [string, ...string[]] = ['/nonexistent'];

  version(): string {
    return versionOf('dpkg-query', ['-W', '-f', 'V${Version}', 'libssh-dev'], /V([^-]+)/);
  }

  override prepare({ home }: Target): void {
    const file = join(home, 'libssh-client');
    execFileSync('cc', ['-O1', '-o', file, join(PROGRAMS, 'libssh-client.c'), '-lssh']);
    this.begins = [file];
  }
}
