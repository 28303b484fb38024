import assert from 'node:assert/strict';
import { createPublicKey, generateKeyPairSync, verify } from 'node:crypto';
import { chmodSync } from 'node:fs';
import { isRefusal } from '../../../policy/refusal.js';
import { leaveOutSha1 } from '../../../server/gate/ssh/host-key-offer.js';
import type { HostKey } from '../../../server/gate/ssh/host-key.js';
import { readStrings } from '../../../server/gate/keys/ssh-fields.js';
import { sendPayload, type Ssh2Protocol } from '../../../server/gate/ssh/ssh2-private.js';
import { eventually } from '../../support/eventually.js';
import { GateUnderTest } from '../../support/gate-under-test.js';
import { RawSession } from '../../support/raw-session.js';
import { encode, message, RawSsh } from '../../support/raw-ssh.js';
import { TemporaryDirectory } from '../../support/temporary-directory.js';
import { signingKey } from '../../support/signing-key.js';

const PROOF = 'hostkeys-prove-00@openssh.com';

describe('gate/ssh: host keys are announced', () => {
  let gate: GateUnderTest;
  const customer = signingKey('ed25519');
  const open: RawSsh[] = [];

  beforeEach(async () => {
    gate = new GateUnderTest();
    await gate.listen();
    gate.customer('alice', [customer.getPublicSSH()]);
  });

  afterEach(async () => {
    for (const raw of open.splice(0)) raw.end();
    await gate.dispose();
  });

  async function connect(ident?: string): Promise<RawSsh> {
    const raw = await RawSsh.connect(gate.port, ident === undefined ? {} : { ident });
    open.push(raw);
    return raw;
  }

  async function loggedIn(ident?: string): Promise<RawSsh> {
    const raw = await connect(ident);
    assert.equal(await raw.login('alice', customer), 'success');
    return raw;
  }

  async function rotate(step: 'begin' | 'finish'): Promise<void> {
    const rotation = gate.hostKeys.rotation(null);
    assert.ok(!isRefusal(rotation));
    const made = await rotation[step]();
    assert.ok(!isRefusal(made));
    made.carryOut();
    gate.hostKeys.reload();
  }

  const isReply = ({ name }: { name: string }): boolean => name.startsWith('REQUEST_');
  /** @returns the signatures; null for a refusal */
  async function prove(
    raw: RawSsh,
    request: Buffer,
    send = (payload: Buffer) => {
      raw.send(payload);
    },
  ): Promise<readonly Buffer[] | null> {
    const before = raw.received.filter(isReply).length;
    send(request);
    await raw.until(() => raw.received.filter(isReply).length > before || raw.closed, 'an answer');
    const answer = raw.received.filter(isReply)[before];
    assert.equal(raw.closed, false);
    return answer?.name === 'REQUEST_SUCCESS' ? readStrings(answer.args[0] as Buffer, 99) : null;
  }

  const asked = (...blobs: readonly Buffer[]): Buffer => message(80, PROOF, true, ...blobs);
  const announced = (raw: RawSsh): readonly (readonly string[])[] =>
    raw.received
      .filter(({ name, args }) => name === 'GLOBAL_REQUEST' && args[0] === 'hostkeys-00@openssh.com')
      .map(({ args }) =>
        (args[2] as { getPublicSSH(): Buffer }[]).map((key) => key.getPublicSSH().toString('base64')),
      );
  const isProof = ({ blob }: HostKey, raw: RawSsh, signature: Buffer | undefined): boolean => {
    const [algorithm, bare] = readStrings(signature ?? Buffer.alloc(0), 2) ?? [];
    const key = createPublicKey({
      key: { kty: 'OKP', crv: 'Ed25519', x: blob.subarray(-32).toString('base64url') },
      format: 'jwk',
    });
    const signed = Buffer.concat([encode(PROOF), encode(raw.sessionId), encode(blob)]);
    return algorithm?.toString() === 'ssh-ed25519' && bare !== undefined && verify(null, signed, key, bare);
  };
  const base64 = (keys: readonly HostKey[]): readonly string[] =>
    keys.map(({ blob }) => blob.toString('base64'));

  it('once after login, the next one too, each with a proof for this connection alone', async () => {
    await rotate('begin');
    const [one, other] = [await loggedIn(), await loggedIn()];
    const [offered, next] = gate.hostKeys.announced;
    assert.ok(offered !== undefined && next !== undefined);
    for (const raw of [one, other]) {
      // The session is opened after it, so the announcement is there.
      assert.ok(await RawSession.open(raw));
      assert.deepEqual(announced(raw), [base64([offered, next])]);
    }
    const [first, second] = (await prove(one, asked(next.blob, offered.blob))) ?? [];
    assert.ok(isProof(next, one, first) && isProof(offered, one, second));
    assert.ok(!isProof(next, other, first), 'it is worth nothing on another connection');
  });

  it('to those that come after a rotation; open sessions go on, with the keys that they were told', async () => {
    const before = await loggedIn();
    const session = await RawSession.open(before);
    assert.equal(await session?.request('exec', 'cat'), true);
    const former = gate.hostKeys.offered[0];
    assert.ok(former !== undefined);
    await rotate('begin');
    await rotate('finish');
    const after = await loggedIn();
    assert.ok(await RawSession.open(after));
    assert.deepEqual(announced(after), [base64(gate.hostKeys.offered)]);
    let exchanged = false;
    before.client.once('handshake', () => (exchanged = true));
    const { _protocol } = before.client as unknown as { _protocol: { rekey(): void } };
    _protocol.rekey();
    await eventually('new keys', () => exchanged);
    session?.data('still here\n');
    await session?.shows('still here\n');
    assert.ok(isProof(former, before, (await prove(before, asked(former.blob)))?.[0]));
    assert.equal(await prove(before, asked(gate.hostKeys.offered[0]?.blob ?? former.blob)), null);
  });

  it('is asked for proof in the midst of a key exchange: answered when it is over, for the first session identifier', async () => {
    const raw = await loggedIn();
    const first = Buffer.from(raw.sessionId);
    const [key] = gate.hostKeys.offered;
    assert.ok(key !== undefined);
    const { _protocol } = raw.client as unknown as { _protocol: Ssh2Protocol & { rekey(): void } };
    _protocol.rekey();
    const proof = await prove(raw, asked(key.blob), (payload) => {
      sendPayload(_protocol, payload, true);
    });
    assert.ok(raw.sessionId.equals(first));
    assert.ok(isProof(key, raw, proof?.[0]));
  });

  it('proves an RSA key with the hash of the key exchange, as OpenSSH demands, and else with SHA-512', async () => {
    const directory = new TemporaryDirectory();
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 3072 });
    const file = directory.write('rsa', privateKey.export({ type: 'pkcs1', format: 'pem' }) as string);
    chmodSync(file, 0o600);
    const two = new GateUnderTest({ otherHostKeys: [file] });
    try {
      await two.listen();
      two.customer('alice', [customer.getPublicSSH()]);
      const rsa = two.hostKeys.offered[1];
      for (const [serverHostKey, expected] of [
        ['rsa-sha2-256', 'rsa-sha2-256'],
        ['rsa-sha2-512', 'rsa-sha2-512'],
        ['ssh-ed25519', 'rsa-sha2-512'],
      ] as const) {
        const raw = await RawSsh.connect(two.port, { algorithms: { serverHostKey: [serverHostKey] } });
        open.push(raw);
        assert.equal(await raw.login('alice', customer), 'success');
        const [signature = Buffer.alloc(0)] = (await prove(raw, asked(rsa?.blob ?? Buffer.alloc(0)))) ?? [];
        const [algorithm = '', bare = Buffer.alloc(0)] = readStrings(signature, 2) ?? [];
        assert.equal(algorithm.toString(), expected, serverHostKey);
        const signed = Buffer.concat([encode(PROOF), encode(raw.sessionId), encode(rsa?.blob ?? '')]);
        assert.ok(verify(expected.replace('rsa-sha2-', 'sha'), signed, createPublicKey(privateKey), bare));
      }
    } finally {
      await two.dispose();
      directory.dispose();
    }
  });

  it('is asked for proof by a stranger: refused', async () => {
    const raw = await connect();
    const [key] = gate.hostKeys.offered;
    assert.equal(await prove(raw, asked(key?.blob ?? Buffer.alloc(0))), null);
    assert.equal(await raw.login('alice', customer), 'success');
    assert.equal((await prove(raw, asked(key?.blob ?? Buffer.alloc(0))))?.length, 1, 'after login it is not');
  });

  it('is asked for proof of other keys, of too many, twice, in broken messages: refused, and nothing is signed', async () => {
    await rotate('begin');
    const raw = await loggedIn();
    const ours = gate.hostKey.blob;
    const foreign = signingKey('ed25519').getPublicSSH();
    const cut = asked(ours).subarray(0, -1);
    const hostile: Record<string, Buffer> = {
      'a foreign key': asked(foreign),
      "the customer's own key": asked(customer.getPublicSSH()),
      'ours and a foreign one': asked(ours, foreign),
      'ours twice': asked(ours, ours),
      'as many as a packet holds': asked(...Array<Buffer>(600).fill(ours)),
      'no key': asked(),
      'an empty key': asked(Buffer.alloc(0)),
      'ours with a byte more': asked(Buffer.concat([ours, Buffer.of(0)])),
      'ours, cut short': cut,
      'ours and half a length': Buffer.concat([asked(ours), Buffer.from([0, 0])]),
      'a length beyond the end': Buffer.concat([message(80, PROOF, true), Buffer.alloc(4, 0xff)]),
    };
    for (const [what, request] of Object.entries(hostile))
      assert.equal(await prove(raw, request), null, what);
    raw.send(message(80, PROOF, false, ours));
    for (let n = 0; n < 4; n += 1)
      assert.ok(isProof(gate.hostKey, raw, (await prove(raw, asked(ours)))?.[0]));
    assert.equal(await prove(raw, asked(ours)), null, 'a connection has four proofs');
    assert.ok(await RawSession.open(raw), 'and the connection is as good as before');
  });

  for (const ident of ['TTSSH/2.72 Win32', 'Cisco-1.25', 'TeraTerm SSH_1'])
    it(`not to ${ident}, which would end the connection`, async () => {
      const raw = await loggedIn(ident);
      assert.ok(await RawSession.open(raw));
      assert.deepEqual(announced(raw), []);
    });

  it('to other versions of Tera Term', async () => {
    const raw = await loggedIn('TTSSH/2.82 Win32');
    assert.ok(await RawSession.open(raw));
    assert.equal(announced(raw).length, 1);
  });
});

