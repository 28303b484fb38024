import { spawnSync } from 'node:child_process';
import type { Ended } from '../support/house.js';

/** Where a program logs in, and with what. */
export interface Target {
  readonly port: number;
  readonly login: string;
  /** The customer's Ed25519 key, in OpenSSH's format. */
  readonly key: string;
  readonly knownHosts: string;
  /** The gate's public key: `ssh-ed25519 AAAA…`. */
  readonly hostKey: string;
  /** The program's HOME, for whatever it wants to write. */
  readonly home: string;
}

export interface CommandLine {
  readonly file: string;
  readonly args: readonly string[];
}

/** One SSH client that customers have. It is run as it comes; nothing here installs it. */
export interface SshProgram {
  readonly name: string;
  /** The Debian package that is not there, in a sentence; null: it can be run. */
  readonly missing: string | null;
  readonly version: () => string;
  /** Writes what the program needs, in its HOME. */
  prepare(to: Target): void;
  /** A command without a pty. */
  exec(to: Target, command: string): CommandLine;
  /** A command on a pty, or the menu for an empty one. Its own stdin may be a pipe. */
  terminal(to: Target, command: string): CommandLine;
  /** As `exec`, asking for new keys after each 64 KiB; null: it cannot be told to. */
  readonly rekey: ((to: Target, command: string) => CommandLine) | null;
  /** What its stderr says each time that it asked. */
  readonly rekeyed: RegExp;
  /** Commands on one connection, all at once; null: it cannot do that. */
  readonly channels: ((to: Target, commands: readonly string[]) => Promise<Ended>) | null;
}

/** What a program says of its version, on whichever of its outputs. */
export function versionOf(file: string, args: readonly string[], pattern: RegExp): string {
  const { stdout, stderr } = spawnSync(file, args, { encoding: 'utf8' });
  return pattern.exec(`${stdout}${stderr}`)?.[1] ?? 'of unknown version';
}

/** @returns a sentence when the program is not there */
export function absent(file: string, args: readonly string[], what: string): string | null {
  const { error, status } = spawnSync(file, args, { stdio: 'ignore' });
  return error === undefined && status !== 127 && (args[0] !== '-c' || status === 0)
    ? null
    : `needs the Debian package ${what}`;
}
