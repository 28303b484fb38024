import { randomUUID } from 'node:crypto';
import { chmodSync, lstatSync, renameSync, rmSync, statSync } from 'node:fs';
import type { Server } from 'node:http';
import { connect } from 'node:net';
import { once } from 'node:events';
import { dirname } from 'node:path';
import { ownershipProblem } from '../../store/state-directory.js';
import { DirectoryError, makeDirectorySync } from '../../wire/make-directory.js';

/** The control socket cannot be opened: one clear sentence. */
class ControlSocketError extends Error {
  override readonly name = 'ControlSocketError';
}

/** The most bytes of a socket's path: sun_path of unix(7), without the final zero. */
const LONGEST_PATH = 107;

/**
 * Listens on a socket with mode 0600 in a directory with mode 0700. Removes a socket that a dead gate left;
 * one that answers belongs to a gate that runs.
 *
 * @throws ControlSocketError
 */
export async function listenOnControlSocket(server: Server, path: string): Promise<void> {
  if (Buffer.byteLength(path) > LONGEST_PATH) {
    throw new ControlSocketError(
      `controlSocket: ${path} is longer than ${LONGEST_PATH} bytes, the most for a socket`,
    );
  }
  secureDirectory(dirname(path));
  await removeStale(path);
  server.listen({ path });
  try {
    await once(server, 'listening');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new ControlSocketError(
      code === 'EADDRINUSE' ? anotherGate(path) : `cannot listen on ${path}: ${message}`,
    );
  }
  chmodSync(path, 0o600);
}

function anotherGate(path: string): string {
  return `another gate is running: it answers on ${path}`;
}

function secureDirectory(directory: string): void {
  try {
    makeDirectorySync(directory, 0o700);
    const problem = ownershipProblem(directory, statSync(directory), process.geteuid?.() ?? -1, 0o700);
    if (problem !== null) throw new ControlSocketError(problem);
  } catch (error) {
    if (error instanceof ControlSocketError) throw error;
    if (error instanceof DirectoryError)
      throw new ControlSocketError(`the control socket's directory ${error.message}`);
    throw new ControlSocketError(
      `cannot use ${directory} for the control socket: ${(error as Error).message}`,
    );
  }
}

/**
 * Removes the socket of a dead gate. Moves it aside and asks once more whether anybody is there: of two gates
 * that start at once, neither removes the other's.
 */
async function removeStale(path: string): Promise<void> {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return;
  if (!found.isSocket()) throw new ControlSocketError(`${path} is in the way: it is not a socket`);
  if (await answers(path)) throw new ControlSocketError(anotherGate(path));
  const aside = `${dirname(path)}/.${randomUUID().slice(0, 8)}`;
  try {
    renameSync(path, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  if (await answers(aside)) {
    renameSync(aside, path);
    throw new ControlSocketError(anotherGate(path));
  }
  rmSync(aside, { force: true });
}

/** @returns whether a process accepts connections there */
function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ path });
    const done = (alive: boolean) => (): void => {
      socket.destroy();
      resolve(alive);
    };
    socket.once('connect', done(true));
    socket.once('error', done(false));
  });
}
