import type { AuthContext } from 'ssh2';
import type { Authenticator, LoginAnswer, LoginRefused, LoginRequest } from './authenticate.js';
import type { WholeSignature } from './whole-signature.js';

/**
 * The most requests of one connection that are not tries (probes, `none`): an agent may hold many keys, not
 * endlessly many.
 */
const MOST_PROBES = 100;

/** Called about the login of a connection. */
export interface LoginEvents {
  /** Called before the client is told. @returns false when the connection is ending instead */
  acceptLogin(accepted: Extract<LoginAnswer, { kind: 'accepted' }>): boolean;
  /** One failed try. */
  refused(login: string, refused: LoginRefused): void;
  /** The connection must end now: too many tries or probes. */
  exhausted(): void;
  /** A look-up failed: the connection must end. */
  faulted(error: unknown): void;
}

/**
 * Answers each login request of one connection at once. Nothing is ever pending, above all no
 * keyboard-interactive exchange, whose answers ssh2 would allocate unseen.
 */
export class Login {
  readonly #authenticator: Pick<Authenticator, 'answer'>;
  readonly #tries: number;
  readonly #signatureOf: WholeSignature;
  readonly #events: LoginEvents;
  #failed = 0;
  #probes = 0;
  #over = false;

  constructor(
    authenticator: Pick<Authenticator, 'answer'>,
    tries: number,
    signatureOf: WholeSignature,
    events: LoginEvents,
  ) {
    this.#authenticator = authenticator;
    this.#tries = tries;
    this.#signatureOf = signatureOf;
    this.#events = events;
  }

  get failedTries(): number {
    return this.#failed;
  }

  request(context: AuthContext): void {
    if (this.#over) return;
    const request = requestOf(context, this.#signatureOf);
    const answer = this.#answer(request);
    if (answer === null) return;
    switch (answer.kind) {
      case 'accepted':
        this.#over = true;
        if (this.#events.acceptLogin(answer)) context.accept();
        return;
      case 'sign-please':
        this.#probes += 1;
        if (this.#probes > MOST_PROBES) this.#exhaust();
        else context.accept();
        return;
      case 'refused':
        if (answer.isTry) {
          this.#failed += 1;
          this.#events.refused(request.login, answer);
        } else {
          this.#probes += 1;
        }
        if (this.#failed >= this.#tries || this.#probes > MOST_PROBES) this.#exhaust();
        else context.reject(['publickey']);
    }
  }

  #answer(request: LoginRequest): LoginAnswer | null {
    try {
      return this.#authenticator.answer(request);
    } catch (error) {
      this.#over = true;
      this.#events.faulted(error);
      return null;
    }
  }

  #exhaust(): void {
    this.#over = true;
    this.#events.exhausted();
  }
}

function requestOf(context: AuthContext, signatureOf: WholeSignature): LoginRequest {
  const { username: login, method } = context;
  if (context.method !== 'publickey') return { login, method };
  const { key, hashAlgo, signature, blob } = context;
  // ssh2 leaves them out of a request that was cut short.
  if (typeof key.algo !== 'string' || !Buffer.isBuffer(key.data)) return { login, method };
  // ssh2 turns rsa-sha2-512 into ssh-rsa and a hash. Without a hash it was the `ssh-rsa` that signs with
  // SHA-1.
  const algorithm =
    key.algo === 'ssh-rsa' && hashAlgo !== undefined ? `rsa-sha2-${hashAlgo.replace('sha', '')}` : key.algo;
  // Otherwise ssh2 also says ssh-rsa in SSH_MSG_USERAUTH_PK_OK, where RFC 4252 §7 wants the name from the
  // request.
  key.algo = algorithm;
  return {
    login,
    method,
    key: {
      algorithm,
      blob: key.data,
      signature:
        signature === undefined || blob === undefined
          ? null
          : { bytes: signature, whole: signatureOf(blob), signed: blob },
    },
  };
}
