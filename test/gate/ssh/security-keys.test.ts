import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { policy, NO_KEY_RULE } from '../../support/policy-values.js';
import { GateUnderTest } from '../../support/gate-under-test.js';
import { encode, message, RawSsh, type LoginReply } from '../../support/raw-ssh.js';
import { SecurityKeyAgent } from '../../support/security-key-agent.js';
import { PRESENT, SoftAuthenticator, VERIFIED, type Changes } from '../../support/soft-authenticator.js';
import { SshClient, type SshOutcome } from '../../support/ssh-client.js';

const VERIFIED_ONLY = policy({
  keyRules: [{ ...NO_KEY_RULE, subjects: { customers: [], groups: [], roles: [] }, verified: true }],
});
const WEBAUTHN = 'webauthn-sk-ecdsa-sha2-nistp256@openssh.com';

/** What `ssh-keygen -Y check-novalidate` says of a signature (OpenSSH's PROTOCOL.sshsig). */
function verifiedByOpenSsh(key: SoftAuthenticator, changes: Changes): string {
  const directory = mkdtempSync(join(tmpdir(), 'postern-sshsig-'));
  try {
    const hash = createHash('sha512').update('a message').digest();
    const head = Buffer.from('SSHSIG');
    const signed = Buffer.concat([head, ...['test', '', 'sha512', hash].map((field) => encode(field))]);
    const fields = [1, key.blob, 'test', '', 'sha512', key.sign(signed, changes)];
    const base64 = Buffer.concat([head, ...fields.map((field) => encode(field))]).toString('base64');
    const file = join(directory, 'sig');
    const armour = (word: string): string => `-----${word} SSH SIGNATURE-----`;
    const lines = [armour('BEGIN'), ...(base64.match(/.{1,70}/g) ?? []), armour('END'), ''];
    writeFileSync(file, lines.join('\n'));
    const args = ['-Y', 'check-novalidate', '-n', 'test', '-s', file];
    return execFileSync('ssh-keygen', args, { input: 'a message', encoding: 'utf8' });
  } finally {
    rmSync(directory, { recursive: true });
  }
}

