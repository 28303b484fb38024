import { chmod, chown, lstat, readFile, rm } from 'node:fs/promises';
import { createConnection } from 'node:net';
import type { Server } from 'node:net';
import { dirname } from 'node:path';
import { DirectoryError, makeDirectory } from '../../wire/make-directory.js';

const DIRECTORY_MODE = 0o750;
const SOCKET_MODE = 0o660;
export const ROOT_SOCKET_MODE = 0o600;
const WRITABLE_BY_ALL = 0o002;
const ANSWER_MS = 2_000;

/** Why the socket cannot be used, in one sentence. */
export class SocketError extends Error {}

/**
 * Listens on a Unix socket, by default 0660, that the group may use. Makes its directory, 0750, when that is
 * missing. A socket on which somebody answers is left alone; one on which nobody does was left by a
 * killed process, and is removed.
 *
 * @throws SocketError
 */
export async function listenOnSocket(
  server: Server,
  path: string,
  group: string | null,
  mode = SOCKET_MODE,
): Promise<void> {
  const gid = group === null ? null : await gidOf(group);
  await prepareDirectory(dirname(path), gid);
  await clearStale(path);
  await new Promise<void>((resolve, reject) => {
    const failed = (error: Error): void => {
      reject(new SocketError(`cannot listen on ${path}: ${error.message}`));
    };
    server.once('error', failed);
    server.listen(path, () => {
      server.off('error', failed);
      resolve();
    });
  });
  if (gid !== null) await chown(path, -1, gid);
  await chmod(path, mode);
}

async function prepareDirectory(directory: string, gid: number | null): Promise<void> {
  const made = await makeDirectory(directory, DIRECTORY_MODE).catch((error: unknown) => {
    if (error instanceof DirectoryError) throw new SocketError(`the socket's directory ${error.message}`);
    throw new SocketError(
      `cannot make ${directory}: ${error instanceof Error ? error.message : String(error)}`,
    );
  });
  if (made !== undefined) {
    await chmod(directory, DIRECTORY_MODE);
    if (gid !== null) await chown(directory, -1, gid);
    return;
  }
  const seen = await lstat(directory);
  if ((seen.mode & WRITABLE_BY_ALL) !== 0) {
    throw new SocketError(`anybody can write to ${directory}: the socket needs a directory of mode 0750`);
  }
}

async function clearStale(path: string): Promise<void> {
  const seen = await lstat(path).catch(() => null);
  if (seen === null) return;
  if (!seen.isSocket()) throw new SocketError(`${path} is there and is no socket`);
  if (await answers(path)) throw new SocketError(`another dom0 half is running: somebody answers on ${path}`);
  await rm(path, { force: true });
}

/** Errors that mean no socket, or no listener on it. */
const NOBODY = ['ECONNREFUSED', 'ENOENT', 'ENOTDIR'];

/** Whether somebody listens: accepts the connection, or is too busy to. */
export function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(path);
    const settle = (there: boolean): void => {
      socket.destroy();
      resolve(there);
    };
    socket.setTimeout(ANSWER_MS, () => {
      settle(true);
    });
    socket.once('connect', () => {
      settle(true);
    });
    socket.once('error', (error: NodeJS.ErrnoException) => {
      settle(!NOBODY.includes(error.code ?? ''));
    });
  });
}

/** Reads /etc/group, because Node cannot ask the name service. */
async function gidOf(group: string): Promise<number> {
  if (/^\d+$/.test(group)) return Number(group);
  const text = await readFile('/etc/group', 'utf8').catch(() => '');
  const row = text.split('\n').find((line) => line.startsWith(`${group}:`));
  const gid = Number(row?.split(':')[2] ?? NaN);
  if (!Number.isInteger(gid))
    throw new SocketError(`there is no group ${group} in /etc/group; its number serves as well`);
  return gid;
}
