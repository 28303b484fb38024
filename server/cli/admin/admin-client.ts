import { existsSync, rmSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import type { GateSettings } from '../../../config/gate-settings.js';
import { isRefusal } from '../../../policy/refusal.js';
import type { Refusal } from '../../../policy/refusal.js';
import { ControlClient, ControlError, ControlUnreachableError } from '../../gate/control/control-client.js';
import { StreamedBytes, NEEDS_THE_GATE } from '../../gate/control/route.js';
import type { Method } from '../../gate/control/route.js';
import { AuditUnavailableError, StoreError } from '../../store/store-error.js';
import { asOwner } from './as-owner.js';
import { CliError, EXIT } from '../command/exit-status.js';
import { NewFile } from '../command/new-file.js';
import type { TakeBytes } from '../command/new-file.js';
import type { OwnDatabase } from './own-database.js';
import { refused } from '../command/refused.js';

const GONE = 'the gate has gone before it had handed over the whole';

/** Error codes that mean that no gate is running. */
const DOWN: ReadonlySet<string> = new Set(['ENOENT', 'ECONNREFUSED']);

/**
 * Sends an admin's requests to the running gate over its control socket. When no gate runs, it asks the
 * database itself, as the state directory's owner. Every refusal or failure is a CliError with its sentence.
 */
export class AdminClient {
  readonly #settings: GateSettings;
  readonly #admin: string;
  readonly #gate: ControlClient;
  #database: OwnDatabase | undefined;

  /** @param admin who asks, for the audit log */
  constructor(settings: GateSettings, admin: string) {
    this.#settings = settings;
    this.#admin = admin;
    this.#gate = new ControlClient(settings.controlSocket, admin);
  }

  /** @param path its parts percent-encoded */
  async ask(method: Method, path: string, given: object = {}): Promise<object> {
    const answer = await this.tryTo(method, path, given);
    if (isRefusal(answer)) throw refused(answer);
    return answer;
  }

  /** As `ask`, but returns a refusal: for one request among many. */
  async tryTo(method: Method, path: string, given: object = {}): Promise<object | Refusal> {
    return this.#reach(
      () => this.#gate.ask(method, path, given),
      () => this.#askDatabase(method, path, given),
    );
  }

  /** As `ask`, for requests that only a running gate can answer. */
  async askGate(method: Method, path: string, given: object = {}): Promise<object> {
    const answer = await this.#reach(() => this.#gate.ask(method, path, given));
    if (isRefusal(answer)) throw refused(answer);
    return answer;
  }

  /** As `askGate`. @returns null when no gate is running */
  async askRunningGate(method: Method, path: string, given: object = {}): Promise<object | null> {
    const answer = await this.#reach<object | null>(
      () => this.#gate.ask(method, path, given),
      () => Promise.resolve(null),
    );
    if (answer !== null && isRefusal(answer)) throw refused(answer);
    return answer;
  }

  /** Follows an answer that the running gate keeps adding to. @throws CliError */
  async follow(path: string, signal: AbortSignal): Promise<AsyncGenerator<object>> {
    const lines = await this.#reach(() => this.#gate.lines(path, signal));
    if (isRefusal(lines)) throw refused(lines);
    return lines;
  }

  /** Writes a copy of the database into a new file, mode 0600, owned by the user who runs this. */
  async backup(file: string): Promise<void> {
    await this.#reach(
      async () => {
        const copy = await NewFile.create(file);
        await copy.fill(async (take) => {
          const bytes = await this.#gate.bytes('POST', '/backup', { file });
          if (isRefusal(bytes)) throw refused(bytes);
          await take(wholly(bytes));
        });
      },
      async () => {
        const database = await this.#open();
        if (existsSync(file)) throw new CliError(`${file} is there already: name a new file`, EXIT.refused);
        await database.backup(file).catch((error: unknown) => {
          rmSync(file, { force: true });
          throw error;
        });
      },
    );
  }

  /**
   * Fetches an answer of bytes, piece by piece.
   *
   * @param take receives the bytes; it is called only when the request was not refused
   */
  async fetch(method: Method, path: string, take: TakeBytes): Promise<void> {
    await this.#reach(
      async () => {
        const bytes = await this.#gate.bytes(method, path, {});
        if (isRefusal(bytes)) throw refused(bytes);
        await take(wholly(bytes));
      },
      async () => {
        const answer = await this.#askDatabase(method, path, {});
        if (isRefusal(answer)) throw refused(answer);
        if (!(answer instanceof StreamedBytes)) throw new TypeError(`${path} does not answer with bytes`);
        await take(answer.stream as AsyncIterable<Buffer>);
      },
    );
  }

  /** Calling it twice is harmless. */
  close(): void {
    this.#database?.close();
    this.#database = undefined;
  }

  /** Asks the gate; without a running gate calls `otherwise`. @throws CliError */
  async #reach<T>(gate: () => Promise<T>, otherwise?: () => Promise<T>): Promise<T> {
    try {
      return await gate();
    } catch (error) {
      const { message } = error as Error;
      if (error instanceof CliError) throw error;
      if (!(error instanceof ControlUnreachableError)) throw new CliError(message, EXIT.failed);
      if (error.code === 'EACCES' || error.code === 'EPERM') {
        throw new CliError(`${message}: run this with sudo, or as the gate's own user`, EXIT.hostUnreachable);
      }
      if (!DOWN.has(error.code)) throw new CliError(message, EXIT.hostUnreachable);
    }
    if (otherwise === undefined)
      throw new CliError(`${NEEDS_THE_GATE} (${this.#settings.controlSocket})`, EXIT.hostUnreachable);
    try {
      return await otherwise();
    } catch (error) {
      if (error instanceof AuditUnavailableError)
        throw new CliError(`nothing was done: ${error.message}`, EXIT.refused);
      if (error instanceof StoreError)
        throw new CliError(`the gate is not running, and ${error.message}`, EXIT.refused);
      throw error;
    }
  }

  async #askDatabase(method: Method, path: string, given: object): Promise<object> {
    const database = await this.#open();
    return asOwner(this.#settings.state, () => database.ask(method, path, given));
  }

  /** Imports the module only now: with a running gate no command pays for loading the database. */
  async #open(): Promise<OwnDatabase> {
    if (this.#database === undefined) {
      const { OwnDatabase } = await import('./own-database.js');
      this.#database = await asOwner(this.#settings.state, () =>
        Promise.resolve(new OwnDatabase(this.#settings, this.#admin)),
      );
    }
    return this.#database;
  }
}

/** The bytes of an answer. @throws ControlError when the gate goes before it has sent all of them */
async function* wholly(answer: IncomingMessage): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of answer as AsyncIterable<Buffer>) yield chunk;
  } catch (error) {
    throw new ControlError(GONE, { cause: error });
  }
  if (!answer.complete) throw new ControlError(GONE);
}
