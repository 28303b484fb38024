import { spawnSync } from 'node:child_process';
import type { Ended } from '../support/house.js';

/** A login's destination and credentials. */
export interface Target {
  readonly port: number;
  readonly login: string;
  /** The customer's key, in OpenSSH's format. */
  readonly key: string;
  readonly knownHosts: string;
  /** The gate's public key: `ssh-ed25519 AAAA…`. */
  readonly hostKey: string;
  /** The program's HOME, for any files that it writes. */
  readonly home: string;
}

export interface CommandLine {
  readonly file: string;
  readonly args: readonly string[];
}

/** An SSH client that customers use, as it comes. Nothing here installs it. */
export interface SshProgram {
  readonly name: string;
  /** Names the missing Debian package in a sentence; null when the program can run. */
  readonly missing: string | null;
  readonly version: () => string;
  /** Writes the files that the program needs in its HOME. */
  prepare(to: Target): void;
  /** Runs a command without a pty. */
  exec(to: Target, command: string): CommandLine;
  /** Runs a command on a pty, or the menu for an empty command. Its own stdin may be a pipe. */
  terminal(to: Target, command: string): CommandLine;
  /** As `exec`, asking for new keys after each 64 KiB; null when the program cannot. */
  readonly rekey: ((to: Target, command: string) => CommandLine) | null;
  /** Matches its stderr once for each request. */
  readonly rekeyed: RegExp;
  /** As `exec`, telling of each key exchange on stderr; left out: it is not asked to. */
  readonly verbose?: (to: Target, command: string) => CommandLine;
  /** What `verbose` and `rekey` say of each key exchange by the method that the program should choose. */
  readonly exchanged?: RegExp;
  /** As `exec`, with a certificate for the key, in a `-cert.pub` file beside it; null when the program cannot. */
  readonly certified: ((to: Target, certificate: string, command: string) => CommandLine) | null;
  /** Runs commands on one connection, all at once; null when the program cannot. */
  readonly channels: ((to: Target, commands: readonly string[]) => Promise<Ended>) | null;
}

/** The version that a program prints, on either output. */
export function versionOf(file: string, args: readonly string[], pattern: RegExp): string {
  const { stdout, stderr } = spawnSync(file, args, { encoding: 'utf8' });
  return pattern.exec(`${stdout}${stderr}`)?.[1] ?? 'of unknown version';
}

/** @returns a sentence when the program is missing */
export function absent(file: string, args: readonly string[], what: string): string | null {
  const { error, status } = spawnSync(file, args, { stdio: 'ignore' });
  return error === undefined && status !== 127 && (args[0] !== '-c' || status === 0)
    ? null
    : `needs the Debian package ${what}`;
}
