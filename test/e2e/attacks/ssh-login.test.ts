import assert from 'node:assert/strict';
import { GateUnderTest } from '../../support/gate-under-test.js';
import { RawSsh, encode } from '../../support/raw-ssh.js';
import { signingKey } from '../../support/signing-key.js';
import { SshClient } from '../../support/ssh-client.js';

/** Alice has a key and `horatio`, bob another key and `yorick`. Attackers know all public keys and names. */
describe('attacks on login', () => {
  const gate = new GateUnderTest();
  const alice = signingKey('ed25519');
  const bob = signingKey('ed25519');
  const rosa = signingKey('rsa');
  const stranger = signingKey('ed25519');
  const connections: RawSsh[] = [];

  before(async () => {
    await gate.listen();
    gate.customer('alice', [alice.getPublicSSH()], ['horatio']);
    gate.customer('bob', [bob.getPublicSSH()], ['yorick']);
    gate.customer('rosa', [rosa.getPublicSSH()]);
    gate.customer('sam', [bob.getPublicSSH()]);
    gate.suspend('sam');
  });

  afterEach(() => {
    for (const connection of connections.splice(0)) connection.end();
  });

  after(() => gate.dispose());

  async function connect(): Promise<RawSsh> {
    const raw = await RawSsh.connect(gate.port);
    connections.push(raw);
    return raw;
  }

  /**
   * Checks that the attack failed: the refused connection can do nothing, and the honest customer still gets
   * in.
   */
  async function stillOutside(raw: RawSsh): Promise<void> {
    raw.send(Buffer.concat([Buffer.from([90]), ...['session', 0, 65536, 32768].map(encode)]));
    const refused = await raw.receives('CHANNEL_OPEN_FAILURE');
    assert.ok(refused !== undefined || raw.closed);
    assert.equal(await (await connect()).login('alice', alice), 'success');
  }

  it("signs with one's own key and shows Alice's public key: refused", async () => {
    const raw = await connect();
    const blob = alice.getPublicSSH();
    const forged = stranger.sign(raw.toSign('alice', 'ssh-ed25519', blob));
    assert.equal(await raw.sign('alice', 'ssh-ed25519', blob, forged), 'failure');
    await stillOutside(raw);
  });

  it('sends an empty signature, zeros, rubbish: refused', async () => {
    const raw = await connect();
    const blob = alice.getPublicSSH();
    for (const signature of [
      Buffer.alloc(0),
      Buffer.alloc(64),
      Buffer.from('rubbish'),
      Buffer.alloc(4000, 1),
    ]) {
      assert.equal(await raw.sign('alice', 'ssh-ed25519', blob, signature), 'failure');
    }
    await stillOutside(raw);
  });

  it("probes with Alice's key, then signs with another: only the signature counts", async () => {
    const raw = await connect();
    assert.equal(await raw.probe('alice', 'ssh-ed25519', alice.getPublicSSH()), 'sign-please');
    assert.equal(await raw.login('alice', stranger), 'failure');
    assert.equal(await raw.probe('alice', 'ssh-ed25519', alice.getPublicSSH()), 'sign-please');
    assert.equal(await raw.login('alice', bob), 'failure');
    await stillOutside(raw);
  });

  it('takes a probe that was answered "sign please" for a login: no channel opens', async () => {
    const raw = await connect();
    assert.equal(await raw.probe('alice', 'ssh-ed25519', alice.getPublicSSH()), 'sign-please');
    await stillOutside(raw);
  });

  it("logs in as Alice, or to Alice's domain, with Bob's key, rightly signed: refused", async () => {
    for (const login of ['alice', 'horatio']) {
      const raw = await connect();
      assert.equal(await raw.login(login, bob), 'failure');
      await stillOutside(raw);
    }
  });

  it('uses odd login names: refused', async () => {
    for (const login of [
      '',
      '-a',
      '0',
      'Domain-0',
      'horati',
      'horatio ',
      '../ophelia',
      'HORATIO',
      'hοratio',
      'alice\0',
      "' OR 1=1 --",
      'x'.repeat(20_000),
    ]) {
      const raw = await connect();
      assert.equal(await raw.login(login, alice), 'failure', login.slice(0, 30));
    }
    await stillOutside(await connect());
  });

  it('replays the signature of another connection: refused', async () => {
    const [first, second] = [await connect(), await connect()];
    const blob = alice.getPublicSSH();
    const signature = alice.sign(first.toSign('alice', 'ssh-ed25519', blob));
    assert.equal(await second.sign('alice', 'ssh-ed25519', blob, signature), 'failure');
    assert.equal(await first.sign('alice', 'ssh-ed25519', blob, signature), 'success');
  });

  it("signs a request for oneself and sends it with Alice's name: refused", async () => {
    const raw = await connect();
    const blob = bob.getPublicSSH();
    const signature = bob.sign(raw.toSign('bob', 'ssh-ed25519', blob));
    assert.equal(await raw.sign('alice', 'ssh-ed25519', blob, signature), 'failure');
    await stillOutside(raw);
  });

  it('signs with SHA-1 (ssh-rsa), openly or dressed as SHA-2: refused, and not even probed', async () => {
    const raw = await connect();
    const blob = rosa.getPublicSSH();
    assert.equal(await raw.probe('rosa', 'ssh-rsa', blob), 'failure');
    const sha1 = (algorithm: string): Buffer => rosa.sign(raw.toSign('rosa', algorithm, blob), 'sha1');
    assert.equal(await raw.sign('rosa', 'ssh-rsa', blob, sha1('ssh-rsa')), 'failure');
    assert.equal(await raw.sign('rosa', 'rsa-sha2-512', blob, sha1('rsa-sha2-512')), 'failure');
    assert.equal(await raw.sign('rosa', 'rsa-sha2-512', blob, sha1('rsa-sha2-512'), 'ssh-rsa'), 'failure');
    const honest = await connect();
    const signature = rosa.sign(honest.toSign('rosa', 'rsa-sha2-512', blob), 'sha512');
    assert.equal(await honest.probe('rosa', 'rsa-sha2-512', blob), 'sign-please');
    assert.equal((await honest.receives('USERAUTH_PK_OK'))?.[0], 'rsa-sha2-512', 'the name as it was asked');
    assert.equal(await honest.sign('rosa', 'rsa-sha2-512', blob, signature), 'success');
  });

  it("says that Alice's Ed25519 key is an RSA key, or an unknown kind of key: refused", async () => {
    const raw = await connect();
    const blob = alice.getPublicSSH();
    for (const algorithm of [
      'rsa-sha2-256',
      'ecdsa-sha2-nistp256',
      'ssh-dss',
      'ssh-ed25519-cert-v01@openssh.com',
      '',
    ]) {
      assert.equal(await raw.probe('alice', algorithm, blob), 'failure', algorithm);
    }
    for (const algorithm of ['rsa-sha2-256', 'ssh-dss', 'toString', '__proto__']) {
      const signature = alice.sign(raw.toSign('alice', algorithm, blob));
      assert.equal(await raw.sign('alice', algorithm, blob, signature), 'failure', algorithm);
    }
    await stillOutside(raw);
  });

  it('tries none, password, keyboard-interactive, host-based: refused, and nothing is ever pending', async () => {
    const raw = await connect();
    assert.equal(await raw.request('alice', 'none'), 'failure');
    assert.deepEqual(await raw.receives('USERAUTH_FAILURE'), [['publickey'], false]);
    assert.equal(
      await raw.request('alice', 'password', Buffer.concat([false, 'secret'].map(encode))),
      'failure',
    );
    assert.equal(
      await raw.request('alice', 'keyboard-interactive', Buffer.concat(['', ''].map(encode))),
      'failure',
    );
    const hostbased = ['ssh-ed25519', alice.getPublicSSH(), 'host', 'root', Buffer.alloc(64)].map(encode);
    assert.equal(await raw.request('alice', 'hostbased', Buffer.concat(hostbased)), 'failure');
    // The answer to a question that was never asked: 5 bytes that announce 2^26 replies.
    const before = process.memoryUsage().rss;
    raw.send(Buffer.concat([Buffer.from([61]), encode(0x04000000)]));
    assert.equal(await raw.login('alice', alice), 'success');
    assert.ok(process.memoryUsage().rss - before < 100 * 2 ** 20);
  });

  it('changes the login name between two requests: the connection ends', async () => {
    const raw = await connect();
    assert.equal(await raw.login('bob', alice), 'failure');
    assert.equal(await raw.login('alice', alice), 'disconnected');
  });

  it('goes on trying: after six failed tries the connection ends, however many probes came between', async () => {
    const raw = await connect();
    for (let tries = 1; tries <= 5; tries += 1) {
      for (let probes = 0; probes < 10; probes += 1) {
        assert.equal(await raw.probe('alice', 'ssh-ed25519', stranger.getPublicSSH()), 'failure');
      }
      assert.equal(await raw.login('alice', stranger), 'failure', `try ${tries}`);
    }
    assert.equal(await raw.login('alice', stranger), 'disconnected');
    const [reason, sentence] = (await raw.receives('DISCONNECT')) ?? [];
    assert.deepEqual([reason, sentence], [14, 'Too many authentication failures']);
  });

  it('goes on probing: after a hundred probes the connection ends', async () => {
    const raw = await connect();
    let probes = 0;
    while ((await raw.probe('alice', 'ssh-ed25519', stranger.getPublicSSH())) === 'failure') probes += 1;
    assert.equal(probes, 100);
  });

  it('sends a request that is cut short: no fault, no login', async () => {
    const raw = await connect();
    const reply = await raw.request('alice', 'publickey', Buffer.concat([false, 'ssh-ed25519'].map(encode)));
    assert.notEqual(reply, 'success');
    assert.equal(await (await connect()).login('alice', alice), 'success');
    assert.ok(!gate.logged.some(({ level }) => level === 'error'));
  });

  it('learns nothing from reads or verifications: the same for unknown login, wrong key, key of another, suspended', async () => {
    const forged = async (login: string, key: typeof alice): Promise<string> => {
      const raw = await connect();
      const blob = key.getPublicSSH();
      const reads = gate.statements.length;
      const checks = gate.check.count;
      const reply = await raw.sign(
        login,
        'ssh-ed25519',
        blob,
        stranger.sign(raw.toSign(login, 'ssh-ed25519', blob)),
      );
      assert.equal(reply, 'failure');
      const made = gate.statements
        .slice(reads)
        .filter((sql) => sql.startsWith('SELECT') && sql.includes('fingerprint'));
      return `${made.length} reads, ${gate.check.count - checks} verification`;
    };
    const answers = {
      'unknown login': await forged('nobody', alice),
      'unknown key': await forged('alice', stranger),
      'key of another': await forged('alice', bob),
      'right login and key, forged signature': await forged('alice', alice),
      'right domain and key, forged signature': await forged('horatio', alice),
      suspended: await forged('sam', bob),
      'a login far too long': await forged('x'.repeat(10_000), bob),
    };
    for (const [who, answer] of Object.entries(answers)) assert.equal(answer, '2 reads, 1 verification', who);
  });

  it('fills the disk with refused logins: a source gets ten rows and twenty lines, then only a count', async () => {
    const rows = (): number => gate.eventsOf('login.refused').length;
    for (let n = 0; n < 4; n += 1) {
      const raw = await connect();
      for (let tries = 0; tries < 6; tries += 1) await raw.login('alice', stranger);
    }
    assert.equal(rows(), 10);
    const lines = gate.logged.filter(({ message }) => message === 'login.refused').length;
    assert.ok(lines >= 10 && lines <= 20, `${lines} lines`);
  });
});

