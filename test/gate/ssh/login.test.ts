import assert from 'node:assert/strict';
import { NO_KEY_RULE, policy } from '../../support/policy-values.js';
import { GateUnderTest } from '../../support/gate-under-test.js';
import { SshClient, type ClientKey, type SshTarget } from '../../support/ssh-client.js';

describe('gate/ssh: login with the OpenSSH client', () => {
  const client = new SshClient();
  const gate = new GateUnderTest({
    settings: { banner: 'Authorised\x1b[31m customers only.\n', motd: 'Work on Sunday.' },
  });

  const target = (login: string, key: ClientKey, more: Partial<SshTarget> = {}): SshTarget => ({
    port: gate.port,
    login,
    key,
    ...more,
  });
  const quiet = { options: ['LogLevel=ERROR'] };

  before(async () => {
    await gate.listen(client);
    gate.customer('alice', [client.key('alice').blob, client.key('shared').blob], ['horatio']);
    gate.customer('bob', [client.key('shared').blob], ['yorick']);
    gate.customer('mallory', [client.key('mallory').blob]);
    gate.suspend('mallory');
    gate.customer('late', [client.key('late').blob]);
    gate.expireKeys('late');
    gate.customer('weak', [client.key('weak', 'rsa', 2048).blob, client.key('strong').blob]);
  });

  after(async () => {
    client.dispose();
    await gate.dispose();
  });

  it('runs a command and passes its output, its errors and its exit status', async () => {
    const alice = target('alice', client.key('alice'), quiet);
    assert.deepEqual(await client.run(alice, ['whoami']), { status: 0, stdout: 'alice -\n', stderr: '' });
    assert.deepEqual(await client.run(alice, ['fail 5']), { status: 5, stdout: '', stderr: 'it failed\n' });
  });

  it('passes input and its end', async () => {
    const text = 'x'.repeat(300_000);
    const { stdout, status } = await client.run(target('alice', client.key('alice')), ['cat'], text);
    assert.equal(status, 0);
    assert.ok(stdout === text, 'all that was sent came back');
  });

  it('opens a shell on a terminal, with its name and size and the message of the day, and follows its size', async () => {
    const terminal = client.terminal(target('alice', client.key('alice')));
    await terminal.sees('Work on Sunday.');
    await terminal.sees('hello alice xterm-256color 80x24');
    terminal.resize(100, 40);
    await terminal.sees('now 100x40');
    terminal.type('\x04');
    assert.equal(await terminal.ends(), 0);
  });

  it('shows the banner before login, without what steers a terminal', async () => {
    const { stderr } = await client.run(target('alice', client.key('alice')), ['whoami']);
    assert.equal(stderr, 'Authorised[31m customers only.\r\n');
  });

  for (const [type, bits] of [
    ['ed25519', undefined],
    ['ecdsa', 256],
    ['ecdsa', 384],
    ['ecdsa', 521],
    ['rsa', 2048],
  ] as const) {
    const name = `${type}${bits ?? ''}`;
    it(`takes a key of type ${name}`, async () => {
      const key = client.key(name, type, bits);
      gate.customer(`by-${name}`, [key.blob]);
      const { stdout } = await client.run(target(`by-${name}`, key), ['whoami']);
      assert.equal(stdout, `by-${name} -\n`);
    });
  }

  it('takes RSA keys with SHA-512 and with SHA-256, by its own list of algorithms', async () => {
    const key = client.key('rsa2048');
    gate.customer('ann', [key.blob]);
    const { stderr } = await client.run(target('ann', key, { options: ['LogLevel=DEBUG2'] }), ['whoami']);
    assert.match(stderr, /server-sig-algs=<ssh-ed25519,[^>]*,rsa-sha2-512,rsa-sha2-256>/);
    assert.match(stderr, /rsa-sha2-512 SHA256|RSA SHA256/);
    const forced = target('ann', key, { options: ['PubkeyAcceptedAlgorithms=rsa-sha2-256'] });
    assert.equal((await client.run(forced, ['whoami'])).stdout, 'ann -\n');
  });

  it('takes an RSA key from an agent', async () => {
    const other = new SshClient();
    try {
      const key = other.key('agent', 'rsa', 2048);
      gate.customer('agnes', [key.blob]);
      other.trust(gate.hostKey.knownHostsLine('127.0.0.1', gate.port));
      await other.agent([key]);
      const { stdout } = await other.run({ port: gate.port, login: 'agnes' }, ['whoami']);
      assert.equal(stdout, 'agnes -\n');
    } finally {
      other.dispose();
    }
  });

  it("takes a domain's name for the one customer with a role on it who holds the key", async () => {
    const { stdout } = await client.run(target('horatio', client.key('alice')), ['whoami']);
    assert.equal(stdout, 'alice horatio\n');
  });

  it('tells two customers with the same key apart by their login names', async () => {
    const key = client.key('shared');
    assert.equal((await client.run(target('alice', key), ['whoami'])).stdout, 'alice -\n');
    assert.equal((await client.run(target('bob', key), ['whoami'])).stdout, 'bob -\n');
    assert.equal((await client.run(target('yorick', key), ['whoami'])).stdout, 'bob yorick\n');
  });

  it('refuses alike: unknown login, wrong key, the key of another, a suspended customer, a key that has expired or that policy forbids', async () => {
    const everybody = { customers: [], groups: [], roles: [] };
    gate.policy = policy({ keyRules: [{ ...NO_KEY_RULE, subjects: everybody, rsaBits: 3072 }] });
    const answers = await Promise.all(
      [
        target('nobody', client.key('alice')),
        target('alice', client.key('stranger')),
        target('yorick', client.key('alice')),
        target('bob', client.key('alice')),
        target('mallory', client.key('mallory')),
        target('late', client.key('late')),
        target('weak', client.key('weak')),
        target('ALICE', client.key('alice')),
        target('', client.key('alice')),
        target('Domain-0', client.key('alice')),
      ].map(async (each) => client.run({ ...each, options: ['LogLevel=ERROR'] }, ['whoami'])),
    );
    for (const { status, stdout, stderr } of answers) {
      assert.equal(status, 255);
      assert.equal(stdout, '');
      assert.match(stderr, /^[^:]*: Permission denied \(publickey\)\.\s*$/);
    }
    assert.equal((await client.run(target('weak', client.key('strong')), ['whoami'])).stdout, 'weak -\n');
    const reasons = gate
      .eventsOf('login.refused')
      .flatMap(({ login, reason }) =>
        ['late', 'weak', 'mallory', 'bob'].includes(login) ? [`${login} ${reason}`] : [],
      );
    assert.deepEqual(
      reasons.sort(),
      ['late key-expired', 'weak key-not-allowed'],
      'what is proven is recorded',
    );
    gate.policy = null;
    assert.equal((await client.run(target('weak', client.key('weak')), ['whoami'])).stdout, 'weak -\n');
  });

  it('is not locked out by an agent full of other keys', async () => {
    const full = new SshClient();
    try {
      const keys = Array.from({ length: 30 }, (_, n) => full.key(`other-${n}`));
      gate.customer('carol', [full.key('right').blob]);
      full.trust(gate.hostKey.knownHostsLine('127.0.0.1', gate.port));
      await full.agent([...keys, full.key('right')]);
      const { stdout, stderr } = await full.run({ port: gate.port, login: 'carol' }, ['whoami']);
      assert.equal(stdout, 'carol -\n', stderr);
    } finally {
      full.dispose();
    }
  });

  it('takes the locale as a hint for UTF-8, and TERM from a list', async () => {
    const key = client.key('alice');
    const describe_ = async (env: Record<string, string>, flags: string[] = []): Promise<string> => {
      const options = ['SendEnv=LANG LC_ALL LC_CTYPE LD_PRELOAD'];
      return (await client.run(target('alice', key, { env, options, flags }), ['describe'])).stdout.trim();
    };
    assert.equal(await describe_({}), 'dumb null no pty');
    assert.equal(await describe_({ LANG: 'de_DE.UTF-8' }), 'dumb true no pty');
    assert.equal(await describe_({ LANG: 'de_DE.UTF-8', LC_ALL: 'C' }), 'dumb false no pty');
    assert.equal(await describe_({ LANG: 'C', LC_CTYPE: 'C.utf8', LC_ALL: '' }), 'dumb true no pty');
    assert.equal(await describe_({ TERM: 'rxvt-unicode' }, ['-tt']), 'xterm null pty');
    assert.equal(await describe_({ TERM: 'dumb' }, ['-tt']), 'dumb null pty');
  });

  it('works over IPv6, on a list of addresses', async () => {
    const both = new GateUnderTest({
      settings: {
        listen: [
          { host: '127.0.0.1', port: 0 },
          { host: '::1', port: 0 },
        ],
      },
    });
    const other = new SshClient();
    try {
      await both.listen(other);
      both.customer('alice', [other.key('alice').blob]);
      for (const { host, port } of both.addresses) {
        const { stdout } = await other.run({ host, port, login: 'alice', key: other.key('alice') }, [
          'whoami',
        ]);
        assert.equal(stdout, 'alice -\n', host);
      }
      const sources = both.eventsOf('login.accepted').map(({ actor }) => actor.source);
      assert.deepEqual(sources, ['127.0.0.1', '::1']);
    } finally {
      other.dispose();
      await both.dispose();
    }
  });

  it('records logins, refusals and sessions', () => {
    const accepted = gate.eventsOf('login.accepted').find(({ login }) => login === 'horatio');
    assert.equal(accepted?.actor.customer, 'alice');
    assert.equal(accepted.actor.source, '127.0.0.1');
    assert.equal(accepted.actor.fingerprint, client.key('alice').fingerprint);
    const { connection } = accepted.actor;
    const of = gate.events.filter(
      (event) =>
        'actor' in event &&
        event.actor !== null &&
        'connection' in event.actor &&
        event.actor.connection === connection,
    );
    assert.deepEqual(
      of.map(({ kind }) => kind),
      ['login.accepted', 'session.opened', 'session.closed', 'connection.closed'],
    );
    const touched = gate.store.keys
      .list(accepted.actor.customer)
      .find(({ fingerprint }) => fingerprint === accepted.actor.fingerprint);
    assert.notEqual(touched?.lastUsedAt, null);
  });
});
