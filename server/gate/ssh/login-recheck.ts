import type { Identity } from '../session/identity.js';
import type { Accounts, LoginFound } from './authenticate.js';
import type { CertificateLoginParts } from './certificate-login.js';

/** Whether somebody who has logged in still could: keys and customers go away while connections last. */
export class LoginRecheck {
  readonly #accounts: Accounts;
  readonly #certified: CertificateLoginParts['accounts'] | null;

  /** @param certificates null: nobody logs in by one */
  constructor(accounts: Accounts, certificates: CertificateLoginParts | null) {
    this.#accounts = accounts;
    this.#certified = certificates?.accounts ?? null;
  }

  /** @param login the name that was given */
  isStillAllowed(identity: Identity, login: string): boolean {
    const found = this.#find(identity, login);
    return found?.customer === identity.customer && found.standing.here;
  }

  /** Looks the customer up by what they logged in with. */
  #find({ fingerprint, verified, certificate }: Identity, login: string): LoginFound | null {
    if (certificate === undefined) return this.#accounts.find(login, fingerprint, verified);
    const accounts = this.#certified;
    if (accounts === null) return null;
    const { authority, authoritySeq, customerSeq, confinedTo } = certificate;
    const found = accounts.find(login, certificate.certificate, accounts.authority(authority), verified);
    const now = found?.certificate;
    const isSame =
      now?.authoritySeq === authoritySeq && now.customerSeq === customerSeq && now.confinedTo === confinedTo;
    return isSame ? found : null;
  }
}
