import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { absent, versionOf } from './ssh-program.js';
import type { CommandLine, SshProgram, Target } from './ssh-program.js';

/**
 * dbclient. It guesses the key exchange, opens one channel for each connection, and asks for new keys only
 * after a gigabyte.
 */
export class Dropbear implements SshProgram {
  readonly name = 'Dropbear dbclient';
  readonly missing = absent('dbclient', ['-V'], 'dropbear-bin');
  readonly rekey = null;
  readonly rekeyed = /^$/;
  readonly channels = null;
  readonly certified = null;

  version(): string {
    return versionOf('dbclient', ['-V'], /Dropbear v(\S+)/);
  }

  prepare({ home, key, hostKey }: Target): void {
    mkdirSync(join(home, '.ssh'), { recursive: true });
    writeFileSync(join(home, '.ssh', 'known_hosts'), `127.0.0.1 ${hostKey}\n`);
    execFileSync('dropbearconvert', ['openssh', 'dropbear', key, join(home, 'dropbear-key')], {
      stdio: 'ignore',
    });
  }

  exec(to: Target, command: string): CommandLine {
    return this.#line(to, ['-T'], command);
  }

  terminal(to: Target, command: string): CommandLine {
    return this.#line(to, ['-t'], command);
  }

  #line(to: Target, options: readonly string[], command: string): CommandLine {
    const args = [...options, '-i', join(to.home, 'dropbear-key'), '-p', String(to.port)];
    return {
      file: 'dbclient',
      args: [...args, `${to.login}@127.0.0.1`, ...(command === '' ? [] : [command])],
    };
  }
}
