/** Why a login with a certificate was refused, by the reason's name, and what to do. */
export const CERTIFICATE_REASONS: Readonly<Record<string, { readonly why: string; readonly mend: string }>> =
  {
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