describe('gate/ssh: login with a security key', () => {
  const client = new SshClient();
  const agent = new SecurityKeyAgent();
  const gate = new GateUnderTest({ login: { tries: 1000 } });
  const keys = { ed25519: new SoftAuthenticator('ed25519'), ecdsa: new SoftAuthenticator('ecdsa') };
  const raws: RawSsh[] = [];

  before(async () => {
    await gate.listen(client);
    await agent.listen();
    gate.customer('alice', [keys.ed25519.blob, keys.ecdsa.blob]);
  });

  afterEach(() => {
    agent.changes = {};
    gate.policy = null;
    for (const raw of raws.splice(0)) raw.end();
  });

  after(async () => {
    client.dispose();
    await agent.close();
    await gate.dispose();
  });

  /** What the audit log says of the last login. */
  const isVerified = (): true | undefined => gate.eventsOf('login.accepted').at(-1)?.verified;

  let sources = 1;
  /** Each connection comes from another source, because only some refusals of one are recorded. */
  const nextSource = (): string => `127.0.0.${(sources += 1)}`;

  /** By the real client, with what the agent holds. */
  const ssh = (login: string, ...plugged: readonly SoftAuthenticator[]): Promise<SshOutcome> => {
    agent.keys = plugged;
    const options = [`IdentityAgent=${agent.socket}`, `BindAddress=${nextSource()}`, 'LogLevel=ERROR'];
    return client.run({ port: gate.port, login, options }, ['whoami']);
  };

  const connect = async (): Promise<RawSsh> => {
    const raw = await RawSsh.connect(gate.port, { localAddress: nextSource() });
    raws.push(raw);
    return raw;
  };

  const send = (
    raw: RawSsh,
    login: string,
    algorithm: string,
    blob: Buffer,
    whole: Buffer,
  ): Promise<LoginReply> =>
    raw.request(login, 'publickey', Buffer.concat([true, algorithm, blob, whole].map(encode)));

  const signedBy = async (
    key: SoftAuthenticator,
    changes: Changes = {},
    login = 'alice',
  ): Promise<LoginReply> => {
    const raw = await connect();
    return send(raw, login, key.type, key.blob, key.sign(raw.toSign(login, key.type, key.blob), changes));
  };

  /** The reason of the last refusal: that of the audit log, or what the log alone says. */
  const refusal = (): string => {
    const recorded = gate.eventsOf('login.refused').at(-1)?.reason ?? '';
    const said = gate.logged.filter(({ message: text }) => text === 'login.refused').at(-1)?.fields;
    return recorded === 'login-or-key-refused' ? (said as { because: string }).because : recorded;
  };

  for (const kind of ['ed25519', 'ecdsa'] as const) {
    describe(`of type ${kind}-sk`, () => {
      const key = keys[kind];

      it('lets OpenSSH in, by customer and by domain, and records the fingerprint', async () => {
        const other = new SoftAuthenticator(kind, 'ssh:work');
        gate.customer(`by-${kind}`, [other.blob], [`of-${kind}`]);
        assert.deepEqual(await ssh(`by-${kind}`, other), { status: 0, stdout: `by-${kind} -\n`, stderr: '' });
        assert.equal((await ssh(`of-${kind}`, other)).stdout, `by-${kind} of-${kind}\n`);
        const { actor } = gate.eventsOf('login.accepted').at(-1) ?? {};
        assert.equal(actor?.fingerprint, other.fingerprint);
        assert.equal(isVerified(), undefined);
      });

      it('does not let OpenSSH in without a touch, and lets it in again with one', async () => {
        agent.changes = { flags: 0 };
        assert.match((await ssh('alice', key)).stderr, /Permission denied \(publickey\)/);
        assert.equal(refusal(), 'user-not-present');
        agent.changes = { flags: VERIFIED };
        assert.equal((await ssh('alice', key)).status, 255);
        assert.equal(refusal(), 'user-not-present');
        agent.changes = {};
        assert.equal((await ssh('alice', key)).stdout, 'alice -\n');
      });

      it('needs PIN or fingerprint where the policy says so, with OpenSSH', async () => {
        gate.policy = VERIFIED_ONLY;
        assert.equal((await ssh('alice', key)).status, 255);
        assert.equal(refusal(), 'user-not-verified');
        agent.changes = { flags: PRESENT | VERIFIED };
        assert.equal((await ssh('alice', key)).stdout, 'alice -\n');
        assert.equal(isVerified(), true);
      });

      it('takes what an honest authenticator sends, with any other flag', async () => {
        assert.equal(await signedBy(key), 'success');
        assert.equal(await signedBy(key, { flags: PRESENT | VERIFIED | 0x18 }), 'success');
      });

      const attacks: readonly (readonly [what: string, changes: Changes])[] = [
        ['flags that were not signed: a touch', { flags: 0, sent: { flags: PRESENT } }],
        ['flags that were not signed: a PIN', { sent: { flags: PRESENT | VERIFIED } }],
        ['a counter that was not signed', { sent: { counter: 4_000_000_000 } }],
        ['a signature for another application', { application: 'ssh:other' }],
        ['a signature for a web site', { application: 'https://example.com' }],
        ['a signature that says it is of another type', { type: 'ssh-ed25519' }],
        ['a signature of a browser', { type: WEBAUTHN }],
        ['a signature without bytes', { bare: () => Buffer.alloc(0) }],
        ['a signature cut short', { bare: (bare) => bare.subarray(0, -1) }],
        ['a signature with a byte behind it', { bare: (bare) => Buffer.concat([bare, Buffer.alloc(1)]) }],
        ['zeros', { bare: (bare) => Buffer.alloc(bare.length) }],
      ];
      for (const [what, changes] of attacks) {
        it(`refuses ${what}`, async () => {
          assert.equal(await signedBy(key, changes), 'failure');
          assert.equal(refusal(), 'wrong-signature');
        });
      }

      it('refuses a signature of another connection, of another login, and one by another key', async () => {
        const [one, two] = [await connect(), await connect()];
        const signature = key.sign(one.toSign('alice', key.type, key.blob));
        assert.equal(await send(two, 'alice', key.type, key.blob, signature), 'failure');
        assert.equal(refusal(), 'wrong-signature');
        const ofBob = key.sign(two.toSign('bob', key.type, key.blob));
        assert.equal(await send(two, 'alice', key.type, key.blob, ofBob), 'failure');
        assert.equal(refusal(), 'wrong-signature');
        const thief = new SoftAuthenticator(kind);
        const signed = two.toSign('alice', key.type, key.blob);
        assert.equal(await send(two, 'alice', key.type, key.blob, thief.sign(signed)), 'failure');
        assert.equal(refusal(), 'wrong-signature');
        assert.equal(await send(one, 'alice', key.type, key.blob, signature), 'success', 'the honest one');
      });

      it('refuses a whole signature that is cut or has something behind it, at each place', async () => {
        const raw = await connect();
        const signed = raw.toSign('alice', key.type, key.blob);
        const whole = key.sign(signed);
        for (const cut of [1, 4, 5, 6, whole.length - 4, whole.length])
          assert.equal(
            await send(raw, 'alice', key.type, key.blob, whole.subarray(0, -cut)),
            'failure',
            `${cut}`,
          );
        const longer = Buffer.concat([whole, Buffer.alloc(1)]);
        assert.equal(await send(raw, 'alice', key.type, key.blob, longer), 'failure');
        // The lengths inside, which ssh2 does not look at, and what stands behind the request.
        const at = 4 + key.type.length;
        const lying = Buffer.from(whole);
        lying.writeUInt32BE(lying.readUInt32BE(at) + 1, at);
        assert.equal(await send(raw, 'alice', key.type, key.blob, lying), 'failure', 'a length that lies');
        assert.equal(refusal(), 'wrong-signature');
        const fields = [true, key.type, key.blob, whole].map(encode);
        const behind = Buffer.concat([...fields, Buffer.from('x')]);
        assert.equal(await raw.request('alice', 'publickey', behind), 'failure', 'bytes behind the request');
        assert.equal(refusal(), 'wrong-signature');
        assert.equal(await send(raw, 'alice', key.type, key.blob, whole), 'success', 'the honest one');
      });

      it('refuses a counter that went back or stands still, says so, and takes the next one', async () => {
        const counted = new SoftAuthenticator(kind);
        const [login, twin] = [`counted-${kind}`, `twin-${kind}`];
        gate.customer(login, [counted.blob]);
        gate.customer(twin, [counted.blob]);
        assert.equal(await signedBy(counted, { counter: 0 }, login), 'success', 'none yet');
        assert.equal(await signedBy(counted, { counter: 41 }, login), 'success');
        for (const counter of [41, 40, 0]) {
          assert.equal(await signedBy(counted, { counter }, login), 'failure');
          assert.equal(refusal(), 'counter-went-back');
          const { customer, fingerprint, last, source, ...row } =
            gate.eventsOf('key.counter.regressed').at(-1) ?? {};
          assert.deepEqual([customer, fingerprint, last], [login, counted.fingerprint, 41]);
          assert.match(source ?? '', /^127\.0\.0\.\d+$/);
          assert.deepEqual(row, { kind: 'key.counter.regressed', counter });
        }
        assert.equal(await signedBy(counted, { counter: 41 }, twin), 'failure', 'one key, one counter');
        assert.equal(await signedBy(counted, { counter: 42 }, twin), 'success');
        assert.equal(await signedBy(counted, { counter: 42 }, login), 'failure');
        assert.equal(await signedBy(counted, { counter: 0xffffffff }, login), 'success');
      });

      it('takes 0 for ever from an authenticator that does not count', async () => {
        const counted = new SoftAuthenticator(kind);
        gate.customer(`zero-${kind}`, [counted.blob]);
        for (let time = 0; time < 3; time++)
          assert.equal(await signedBy(counted, { counter: 0 }, `zero-${kind}`), 'success');
        assert.equal(gate.store.keys.list(`zero-${kind}` as never).length, 1);
      });

      it('moves no counter by a signature that is refused', async () => {
        const counted = new SoftAuthenticator(kind);
        gate.customer(`still-${kind}`, [counted.blob]);
        const sent = { counter: 1_000_000 };
        assert.equal(await signedBy(counted, { counter: 1, sent }, `still-${kind}`), 'failure');
        assert.equal(await signedBy(counted, { counter: 1_000_000, flags: 0 }, `still-${kind}`), 'failure');
        assert.equal(await signedBy(counted, { counter: 2 }, `still-${kind}`), 'success');
      });
    });
  }

  it('takes a high s and a low one, as OpenSSH does', async () => {
    for (const highS of [true, false]) {
      assert.equal(await signedBy(keys.ecdsa, { highS }), 'success');
      assert.match(verifiedByOpenSsh(keys.ecdsa, { highS }), /^Good "test" signature with ECDSA-SK key/);
    }
    assert.match(verifiedByOpenSsh(keys.ed25519, {}), /^Good "test" signature with ED25519-SK key/);
  });

  it('is asked for a signature only with its own type, and by who has the key', async () => {
    const raw = await connect();
    const { blob, type } = keys.ed25519;
    assert.equal(await raw.probe('alice', type, blob), 'sign-please');
    assert.equal(await raw.probe('alice', keys.ecdsa.type, blob), 'failure');
    assert.equal(await raw.probe('alice', 'ssh-ed25519', blob), 'failure');
    assert.equal(await raw.probe('alice', type, new SoftAuthenticator('ed25519').blob), 'failure');
    assert.equal(await (await connect()).probe('bob', type, blob), 'failure');
  });

  it('says why a signature of a browser is not taken', async () => {
    const raw = await connect();
    const { blob } = keys.ecdsa;
    assert.equal(await send(raw, 'alice', WEBAUTHN, blob, keys.ecdsa.sign(Buffer.from('x'))), 'failure');
    assert.equal(refusal(), 'browser-signature');
  });

  it('does not come in as a plain key with the same bytes, nor the other way round', async () => {
    const raw = await connect();
    const { blob, type } = keys.ed25519;
    const plain = Buffer.concat(['ssh-ed25519', blob.subarray(4 + type.length + 4, -8)].map(encode));
    const whole = keys.ed25519.sign(raw.toSign('alice', 'ssh-ed25519', plain));
    assert.equal(await send(raw, 'alice', 'ssh-ed25519', plain, whole), 'failure');
    assert.equal(await send(raw, 'alice', 'ssh-ed25519', blob, whole), 'failure');
    assert.equal(await send(raw, 'alice', type, plain, whole), 'failure');
  });

  it('lets a plain key in no more where only verified security keys may, and each answer is the same', async () => {
    const plain = client.key('plain');
    gate.customer('plain', [plain.blob]);
    const target = { port: gate.port, login: 'plain', key: plain };
    assert.equal((await client.run(target, ['whoami'])).status, 0);
    gate.policy = VERIFIED_ONLY;
    assert.match((await client.run(target, ['whoami'])).stderr, /: Permission denied \(publickey\)\.\s*$/);
    assert.equal(refusal(), 'key-not-allowed');
  });

  it('opens no more sessions on a connection that was not verified, once the policy asks for it', async () => {
    for (const [flags, reply] of [
      [PRESENT, 'CHANNEL_OPEN_FAILURE'],
      [PRESENT | VERIFIED, 'CHANNEL_OPEN_CONFIRMATION'],
    ] as const) {
      const raw = await connect();
      const { type, blob } = keys.ed25519;
      const whole = keys.ed25519.sign(raw.toSign('alice', type, blob), { flags });
      assert.equal(await send(raw, 'alice', type, blob, whole), 'success');
      gate.policy = VERIFIED_ONLY;
      raw.send(message(90, 'session', 0, 2 ** 21, 32768));
      await raw.until(() => raw.count(reply) > 0 || raw.closed, 'an answer');
      assert.equal(raw.count('CHANNEL_OPEN_CONFIRMATION'), flags === PRESENT ? 0 : 1);
      gate.policy = null;
    }
  });

  it('costs a stranger as many reads and verifications as a customer', async () => {
    const reads: number[] = [];
    for (const [login, key] of [
      ['alice', keys.ed25519],
      ['nobody', keys.ed25519],
      ['alice', new SoftAuthenticator('ed25519')],
    ] as const) {
      const raw = await connect();
      const [before, checks] = [gate.statements.length, gate.check.count];
      const signature = key.sign(Buffer.from('another thing'));
      assert.equal(await send(raw, login, key.type, key.blob, signature), 'failure');
      const selects = gate.statements.slice(before).filter((sql) => sql.startsWith('SELECT customer.name'));
      reads.push(selects.length);
      assert.equal(gate.check.count, checks + 1);
    }
    assert.deepEqual(new Set(reads), new Set([2]));
  });

  it('is announced in server-sig-algs', async () => {
    const options = [`IdentityAgent=${agent.socket}`, 'LogLevel=DEBUG1'];
    agent.keys = [keys.ed25519];
    const { stderr } = await client.run({ port: gate.port, login: 'alice', options }, ['whoami']);
    assert.match(
      stderr,
      /server-sig-algs=<[^>]*sk-ssh-ed25519@openssh.com,sk-ecdsa-sha2-nistp256@openssh.com/,
    );
  });
});
