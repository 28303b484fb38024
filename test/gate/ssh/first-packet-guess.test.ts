import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { privateParts } from '../../../server/gate/ssh/ssh2-private.js';
import { GateUnderTest } from '../../support/gate-under-test.js';
import { HYBRID, hybridKeys } from '../../support/hybrid-exchange.js';
import { MSG, RawHandshake, type Proposal } from '../../support/raw-handshake.js';
import { SshClient } from '../../support/ssh-client.js';

const run = promisify(execFile);

describe('gate/ssh: a client that guesses the key exchange', () => {
  const gate = new GateUnderTest();
  const client = new SshClient();
  const open: RawHandshake[] = [];

  before(async () => {
    await gate.listen(client);
    gate.customer('alice', [client.key('alice').blob]);
  });

  afterEach(() => {
    for (const raw of open.splice(0)) raw.end();
  });

  after(async () => {
    client.dispose();
    await gate.dispose();
  });

  async function connect(): Promise<RawHandshake> {
    const raw = await RawHandshake.connect(gate.port);
    open.push(raw);
    return raw;
  }

  it('rightly is answered at once', async () => {
    const raw = await connect();
    raw.propose({ kex: HYBRID, firstFollows: true });
    raw.exchange(hybridKeys().init);
    await raw.receives(MSG.newkeys);
    assert.deepEqual(raw.numbers, [MSG.kexinit, MSG.kexReply, MSG.newkeys]);
  });

  it('rightly, in pieces of one byte', async () => {
    const raw = await connect();
    const whole: Buffer[] = [];
    const { write } = raw.socket;
    raw.socket.write = (bytes: unknown) => whole.push(bytes as Buffer) > 0;
    raw.propose({ kex: HYBRID, firstFollows: true });
    raw.exchange(hybridKeys().init);
    raw.socket.write = write;
    for (const byte of Buffer.concat(whole)) raw.socket.write(Buffer.from([byte]));
    await raw.receives(MSG.newkeys);
  });

  for (const [what, proposal] of Object.entries({
    'a method that the gate does not have': { kex: 'sntrup761x25519-sha512,curve25519-sha256' },
    'a method that the gate has but does not prefer': { kex: 'ecdh-sha2-nistp256,curve25519-sha256' },
    'the method that the gate preferred before ML-KEM': { kex: `curve25519-sha256,${HYBRID}` },
    'a method that the gate does not have, before the one it prefers': {
      kex: `sntrup761x25519-sha512,${HYBRID}`,
    },
    'another kind of host key': { hostKey: 'ecdsa-sha2-nistp256,ssh-ed25519' },
    'another kind of host key, with the method that the gate prefers': {
      kex: HYBRID,
      hostKey: 'ecdsa-sha2-nistp256,ssh-ed25519',
    },
  } satisfies Record<string, Proposal>)) {
    it(`wrongly, ${what}: the guess is dropped, the next packet counts`, async () => {
      const raw = await connect();
      raw.propose({ ...proposal, firstFollows: true });
      // An honest point of another curve, or garbage: the gate must not even look at it.
      raw.exchange(Buffer.from('a wrong guess'));
      await raw.receives(MSG.kexinit);
      raw.exchange(honest(proposal));
      await raw.receives(MSG.newkeys);
      assert.deepEqual(raw.numbers, [MSG.kexinit, MSG.kexReply, MSG.newkeys]);
    });
  }

  it('and sends its packet twice: the second one ends the connection', async () => {
    const raw = await connect();
    raw.propose({ kex: HYBRID, firstFollows: true });
    raw.exchange(hybridKeys().init);
    raw.exchange(hybridKeys().init);
    await raw.farewell();
    assert.equal(raw.numbers.filter((number) => number === MSG.kexReply).length <= 1, true);
  });

  it('is served by the real Dropbear client', async function () {
    const dbclient = await run('dbclient', ['-V']).then(
      () => true,
      (error: { code?: unknown }) => error.code !== 'ENOENT',
    );
    if (!dbclient) {
      process.stdout.write('\n  skipped: dbclient is not installed (apt-get install dropbear-bin)\n');
      this.skip();
    }
    const key = join(client.directory, 'dropbear-key');
    await run('dropbearkey', ['-t', 'ed25519', '-f', key]);
    const { stdout } = await run('dropbearkey', ['-y', '-f', key]);
    const [, base64 = ''] = /^ssh-ed25519 (\S+)/m.exec(stdout) ?? [];
    gate.customer('doris', [Buffer.from(base64, 'base64')]);
    await writeFile(join(client.directory, 'empty'), '');
    const options = { env: { HOME: client.directory, PATH: process.env['PATH'] }, timeout: 300_000 };
    const given = ['-y', '-y', '-i', key, '-p', String(gate.port), 'doris@127.0.0.1'];
    assert.equal((await run('dbclient', [...given, 'whoami'], options)).stdout, 'doris -\n');
  });

  it('needs parts of ssh2 that are private: another ssh2 is refused', () => {
    const names = ['OPEN', 'DATA', 'WINDOW_ADJUST', 'REQUEST', 'CLOSE'].map((name) => `CHANNEL_${name}`);
    const handlers = Object.fromEntries([...names, 'GLOBAL_REQUEST'].map((name) => [name, () => undefined]));
    const protocol = {
      _handlers: handlers,
      _onHandshakeComplete: () => undefined,
      _onPayload: () => undefined,
      _decipher: { _onPayload: () => undefined },
      channelOpenConfirm: () => undefined,
      requestSuccess: () => undefined,
      requestFailure: () => undefined,
      ping: () => undefined,
      _remoteIdentRaw: Buffer.from('SSH-2.0-OpenSSH_10.0'),
      _packetRW: { write: { alloc: () => undefined } },
      _skipNextInboundPacket: false,
      _authenticated: false,
      _offer: { lists: { kex: { array: [] }, serverHostKey: { array: [] } } },
    };
    const ssh2 = (more: object): never =>
      ({ _sock: {}, _protocol: { ...protocol, ...more }, _chanMgr: { remove: () => undefined } }) as never;
    assert.notEqual(privateParts(ssh2({})), null);
    assert.equal(privateParts(ssh2({ _skipNextInboundPacket: undefined })), null);
    assert.equal(privateParts(ssh2({ _offer: undefined })), null);
    assert.equal(privateParts(ssh2({ _decipher: {} })), null);
    for (const name of ['requestSuccess', 'requestFailure', 'ping', '_remoteIdentRaw'])
      assert.equal(privateParts(ssh2({ [name]: undefined })), null, name);
    assert.equal(privateParts(ssh2({ _handlers: { ...handlers, GLOBAL_REQUEST: undefined } })), null);
  });
});

/** What the method takes that the gate chooses from these. */
function honest({ kex = '' }: Proposal): Buffer | undefined {
  if (kex.startsWith('ecdh')) return nistp256();
  return kex.startsWith('curve') || !kex.includes(HYBRID) ? undefined : hybridKeys().init;
}

function nistp256(): Buffer {
  // The generator of the curve: a point on it.
  const x = '6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296';
  const y = '4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5';
  return Buffer.from(`04${x}${y}`, 'hex');
}
