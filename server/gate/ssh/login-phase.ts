import type { AuthContext } from 'ssh2';
import type { Authenticator } from './authenticate.js';
import { Login } from './login.js';
import type { LoginEvents } from './login.js';
import { RefusalNotes } from './refusal-notes.js';
import type { RefusedConnection } from './refused-connections.js';
import type { Source } from './source.js';
import type { Ssh2Protocol } from './ssh2-private.js';
import { keepWholeSignature } from './whole-signature.js';

/** A connection by which nobody has logged in yet: the tries, and notes of why they came to nothing. */
export class LoginPhase {
  readonly #notes: RefusalNotes;
  readonly #login: Login;

  /**
   * To be made before the client's first packet.
   *
   * @param tries how many may fail
   */
  constructor(
    protocol: Ssh2Protocol,
    { address: source }: Source,
    tries: number,
    authenticator: Pick<Authenticator, 'answer'>,
    events: LoginEvents,
  ) {
    this.#notes = new RefusalNotes(protocol, {
      answer: (request) => authenticator.answer({ ...request, source }),
    });
    this.#login = new Login(this.#notes.tries, tries, keepWholeSignature(protocol), {
      ...events,
      faulted: (error) => {
        this.#notes.lookUpFailed();
        events.faulted(error);
      },
    });
  }

  get failedTries(): number {
    return this.#login.failedTries;
  }

  request(context: AuthContext): void {
    this.#login.request(context);
  }

  /** How the connection failed. The first time counts. */
  failed(how: string): void {
    this.#notes.failed(how);
  }

  /** What was said to a customer whose key was right. */
  turnedAway(sentence: string): void {
    this.#notes.turnedAway(sentence);
  }

  /** Somebody has logged in. */
  over(): void {
    this.#notes.loggedIn();
  }

  /** Why nobody has logged in. @param connection its id */
  refusal(connection: string): Omit<RefusedConnection, 'at' | 'source' | 'times'> {
    return this.#notes.refusal(connection);
  }
}
