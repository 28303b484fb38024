import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Target } from './server-under-load.js';

/** What a process of the load generator may be asked for, one at a time. */
export type LoadRequest =
  /** Log in, wait for the menu, leave; so many at once. Values: milliseconds to the first byte. */
  | { readonly do: 'logins'; readonly target: Target; readonly count: number; readonly atOnce: number }
  /** Open menus and keep them. */
  | { readonly do: 'keep'; readonly target: Target; readonly count: number }
  /** Type into a console, as the second customer. Values: milliseconds to each echo. */
  | { readonly do: 'echo'; readonly target: Target; readonly domain: string; readonly count: number }
  /** Open so many menus of the first customer, and press a key in each of them so often until the process ends. */
  | { readonly do: 'storm'; readonly target: Target; readonly count: number; readonly everyMs: number }
  /** Press a key in kept menus. Values: milliseconds to what changes. */
  | { readonly do: 'touch'; readonly count: number }
  /** Count the kept menus. Value: how many are still open. */
  | { readonly do: 'count' }
  /** Read a flooding console as the first customer until the process ends, with so many who watch it. */
  | { readonly do: 'flood'; readonly target: Target; readonly domain: string; readonly watchers: number }
  /** Read a console to its mark. Values: bytes, milliseconds. */
  | { readonly do: 'source'; readonly target: Target; readonly domain: string };

export type LoadAnswer =
  | { readonly ok: true; readonly values: number[]; readonly cpuMs: number }
  | { readonly ok: false; readonly message: string };

/** A request that takes longer has failed. Milliseconds. */
const LONGEST_MS = 300_000;

const CLIENT = fileURLToPath(new URL('load-client.js', import.meta.url));

/** One process of the load generator. Its connections end with it. */
export class Load {
  readonly #child: ChildProcess = fork(CLIENT, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  /** CPU time that the requests so far took here. Milliseconds. */
  cpuMs = 0;

  /** @throws Error when it could not be done */
  async ask(request: LoadRequest): Promise<readonly number[]> {
    const answer = await new Promise<LoadAnswer>((resolve, reject) => {
      const ended = (): void => {
        reject(new Error('the load generator ended'));
      };
      this.#child.once('exit', ended);
      const late = setTimeout(() => {
        reject(new Error(`${request.do}: no end after ${LONGEST_MS / 1000} s`));
      }, LONGEST_MS);
      this.#child.once('message', (message) => {
        clearTimeout(late);
        this.#child.off('exit', ended);
        resolve(message as LoadAnswer);
      });
      this.#child.send(request);
    });
    if (!answer.ok) throw new Error(`${request.do}: ${answer.message}`);
    this.cpuMs += answer.cpuMs;
    return answer.values;
  }

  async end(): Promise<void> {
    const ended = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.disconnect();
    await ended;
  }
}
