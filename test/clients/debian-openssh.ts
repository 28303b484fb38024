import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { OpenSsh } from './openssh.js';

const CACHE = fileURLToPath(new URL('../../../node_modules/.cache', import.meta.url));
const LIBRARIES = ['usr/lib/x86_64-linux-gnu', 'usr/lib/aarch64-linux-gnu'];
const LOADERS = ['usr/lib64/ld-linux-x86-64.so.2', 'usr/lib/ld-linux-aarch64.so.1'];

/** A release of Debian whose OpenSSH prefers `mlkem768x25519-sha256`. */
interface Release {
  readonly number: number;
  readonly suite: string;
}

export const TRIXIE: Release = { number: 13, suite: 'trixie' };
export const FORKY: Release = { number: 14, suite: 'forky' };

/**
 * The client of another Debian, from a tree that mmdebstrap makes once without running its scripts. The tree's own
 * loader starts it with the tree's own libraries, so it needs no root and sees this machine's files.
 */
export function opensshOf({ number, suite }: Release): OpenSsh {
  const tree = `${CACHE}/debian-${number}-ssh`;
  const missing = made(tree, suite);
  const loader = LOADERS.map((name) => `${tree}/${name}`).find((path) => existsSync(path));
  const libraries = LIBRARIES.map((name) => `${tree}/${name}`).join(':');
  const begins = [loader ?? '/nonexistent', '--library-path', libraries] as const;
  // The client starts it by a path alone.
  const helper = `${tree}.sk-helper`;
  if (missing === null) {
    const line = ['exec', ...begins, `${tree}/usr/lib/openssh/ssh-sk-helper`].map(quoted).join(' ');
    writeFileSync(helper, `#!/bin/sh\n${line} "$@"\n`, { mode: 0o755 });
  }
  return new OpenSsh({
    name: `OpenSSH of Debian ${number}`,
    ssh: [...begins, `${tree}/usr/bin/ssh`],
    missing,
    kex: 'mlkem768x25519-sha256',
    helper,
  });
}

/** @returns why there is no tree; null when there is one */
function made(tree: string, suite: string): string | null {
  if (existsSync(`${tree}/usr/bin/ssh`)) return null;
  const building = `${tree}.building`;
  mkdirSync(dirname(building), { recursive: true });
  rmSync(building, { recursive: true, force: true });
  const { error, status, stderr } = spawnSync(
    'mmdebstrap',
    [
      '--quiet',
      '--variant=extract',
      // The index of a release that is not out may be older than it says.
      '--aptopt=Acquire::Check-Valid-Until "false"',
      '--include=openssh-client',
      suite,
      building,
    ],
    { encoding: 'utf8' },
  );
  if (error !== undefined) return 'needs the Debian package mmdebstrap';
  if (status !== 0)
    return `mmdebstrap could not make Debian's ${suite}: ${stderr.trim().split('\n').at(-1) ?? ''}`;
  renameSync(building, tree);
  return null;
}

/** A word for sh(1). */
function quoted(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
