import type { Fingerprint } from '../../../policy/names.js';
import { printable } from '../../../policy/printable.js';
import { fingerprintOf } from '../keys/public-key.js';
import type { CertificateNote } from '../../store/audit-actor.js';
import type { Authenticator, LoginAnswer, LoginRefused, LoginRequest } from './authenticate.js';

/** A login request that was refused. Texts of the client's are printable and cut. */
export interface LoginTry {
  readonly login: string;
  readonly method: string;
  /** Of the signature; null with another method than `publickey`, as is the fingerprint. */
  readonly algorithm: string | null;
  readonly fingerprint: Fingerprint | null;
  /** A `RefusedBecause`. */
  readonly because: string;
  /** False for a probe: nobody has proven to hold the key. */
  readonly signed: boolean;
  /** Only of a certificate that a trusted CA has signed. */
  readonly certificate: CertificateNote | null;
}

/** Different tries that are remembered of one connection: an agent may hold many keys. */
const MOST = 10;
/** The most characters of a text of the client's. */
const SHOWN = 64;

/** Remembers which requests of one connection were refused, and why. Answers come from the Authenticator. */
export class LoginTries {
  readonly #authenticator: Pick<Authenticator, 'answer'>;
  readonly #tries = new Map<string, LoginTry>();

  constructor(authenticator: Pick<Authenticator, 'answer'>) {
    this.#authenticator = authenticator;
  }

  /** The first of them, signatures before probes, in the order in which they came; the same one is there once. */
  get refused(): readonly LoginTry[] {
    return [...this.#tries.values()];
  }

  /** As `Authenticator.answer`. */
  answer(request: LoginRequest): LoginAnswer {
    const answer = this.#authenticator.answer(request);
    if (answer.kind === 'refused') this.#remember(request, answer);
    return answer;
  }

  #remember({ login, method, key }: LoginRequest, { because, fingerprint, certificate }: LoginRefused): void {
    const one: LoginTry = {
      login: printable(login, SHOWN),
      method: printable(method, SHOWN),
      algorithm: key === undefined ? null : printable(key.algorithm, SHOWN),
      fingerprint: fingerprint ?? (key === undefined ? null : fingerprintOf(key.blob)),
      because,
      signed: key !== undefined && key.signature !== null,
      certificate: certificate ?? null,
    };
    const name = JSON.stringify(one);
    if (this.#tries.size >= MOST && !this.#tries.has(name) && !this.#makeRoom(one)) return;
    this.#tries.set(name, one);
  }

  /** A signature says more than the probes that an agent sends before. @returns whether there is room */
  #makeRoom({ signed }: LoginTry): boolean {
    const [probe] = [...this.#tries].find(([, each]) => !each.signed) ?? [];
    return signed && probe !== undefined && this.#tries.delete(probe);
  }
}
