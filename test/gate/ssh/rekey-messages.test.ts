import assert from 'node:assert/strict';
import { sendPayload, type Ssh2Protocol } from '../../../server/gate/ssh/ssh2-private.js';
import { eventually } from '../../support/eventually.js';
import { GateUnderTest } from '../../support/gate-under-test.js';
import { MSG, RawHandshake } from '../../support/raw-handshake.js';
import { RawSession } from '../../support/raw-session.js';
import { message, RawSsh } from '../../support/raw-ssh.js';
import { signingKey } from '../../support/signing-key.js';

const KEX_ECDH_INIT = 30;
const SAY_NOTHING = {
  SSH_MSG_IGNORE: message(2, 'padding'),
  SSH_MSG_UNIMPLEMENTED: message(3, 7),
  SSH_MSG_DEBUG: message(4, false, 'half-way', ''),
};

describe('gate/ssh: messages in the midst of a key exchange', () => {
  const gate = new GateUnderTest();
  const key = signingKey('ed25519');

  before(async () => {
    await gate.listen();
    gate.customer('alice', [key.getPublicSSH()]);
  });

  after(() => gate.dispose());

  async function loggedIn(): Promise<{ raw: RawSsh; protocol: Ssh2Protocol & { rekey(): void } }> {
    const raw = await RawSsh.connect(gate.port);
    assert.equal(await raw.login('alice', key), 'success');
    const { _protocol } = raw.client as unknown as { _protocol: Ssh2Protocol & { rekey(): void } };
    return { raw, protocol: _protocol };
  }

  for (const [name, payload] of Object.entries(SAY_NOTHING)) {
    it(`as ${name}, which says nothing, are taken in later ones, as asyncssh sends them`, async () => {
      const { raw, protocol } = await loggedIn();
      const session = await RawSession.open(raw);
      assert.equal(await session?.request('exec', 'cat'), true);
      let exchanged = 0;
      raw.client.on('handshake', () => (exchanged += 1));
      for (const round of [1, 2]) {
        protocol.rekey();
        sendPayload(protocol, payload, true);
        await eventually('new keys', () => raw.closed || exchanged === round);
        assert.equal(raw.closed, false);
        session?.data(`after ${round}\n`);
        await session?.shows(`after ${round}\n`);
      }
      raw.end();
    });
  }

  it('as data of a channel are taken in later ones, and answered with the new keys', async () => {
    const { raw, protocol } = await loggedIn();
    const session = await RawSession.open(raw);
    assert.equal(await session?.request('exec', 'cat'), true);
    protocol.rekey();
    for (const text of ['half', '-way']) sendPayload(protocol, message(94, session?.remote ?? 0, text), true);
    await session?.shows('half-way');
    raw.end();
  });

  for (const [name, payload] of [
    ['a login', message(50, 'alice', 'ssh-connection', 'none')],
    ['a request for a service', message(5, 'ssh-userauth')],
  ] as const) {
    it(`as ${name} end the connection`, async () => {
      const { raw, protocol } = await loggedIn();
      protocol.rekey();
      sendPayload(protocol, payload, true);
      await raw.isClosed();
    });
  }

  it('end the connection in the first one, where they could shift what follows', async () => {
    const raw = await RawHandshake.connect(gate.port);
    raw.propose({ kex: 'curve25519-sha256,kex-strict-c-v00@openssh.com' });
    raw.send(SAY_NOTHING.SSH_MSG_IGNORE);
    raw.exchange();
    assert.notEqual(await raw.farewell(), null);
    assert.ok(!raw.numbers.includes(MSG.newkeys) && !raw.numbers.includes(KEX_ECDH_INIT + 1));
  });
});
