import { printable } from '../../../policy/printable.js';
import type { Authenticator } from './authenticate.js';
import { ClientOffer } from './client-offer.js';
import { LoginTries } from './login-tries.js';
import type { RefusedConnection } from './refused-connections.js';
import type { Ssh2Protocol } from './ssh2-private.js';

/** Notes of one connection, which say at its end why nobody has logged in by it. */
export class RefusalNotes {
  /** Answers login requests, and remembers those that are refused. */
  readonly tries: LoginTries;
  readonly #protocol: Ssh2Protocol;
  readonly #offer: ClientOffer;
  #failure: string | null = null;
  #turnedAway: string | null = null;
  #lookUpFailed = false;

  /** To be made before the client's first packet. */
  constructor(protocol: Ssh2Protocol, authenticator: Pick<Authenticator, 'answer'>) {
    this.#protocol = protocol;
    this.tries = new LoginTries(authenticator);
    this.#offer = new ClientOffer(protocol);
  }

  /** How the connection failed. The first time counts. */
  failed(how: string): void {
    this.#failure ??= how;
  }

  /** What was said to a customer whose key was right. */
  turnedAway(sentence: string): void {
    this.#turnedAway = sentence;
  }

  lookUpFailed(): void {
    this.#lookUpFailed = true;
  }

  loggedIn(): void {
    this.#offer.forget();
  }

  /** @param connection its id */
  refusal(connection: string): Omit<RefusedConnection, 'at' | 'source' | 'times'> {
    const said = this.#protocol._remoteIdentRaw?.toString('utf8') ?? '';
    const tries = this.tries.refused;
    const who = { connection, client: printable(said.replace(/^SSH-2\.0-/, ''), 100), tries };
    if (this.#lookUpFailed) return { ...who, because: 'look-up-failed', detail: null };
    if (this.#turnedAway !== null)
      return { ...who, because: 'customer-has-too-many', detail: this.#turnedAway };
    const failure = this.#failure === null ? null : printable(this.#failure, 200);
    const offered = this.#failure === null ? null : this.#offer.lacking(this.#failure);
    if (offered !== null) {
      const detail = `${failure ?? ''}; the client offers ${offered}`;
      return { ...who, because: 'no-common-algorithm', detail };
    }
    if (tries.length > 0) return { ...who, because: 'login-refused', detail: null };
    return { ...who, because: failure === null ? 'left' : 'protocol-error', detail: failure };
  }
}
