import { makeEd25519KeyPair } from '../../server/gate/ssh/ed25519-key-pair.js';
import { answerHybrid } from '../../server/gate/ssh/hybrid-answer.js';
import { SignatureCheck } from '../../server/gate/ssh/signature-check.js';
import { hybridKeys } from './hybrid-exchange.js';

const { init } = hybridKeys();

/** Makes all keys that a gate makes, repeatedly. */
for (let left = Number(process.argv[2]); left > 0; left -= 1) {
  makeEd25519KeyPair('');
  new SignatureCheck();
  answerHybrid(init);
}
