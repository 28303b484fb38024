import { reason } from '../../wire/reason.js';
import { createHmac } from 'node:crypto';
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { printable } from '../../../policy/printable.js';
import type { NoticeMessage } from '../../store/notice-messages.js';
import { messageJson, MOST_PER_HOUR } from './notice-channel.js';
import type { NoticeChannel } from './notice-channel.js';

/** The answer's status must be there after so long. Milliseconds. */
const ANSWER_MS = 10_000;
/** A shorter secret could be guessed. Bytes. */
const LEAST_SECRET = 16;
const MOST_SECRET = 4_096;

interface WebhookSettings {
  readonly url: string;
  /** The file of the secret that signs. It is read for each message, so that a new one counts at once. */
  readonly secretFile: string;
  /** For tests. Milliseconds. */
  readonly timeLimit?: number;
}

/**
 * Posts each message to an address that an admin has set. It follows no redirect and reads nothing of the answer but
 * its status. The signature is HMAC-SHA256 over the time, a dot and the body, as Stripe and others do it.
 */
export class WebhookChannel implements NoticeChannel {
  readonly name: string;
  readonly type = 'webhook';
  readonly most = 100;
  readonly perHour = MOST_PER_HOUR;
  readonly #site: string;
  readonly #settings: WebhookSettings;
  readonly #clock: () => Date;

  constructor(name: string, site: string, settings: WebhookSettings, clock: () => Date) {
    this.name = name;
    this.#site = site;
    this.#settings = settings;
    this.#clock = clock;
  }

  async deliver(message: NoticeMessage, signal: AbortSignal): Promise<string | null> {
    const secret = await readSecret(this.#settings.secretFile);
    if (typeof secret === 'string') return secret;
    const body = messageJson(this.#site, message);
    const time = Math.floor(this.#clock().getTime() / 1000);
    const headers = {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
      'user-agent': 'Postern',
      'postern-message': message.id,
      'postern-signature': `t=${time},v1=${signatureOf(secret, time, body)}`,
    };
    return this.#post(body, headers, signal);
  }

  #post(
    body: string,
    headers: Readonly<Record<string, string | number>>,
    signal: AbortSignal,
  ): Promise<string | null> {
    const { url, timeLimit = ANSWER_MS } = this.#settings;
    const limit = AbortSignal.timeout(timeLimit);
    return new Promise((resolve) => {
      const send = new URL(url).protocol === 'https:' ? requestHttps : requestHttp;
      const request = send(url, {
        method: 'POST',
        headers,
        agent: false,
        signal: AbortSignal.any([signal, limit]),
      });
      request.once('response', (response) => {
        const status = response.statusCode ?? 0;
        response.on('error', () => undefined);
        response.destroy();
        resolve(status >= 200 && status < 300 ? null : `it answered with status ${status}`);
      });
      request.once('error', (error) => {
        if (limit.aborted) resolve(`it did not answer within ${Math.ceil(timeLimit / 1000)} s`);
        else resolve(`it cannot be reached: ${printable(reason(error), 200)}`);
      });
      request.on('error', () => undefined);
      request.end(body);
    });
  }
}

/** @returns hex, over `TIME.BODY` */
export function signatureOf(secret: Buffer, time: number, body: string): string {
  return createHmac('sha256', secret).update(`${time}.${body}`).digest('hex');
}

/** @returns why it cannot be used, when it is text */
export async function readSecret(file: string): Promise<Buffer | string> {
  try {
    // A FIFO would never be opened.
    await using handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK);
    const stat = await handle.stat();
    if (!stat.isFile()) return `the secret file ${file} is no file`;
    if (stat.size > MOST_SECRET) return `the secret file ${file} has more than ${MOST_SECRET} bytes`;
    const secret = Buffer.from((await handle.readFile('utf8')).trim());
    return secret.length < LEAST_SECRET
      ? `the secret in ${file} has fewer than ${LEAST_SECRET} bytes`
      : secret;
  } catch (error) {
    return `the secret cannot be read: ${printable(reason(error), 200)}`;
  }
}
