import { makeEd25519KeyPair } from '../../server/gate/ssh/ed25519-key-pair.js';
import { SignatureCheck } from '../../server/gate/ssh/signature-check.js';

/** Makes all keys that a gate makes, repeatedly. */
for (let left = Number(process.argv[2]); left > 0; left -= 1) {
  makeEd25519KeyPair('');
  new SignatureCheck();
}
