import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { OpenSsh } from './openssh.js';

const TREE = fileURLToPath(new URL('../../../node_modules/.cache/debian-13-ssh', import.meta.url));
const LIBRARIES = ['usr/lib/x86_64-linux-gnu', 'usr/lib/aarch64-linux-gnu'];

/**
 * The client of Debian 13, from a tree that mmdebstrap makes once without running its scripts. The tree's own
 * loader starts it with the tree's own libraries, so it needs no root and sees this machine's files.
 */
export function opensshOfDebian13(): OpenSsh {
  const missing = made();
  const loader = ['usr/lib64/ld-linux-x86-64.so.2', 'usr/lib/ld-linux-aarch64.so.1']
    .map((name) => `${TREE}/${name}`)
    .find((path) => existsSync(path));
  const path = LIBRARIES.map((name) => `${TREE}/${name}`).join(':');
  return new OpenSsh(
    'OpenSSH of Debian 13',
    [loader ?? '/nonexistent', '--library-path', path, `${TREE}/usr/bin/ssh`],
    missing,
    'mlkem768x25519-sha256',
  );
}

/** @returns why there is no tree; null when there is one */
function made(): string | null {
  if (existsSync(`${TREE}/usr/bin/ssh`)) return null;
  const building = `${TREE}.building`;
  mkdirSync(dirname(building), { recursive: true });
  rmSync(building, { recursive: true, force: true });
  const { error, status, stderr } = spawnSync(
    'mmdebstrap',
    ['--quiet', '--variant=extract', '--include=openssh-client', 'trixie', building],
    { encoding: 'utf8' },
  );
  if (error !== undefined) return 'needs the Debian package mmdebstrap';
  if (status !== 0) return `mmdebstrap could not make Debian 13: ${stderr.trim().split('\n').at(-1) ?? ''}`;
  renameSync(building, TREE);
  return null;
}
