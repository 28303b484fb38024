import { printable } from '../../../policy/printable.js';
import type { Logger } from '../../wire/logger.js';
import type { RateLimitedLog } from './rate-limited-log.js';
import type { Source } from './source.js';

/** What one connection says in the log. Until somebody has logged in by it, its lines come at a stranger's pace. */
export class ConnectionLog {
  readonly #log: Logger;
  readonly #strangers: RateLimitedLog;
  readonly #source: Source;
  readonly #connection: string;

  constructor(log: Logger, strangers: RateLimitedLog, source: Source, connection: string) {
    this.#log = log;
    this.#strangers = strangers;
    this.#source = source;
    this.#connection = connection;
  }

  failed(reason: string, isStranger: boolean): void {
    const fields = { connection: this.#connection, reason: printable(reason, 200) };
    if (isStranger) this.#strangers.info(this.#source, fields, 'connection.failed');
    else this.#log.info(fields, 'connection.failed');
  }

  /** @param what what the client did, in our words */
  brokeProtocol(what: string, isStranger: boolean): void {
    const fields = { connection: this.#connection, client: what };
    if (isStranger) this.#strangers.warn(this.#source, fields, 'connection.broke-protocol');
    else this.#log.warn({ source: this.#source.address, ...fields }, 'connection.broke-protocol');
  }

  lookUpFailed(error: unknown): void {
    this.#log.error({ connection: this.#connection, err: error }, 'login.lookup-failed');
  }

  farewellUnsent(error: unknown): void {
    this.#log.debug({ connection: this.#connection, err: error }, 'connection.farewell-unsent');
  }

  sessionFault(session: string, error: unknown): void {
    this.#log.error({ connection: this.#connection, session, err: error }, 'session.fault');
  }
}
