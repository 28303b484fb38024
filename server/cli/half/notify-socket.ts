import { createRequire } from 'node:module';
import { constants } from 'node:os';

/** Variables by which systemd says where it listens (sd_notify(3), sd_watchdog_enabled(3)). */
const VARIABLES = ['NOTIFY_SOCKET', 'WATCHDOG_USEC', 'WATCHDOG_PID'] as const;

/** Milliseconds until a message is tried again that systemd had no room for. */
const RETRY_MS = 200;

/** Sends one datagram. @returns 0, or the errno */
type Send = (path: string, message: string) => number;

/** What systemd gave this process. */
export interface NotifyPlace {
  /** An absolute path, or `@` and an abstract name (unix(7)). */
  readonly socket: string;
  /** It wants to hear that often that this process is well; null when it does not ask. Milliseconds. */
  readonly watchdogMs: number | null;
}

/**
 * Reads the variables and removes them: no child of this process may speak for it.
 *
 * @returns null when nobody wants to hear of this process
 */
export function takeNotifyPlace(environment: NodeJS.ProcessEnv, pid: number): NotifyPlace | null {
  const { NOTIFY_SOCKET: socket, WATCHDOG_USEC: period = '', WATCHDOG_PID: watched } = environment;
  for (const name of VARIABLES) Reflect.deleteProperty(environment, name);
  if (socket === undefined || !/^[/@]./.test(socket)) return null;
  const isAsked = /^[1-9][0-9]*$/.test(period) && (watched === undefined || watched === String(pid));
  return { socket, watchdogMs: isAsked ? Number(period) / 1000 : null };
}

/** The socket on which systemd listens. A message that it has no room for is sent later, in its turn. */
export class NotifySocket {
  readonly #path: string;
  readonly #send: Send;
  #waiting: string[] = [];
  #retry: NodeJS.Timeout | null = null;

  constructor(path: string, send: Send) {
    this.#path = path;
    this.#send = send;
  }

  /** @throws Error with one sentence when the native part is missing */
  static open(path: string): NotifySocket {
    try {
      const { send } = createRequire(import.meta.url)('./notify-socket.node') as { readonly send: Send };
      return new NotifySocket(path, send);
    } catch (error) {
      throw new Error(
        `systemd waits to hear of this process, and the module for that does not load. Run \`npm run build\` again, with a C compiler at hand. (${(error as Error).message})`,
        { cause: error },
      );
    }
  }

  /**
   * @param words what to tell, one printable line each: `NAME=VALUE`
   * @returns the errno of a message that can never arrive; 0 otherwise
   */
  tell(...words: readonly string[]): number {
    const message = words.join('\n');
    // Once, and last: what came between is older.
    this.#waiting = this.#waiting.filter((other) => other !== message && !isOlder(other, message));
    this.#waiting.push(message);
    return this.#flush();
  }

  close(): void {
    if (this.#retry !== null) clearTimeout(this.#retry);
    this.#retry = null;
    this.#waiting = [];
  }

  #flush(): number {
    for (let [message] = this.#waiting; message !== undefined; [message] = this.#waiting) {
      const fault = this.#send(this.#path, message);
      if (fault === constants.errno.EAGAIN || fault === constants.errno.ENOBUFS) {
        this.#retry ??= setTimeout(() => {
          this.#retry = null;
          this.#flush();
        }, RETRY_MS).unref();
        return 0;
      }
      this.#waiting.shift();
      if (fault !== 0) return fault;
    }
    return 0;
  }
}

/** Whether only the later of the two is of use: a status, by the one that replaces it. */
function isOlder(one: string, later: string): boolean {
  return one.startsWith('STATUS=') && later.startsWith('STATUS=');
}
