import { listed, shortList } from '../../../policy/listing.js';
import { printable } from '../../../policy/printable.js';
import { CRITICAL_OPTIONS } from '../certificates/certificate-options.js';
import { SshFields } from '../keys/ssh-fields.js';
import type { CertificateForecast } from './certificate-forecast.js';
import type { Reason } from './reason.js';
import { notForLogin } from './not-for-login.js';

/** The most characters of a text in a certificate that are shown. */
const SHOWN = 64;

/** The general words, by the reason's name. */
const REASONS: Readonly<Record<string, Reason>> = {
  'certificate-expired': {
    why: "the certificate's time is over",
    mend: 'sign a new one (ssh-keygen -s CA -V +1d …)',
  },
  'certificate-not-valid-yet': {
    why: "the certificate's time has not begun",
    mend: 'compare the clocks of the CA and of the gate',
  },
  'certificate-revoked': {
    why: 'the certificate, its key or its CA is revoked',
    mend: 'if that is wrong, mend the file of certificates.revokedKeys in gate.yaml',
  },
  'certificate-not-for-login': {
    why: 'the principals do not name the login, or the CA does not speak for the customer',
    mend: 'sign it for this name (-n), or look at postern ca list',
  },
  'certificate-not-for-source': {
    why: "the client is not at an address of the certificate's source-address",
    mend: 'sign it for that address, or log in from where it is good',
  },
  'certificate-option-unknown': {
    why: 'the certificate has a critical option that the gate does not know',
    mend: 'sign it without that option',
  },
  'certificate-option-unreadable': {
    why: 'a critical option of the certificate cannot be read',
    mend: 'sign it without that option',
  },
  'certificate-key-not-taken': {
    why: "the key inside the certificate, or the CA's, is of a kind or size that the gate does not take",
    mend: 'the customer, or the CA, needs another key',
  },
  'certificate-algorithm-not-offered': {
    why: 'the CA signed with SHA-1, or with an unknown algorithm',
    mend: 'sign it with ssh-keygen -t rsa-sha2-512 -s CA …',
  },
  'certificate-authority-unknown': {
    why: 'the CA of the certificate is not added here, or was removed',
    mend: 'if it is yours: postern ca add',
  },
  'certificate-forged': {
    why: 'the certificate names a CA of yours, which has not signed it',
    mend: 'ask the customer where they have it from: somebody may try to get in',
  },
  'certificate-not-for-users': {
    why: 'it is the certificate of a host',
    mend: 'sign the key without -h',
  },
  'certificate-unreadable': { why: 'the certificate is damaged', mend: 'sign it anew' },
  'revoked-keys-unreadable': {
    why: 'the file of revoked keys cannot be read, and so no certificate counts',
    mend: 'mend the file of certificates.revokedKeys in gate.yaml; postern doctor says what is wrong',
  },
};

/**
 * Says why a login with a certificate was refused, and what to do.
 *
 * @param login as it was typed, printable
 * @param because a `RefusedBecause`
 * @param now what stands in the certificate; null when only the reason is known
 * @returns null when certificates have no words of their own for it
 */
export function certificateReason(
  login: string,
  because: string,
  now: CertificateForecast | null,
): Reason | null {
  const known = REASONS[because];
  const mine = now === null ? null : ofThis(login, because, now);
  return mine ?? known ?? null;
}

/** The words for one certificate; null: the general ones do. */
function ofThis(login: string, because: string, now: CertificateForecast): Reason | null {
  const { certificate, authority, found } = now;
  const general = REASONS[because];
  const why = (text: string): Reason => ({ why: text, mend: general?.mend ?? '' });
  switch (because) {
    case 'certificate-expired':
      return certificate.validBefore !== null && certificate.validBefore <= Date.now()
        ? why(`the certificate's time was over on ${iso(certificate.validBefore)}`)
        : {
            why: 'the key inside is registered for the customer, and the time of that was over',
            mend: `postern key expire ${found?.customer ?? login} ${certificate.key.fingerprint} never`,
          };
    case 'certificate-not-valid-yet':
      return why(`the certificate's time begins on ${iso(certificate.validAfter)}`);
    case 'certificate-revoked':
      return now.keyRemoved
        ? {
            why: `the key inside was removed from ${found?.customer ?? login}, and a certificate does not bring it back`,
            mend: `if it may count again: postern key add ${found?.customer ?? login} FILE`,
          }
        : why('the file of revoked keys names the certificate, its key or its CA');
    case 'certificate-not-for-source': {
      const { options } = certificate;
      return why(
        `the certificate is good from ${shortList(typeof options === 'string' ? [] : (options.sources ?? []))} only`,
      );
    }
    case 'certificate-option-unknown': {
      const unknown = certificate.demands.filter((name) => !CRITICAL_OPTIONS.includes(name)).map(shown);
      return why(`the certificate has the critical option ${listed(unknown)}, which the gate does not know`);
    }
    case 'certificate-algorithm-not-offered': {
      const algorithm = shown(new SshFields(certificate.signature).string().toString('latin1'));
      return why(
        `the CA signed with ${algorithm}${algorithm === 'ssh-rsa' ? ' (SHA-1)' : ''}, which the gate does not take`,
      );
    }
    case 'certificate-authority-unknown':
      return why(`its CA ${certificate.authority.fingerprint} is not added here, or was removed`);
    case 'certificate-forged':
      return why(`the certificate names your CA ${authority?.name ?? ''}, which has not signed it`);
    case 'revoked-keys-unreadable':
      return why(
        `the file of revoked keys cannot be read, and so no certificate counts: ${now.problem ?? 'it can now'}`,
      );
    case 'user-not-verified':
      return typeof certificate.options === 'string' || !certificate.options.verifyRequired
        ? null
        : {
            why: `the certificate asks for a security key that verifies its user (verify-required), and its key is of type ${certificate.key.type}`,
            mend: 'sign a security key that verifies (ssh-keygen -t ed25519-sk -O verify-required), or sign without that option',
          };
    case 'certificate-not-for-login':
      return notForLogin(login, now);
    default:
      return null;
  }
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}

/** @param text one byte a character */
function shown(text: string): string {
  return printable(Buffer.from(text, 'latin1').toString('utf8'), SHOWN);
}
