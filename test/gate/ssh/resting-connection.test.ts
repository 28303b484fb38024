import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { setFlagsFromString } from 'node:v8';
import type { Ssh2Protocol } from '../../../server/gate/ssh/ssh2-private.js';
import { eventually } from '../../support/eventually.js';
import { GateUnderTest } from '../../support/gate-under-test.js';
import { RawSession } from '../../support/raw-session.js';
import { RawSsh } from '../../support/raw-ssh.js';
import { signingKey } from '../../support/signing-key.js';

const { prototype } = createRequire(import.meta.url)('ssh2/lib/protocol/Protocol.js') as {
  prototype: { authSuccess(this: Ssh2Protocol): void };
};

/** Whether V8 keeps the properties of an object as fields, and not as a dictionary of some hundred bytes. */
function hasFields(of: object): boolean {
  setFlagsFromString('--allow-natives-syntax');
  // oxlint-disable-next-line typescript/no-implied-eval -- the only way to V8's own answer
  return (new Function('of', 'return %HasFastProperties(of)') as (of: object) => boolean)(of);
}

describe('gate/ssh: a connection that rests', () => {
  const gate = new GateUnderTest();
  const key = signingKey('ed25519');
  const { authSuccess } = prototype;
  const protocols: Ssh2Protocol[] = [];

  before(async () => {
    prototype.authSuccess = function noted() {
      protocols.push(this);
      authSuccess.call(this);
    };
    await gate.listen();
    gate.customer('alice', [key.getPublicSSH()]);
  });

  after(async () => {
    prototype.authSuccess = authSuccess;
    await gate.dispose();
  });

  it('keeps no dictionary in the place of fields, nor what only its login needed, also after new keys', async () => {
    const raw = await RawSsh.connect(gate.port);
    assert.equal(await raw.login('alice', key), 'success');
    const session = await RawSession.open(raw);
    assert.equal(await session?.request('exec', 'stays'), true);
    const [protocol] = protocols;
    assert.ok(protocol !== undefined);
    const looks = (): void => {
      assert.ok(hasFields(protocol), 'the protocol');
      assert.ok(hasFields(protocol._decipher), 'the decipher');
      const handlers = Object.entries(protocol._handlers as object).filter(([, kept]) => kept !== undefined);
      assert.deepEqual(
        handlers.map(([name]) => name).filter((name) => /AUTH|SERVICE|OPEN_|SUCCESS|FAILURE/.test(name)),
        [],
      );
    };
    looks();
    let exchanged = 0;
    raw.client.on('handshake', () => (exchanged += 1));
    (raw.client as unknown as { _protocol: { rekey(): void } })._protocol.rekey();
    await eventually('new keys', () => exchanged === 1);
    looks();
    raw.end();
  });
});
