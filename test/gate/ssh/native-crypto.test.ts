import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { hasNativeCrypto } from '../../../server/gate/ssh/native-crypto.js';

/**
 * Makes the ciphers of many connections and drops them, between turns of the event loop, as a server does.
 */
const CHILD = `
const { createCipher, createDecipher, CIPHER_INFO, MAC_INFO } = require(process.argv[1]);
const macInfo = MAC_INFO['hmac-sha2-256'];
const make = (name) => {
  const info = CIPHER_INFO[name];
  const [key, iv, macKey] = [info.keyLen, info.ivLen, macInfo.len].map((length) => Buffer.alloc(length, 1));
  const keys = { seqno: 0, macInfo, macKey };
  createCipher({ outbound: { ...keys, onWrite() {}, cipherInfo: info, cipherKey: key, cipherIV: iv } });
  createDecipher({ inbound: { ...keys, onPayload() {}, decipherInfo: info, decipherKey: key, decipherIV: iv } });
};
let turns = 0;
const timer = setInterval(() => {
  for (const name of ['chacha20-poly1305@openssh.com', 'aes128-gcm@openssh.com', 'aes128-ctr'])
    for (let n = 0; n < 500; n += 1) make(name);
  turns += 1;
  if (turns < 20) return;
  clearInterval(timer);
  process.stdout.write('alive');
}, 1);
`;

describe("gate/ssh: ssh2's native part", () => {
  it('ends no process when the garbage collector takes the ciphers of closed connections', function () {
    if (!hasNativeCrypto()) this.skip();
    const crypto = createRequire(import.meta.url).resolve('ssh2/lib/protocol/crypto.js');
    const { stdout, stderr, signal } = spawnSync(process.execPath, ['-e', CHILD, crypto], {
      encoding: 'utf8',
    });
    assert.deepEqual([stdout, signal], ['alive', null], stderr.slice(0, 500));
  });
});
