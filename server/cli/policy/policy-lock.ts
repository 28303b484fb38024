import { createHash } from 'node:crypto';
import { realpathSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import type { Server } from 'node:net';
import { CliError, EXIT } from '../command/exit-status.js';
import { printable } from '../../../policy/printable.js';

/** How long whoever holds the lock is waited for to say who it is. */
const ANSWER_MS = 1_000;

/**
 * Held while policy files are changed by a command: one at a time. It is a name of a socket that stands in no directory (unix(7), "abstract"):
 * the kernel gives it to one process, and takes it back whichever way that ends, so that none is ever left behind.
 */
export class PolicyLock {
  readonly #server: Server;

  /** Made by `take`. */
  constructor(server: Server) {
    this.#server = server;
  }

  /** @throws CliError that says who holds it */
  static async take(directory: string, admin: string): Promise<PolicyLock> {
    const digest = createHash('sha256').update(real(directory)).digest('hex');
    const name = `\0postern-policy-${digest.slice(0, 32)}`;
    const server = createServer((socket) => {
      socket.on('error', () => undefined).end(`${admin}, process ${process.pid}`);
    });
    try {
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject).listen(name, resolve);
      });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
      const who = await holder(name);
      throw new CliError(`the policy is being changed by ${who}: nothing was done`, EXIT.busy);
    }
    // Waiting for nobody: the command ends when its work does.
    server.unref();
    return new PolicyLock(server);
  }

  release(): void {
    this.#server.close();
  }
}

function real(directory: string): string {
  try {
    return realpathSync(directory);
  } catch (error) {
    throw new CliError(`the policy directory cannot be looked at: ${(error as Error).message}`);
  }
}

/** Any process can have taken the name, so that what it says is made printable. */
async function holder(name: string): Promise<string> {
  return new Promise((resolve) => {
    let said = '';
    const socket = connect(name);
    const timer = setTimeout(() => socket.destroy(), ANSWER_MS);
    socket
      .setEncoding('utf8')
      .on('data', (text: string) => {
        said += text;
        if (said.length > 200) socket.destroy();
      })
      .on('error', () => undefined)
      .once('close', () => {
        clearTimeout(timer);
        resolve(said === '' ? 'somebody else' : printable(said, 100));
      });
  });
}