describe('gate/ssh: what is offered for host keys', () => {
  it('has no ssh-rsa, which ssh2 always adds to an RSA key', () => {
    class Offer {
      readonly lists: Record<string, unknown>;
      constructor(lists: Record<string, unknown>) {
        const array = (names: unknown): object => ({ array: names });
        const way = (of: unknown): object =>
          Object.fromEntries(Object.entries(of as object).map(([name, names]) => [name, array(names)]));
        this.lists = {
          kex: array(lists['kex']),
          serverHostKey: array(lists['serverHostKey']),
          cs: way(lists['cs']),
          sc: way(lists['sc']),
        };
      }
    }
    const way = { cipher: ['a'], mac: ['b'], compress: ['none'], lang: [] };
    const serverHostKey = ['ssh-ed25519', 'rsa-sha2-512', 'rsa-sha2-256', 'ssh-rsa'];
    const shared = new Offer({ kex: ['x'], serverHostKey, cs: way, sc: way });
    const protocols = [{ _offer: shared }, { _offer: shared }] as unknown as Ssh2Protocol[];
    for (const protocol of protocols) leaveOutSha1(protocol);
    assert.deepEqual(protocols[0]?._offer.lists.serverHostKey.array, serverHostKey.slice(0, 3));
    assert.equal(
      new Set(protocols.map(({ _offer }) => _offer)).size,
      1,
      'it is made once for all connections',
    );
  });
});