describe('attacks on login: a source that will not stop', () => {
  it('is closed before the key exchange once ten logins were refused; a success before that forgives', async () => {
    const gate = new GateUnderTest({ login: { penaltyAfter: 10, penaltySeconds: 60 } });
    const client = new SshClient();
    try {
      await gate.listen(client);
      gate.customer('alice', [client.key('alice').blob]);
      const alice = { port: gate.port, login: 'alice', key: client.key('alice') };
      const stranger = { ...alice, key: client.key('stranger') };
      const forger = signingKey('ed25519');
      const raw = await RawSsh.connect(gate.port);
      for (let n = 0; n < 5; n += 1) await raw.login('alice', forger);
      raw.end();
      assert.equal((await client.run(alice, ['whoami'])).stdout, 'alice -\n');
      for (let n = 0; n < 2; n += 1) {
        const again = await RawSsh.connect(gate.port);
        for (let tries = 0; tries < 5; tries += 1) await again.login('alice', forger);
        again.end();
      }
      assert.deepEqual(
        gate.eventsOf('source.penalised').map(({ source, seconds }) => ({ source, seconds })),
        [{ source: '127.0.0.1', seconds: 60 }],
      );
      await assert.rejects(RawSsh.connect(gate.port), /closed before login/);
      assert.equal((await client.run(stranger, ['whoami'])).status, 255);
    } finally {
      client.dispose();
      await gate.dispose();
    }
  });
});
