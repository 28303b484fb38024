import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { parseDomainName } from '../../../policy/names.js';
import { isRefusal, refusal } from '../../../policy/refusal.js';
import { LOG_HEADER } from '../../wire/log.js';
import { parseLogQuery } from '../console-log/log-query.js';
import { LogReaders } from '../console-log/log-readers.js';
import type { ConsoleHost } from '../observation/console-host.js';
import { refuse } from './http-answer.js';
import { requestedDomain } from './requested-domain.js';
import type { FindDomain } from './requested-domain.js';

export interface LogAnswersParts {
  readonly domain: FindDomain;
  readonly consoles: Pick<ConsoleHost, 'readLog' | 'readLogWith'>;
}

/** Answers with the logs of consoles. */
export class LogAnswers {
  readonly #parts: LogAnswersParts;
  readonly #readers = new LogReaders();

  constructor(parts: LogAnswersParts) {
    this.#parts = parts;
  }

  /** Sends raw console bytes. The client must make them printable or give them to a terminal. */
  async send(key: string | undefined, asked: URLSearchParams, response: ServerResponse): Promise<void> {
    const query = parseLogQuery(asked);
    const view = requestedDomain(this.#parts.domain, key);
    const former = isRefusal(query) || (query.uuid ?? null) === null ? undefined : parseDomainName(key ?? '');
    const name = former ?? (isRefusal(view) ? view : view.name);
    if (isRefusal(name)) {
      refuse(response, name);
      return;
    }
    if (isRefusal(query)) {
      refuse(response, query);
      return;
    }
    const leave = this.#readers.enter(name);
    if (leave === null) {
      refuse(response, refusal('host-limit', 'Too many people read this log now. Try again later.'));
      return;
    }
    const gone = new AbortController();
    response.on('close', () => {
      gone.abort();
      leave();
    });
    const { consoles } = this.#parts;
    const uuid = query.uuid ?? null;
    const answer = await (uuid === null
      ? consoles.readLog(name, query)
      : consoles.readLogWith(name, uuid, query));
    if (answer === null) {
      refuse(response, refusal('no-such-domain', 'There is no such log.', `no log of ${name} has ${uuid}`));
      return;
    }
    const { facts, bytes } = answer;
    response.writeHead(200, {
      'content-type': 'application/octet-stream',
      [LOG_HEADER]: JSON.stringify(facts),
    });
    response.flushHeaders();
    // A reader who has left is no fault.
    await pipeline(Readable.from(bytes(gone.signal), { objectMode: false }), response).catch(
      (error: unknown) => {
        if (!gone.signal.aborted) throw error;
      },
    );
  }
}
