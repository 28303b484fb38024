import { createHash } from 'node:crypto';
import { realpathSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import type { Server } from 'node:net';
import { reason } from '../../wire/reason.js';
import { CliError, EXIT } from '../command/exit-status.js';
import { printable } from '../../../policy/printable.js';

/** Milliseconds that the lock's holder has to say who it is. */
const ANSWER_MS = 1_000;

/**
 * Held while a command changes policy files: one at a time. The lock is an abstract socket name (unix(7)),
 * which stands in no directory. The kernel gives it to one process and frees it however that process ends, so
 * no lock is ever left behind.
 */
export class PolicyLock {
  readonly #server: Server;

  /** Use `take`. */
  constructor(server: Server) {
    this.#server = server;
  }

  /** @throws CliError that says who holds the lock */
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
    // The lock must not keep the command alive after its work.
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
    throw new CliError(`the policy directory cannot be looked at: ${reason(error)}`);
  }
}

/** Any local process can have taken the name, so its answer is made printable. */
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
