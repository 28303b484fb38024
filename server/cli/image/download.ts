import { reason } from '../../wire/reason.js';
import { CliError, EXIT } from '../command/exit-status.js';

/** Milliseconds. */
export interface Patience {
  /** Until the server begins to answer. */
  readonly answerMs: number;
  /** Between two pieces of the body. */
  readonly pieceMs: number;
}

export const PATIENCE: Patience = { answerMs: 30_000, pieceMs: 60_000 };

const MOST_REDIRECTS = 5;
const REDIRECTS: readonly number[] = [301, 302, 303, 307, 308];

/** An answer whose body is still to come. */
export interface Download {
  /** As the server says; null when it does not. */
  readonly bytes: number | null;
  readonly body: AsyncIterable<Buffer>;
}

/**
 * Whether a text is a URL, and not the name of a file.
 *
 * @throws CliError for a URL that is not fetched: anything but https, or one with a password in it
 */
export function parseDownloadUrl(text: string): URL | null {
  if (!/^[A-Za-z][A-Za-z0-9+.-]*:\/\//.test(text)) return null;
  const url = URL.parse(text);
  if (url === null) throw new CliError(`${JSON.stringify(text)} is no URL`, EXIT.usage);
  if (url.protocol !== 'https:')
    throw new CliError(
      `${url.protocol}// is not fetched: give an https URL, or fetch the file yourself and name it`,
      EXIT.usage,
    );
  if (url.username !== '' || url.password !== '')
    throw new CliError('a URL with a user or a password is not fetched: fetch the file yourself', EXIT.usage);
  return url;
}

/**
 * Asks for a file by https. It follows redirects to https alone, and verifies each server.
 *
 * @throws CliError, at once or while the body is read: nobody answers, or not with the file, or not in time
 */
export async function download(url: URL, signal: AbortSignal, patience: Patience): Promise<Download> {
  if (process.env['NODE_TLS_REJECT_UNAUTHORIZED'] === '0')
    throw new CliError(
      'nothing is fetched while NODE_TLS_REJECT_UNAUTHORIZED=0 is set: unset it',
      EXIT.usage,
    );
  const watch = new Watch(url, signal, patience.answerMs);
  try {
    const response = await follow(url, watch);
    const coding = response.headers.get('content-encoding') ?? 'identity';
    if (coding !== 'identity')
      throw new CliError(`${url.href} is sent as ${coding}, so its sum would be of something else`);
    const length = Number(response.headers.get('content-length') ?? Number.NaN);
    return {
      bytes: Number.isSafeInteger(length) ? length : null,
      body: bodyOf(response, watch, patience.pieceMs),
    };
  } catch (error) {
    watch.end();
    throw watch.explained(error);
  }
}

/** The time that a download takes, and why it ended. */
class Watch {
  readonly #url: URL;
  readonly #late = new AbortController();
  readonly #outer: AbortSignal;
  readonly signal: AbortSignal;
  #timer: NodeJS.Timeout;

  constructor(url: URL, outer: AbortSignal, withinMs: number) {
    this.#url = url;
    this.#outer = outer;
    this.signal = AbortSignal.any([outer, this.#late.signal]);
    this.#timer = this.#start(withinMs);
  }

  again(withinMs: number): void {
    clearTimeout(this.#timer);
    this.#timer = this.#start(withinMs);
  }

  /** Ends the connection too. */
  end(): void {
    clearTimeout(this.#timer);
    this.#late.abort();
  }

  explained(error: unknown): unknown {
    if (error instanceof CliError || this.#outer.aborted) return error;
    const late: unknown = this.#late.signal.reason;
    if (late instanceof CliError) return late;
    const cause = error instanceof Error ? (error.cause ?? error) : error;
    return new CliError(`${this.#url.href} cannot be fetched: ${reason(cause)}`);
  }

  #start(withinMs: number): NodeJS.Timeout {
    return setTimeout(() => {
      this.#late.abort(
        new CliError(`${this.#url.href} cannot be fetched: nothing came for ${withinMs / 1000} s`),
      );
    }, withinMs);
  }
}

async function follow(first: URL, watch: Watch): Promise<Response> {
  let url = first;
  for (let count = 0; count <= MOST_REDIRECTS; count += 1) {
    const response = await fetch(url, {
      redirect: 'manual',
      signal: watch.signal,
      // The sum is of the bytes as they are.
      headers: { 'accept-encoding': 'identity' },
    });
    const to = response.headers.get('location');
    if (!REDIRECTS.includes(response.status) || to === null) {
      if (response.status === 200) return response;
      throw new CliError(`${url.href} cannot be fetched: the server answers ${response.status}`);
    }
    await response.body?.cancel();
    const next = URL.parse(to, url.href);
    if (next?.protocol !== 'https:' || next.username !== '' || next.password !== '')
      throw new CliError(
        `${url.href} leads to ${JSON.stringify(to)}: only https is followed, so nothing was fetched`,
      );
    url = next;
  }
  throw new CliError(`${first.href} cannot be fetched: more than ${MOST_REDIRECTS} redirects`);
}

async function* bodyOf(response: Response, watch: Watch, pieceMs: number): AsyncGenerator<Buffer> {
  try {
    watch.again(pieceMs);
    for await (const piece of response.body ?? []) {
      yield Buffer.from(piece);
      watch.again(pieceMs);
    }
  } catch (error) {
    throw watch.explained(error);
  } finally {
    watch.end();
  }
}
