import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { CliError } from '../command/exit-status.js';
import { makeDirectorySync } from '../../wire/make-directory.js';

/**
 * Makes a demo customer's key pair with ssh-keygen(1), as a customer would.
 *
 * @returns the public key line
 * @throws CliError when ssh-keygen is missing, or a private key is open to others (ssh would refuse it)
 */
export function demoKey(directory: string, customer: string): string {
  makeDirectorySync(directory, 0o700);
  const file = join(directory, customer);
  if (!existsSync(file)) {
    try {
      execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', `${customer}@demo`, '-f', file], {
        stdio: ['ignore', 'ignore', 'pipe'],
      });
    } catch (error) {
      throw new CliError(
        `the demo makes its customers' keys with ssh-keygen, which failed (${(error as Error).message.split('\n')[0] ?? ''}); install an OpenSSH client`,
      );
    }
  }
  const mode = statSync(file).mode & 0o777;
  if ((mode & 0o077) !== 0) {
    throw new CliError(
      `the key file ${file} is open to others (mode ${mode.toString(8).padStart(4, '0')}) and ssh would refuse it; run: chmod 600 ${file}`,
    );
  }
  return readFileSync(`${file}.pub`, 'utf8').trim();
}
