import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isRefusal } from '../../../policy/refusal.js';
import type { AuthorityName } from '../../../policy/names.js';
import { fingerprintOf } from '../../../server/gate/keys/public-key.js';
import { GateUnderTest } from '../../support/gate-under-test.js';
import { RawSsh } from '../../support/raw-ssh.js';
import { SecurityKeyAgent } from '../../support/security-key-agent.js';
import { PRESENT, SoftAuthenticator, VERIFIED } from '../../support/soft-authenticator.js';
import { SshClient } from '../../support/ssh-client.js';
import type { CertifiedKey, ClientKey, SshOutcome } from '../../support/ssh-client.js';
import { ADMIN } from '../../support/temporary-store.js';

describe('gate/ssh: certificates of ssh-keygen, with the OpenSSH client', () => {
  const client = new SshClient();
  const revokedKeysFile = join(client.directory, 'revoked');
  writeFileSync(revokedKeysFile, '');
  const gate = new GateUnderTest({ revokedKeysFile });
  const plain = ['-I', 'laptop', '-n', 'alice', '-V', '+1h'];

  const trust = (name: string, ca: ClientKey): void => {
    const added = gate.store.authorities.add(
      {
        name: name as AuthorityName,
        fingerprint: fingerprintOf(ca.blob),
        type: ca.type,
        blob: ca.blob,
        everybody: true,
        customers: [],
        groups: [],
      },
      ADMIN,
    );
    assert.ok(!isRefusal(added));
  };
  const run = (
    key: ClientKey,
    command: readonly string[] = ['whoami'],
    more: { login?: string; flags?: readonly string[]; options?: readonly string[] } = {},
  ): Promise<SshOutcome> =>
    client.run(
      {
        port: gate.port,
        login: more.login ?? 'alice',
        key,
        flags: more.flags ?? [],
        options: [...(more.options ?? []), ...fromElsewhere()],
      },
      command,
    );
  let sources = 1;
  /** Only some refusals of one source are recorded. */
  const fromElsewhere = (): string[] => [`BindAddress=127.0.0.${(sources += 1)}`, 'LogLevel=ERROR'];
  const isRefused = ({ status, stdout, stderr }: SshOutcome): void => {
    assert.equal(status, 255, stdout);
    assert.match(stderr, /Permission denied \(publickey\)/);
  };
  const lastReason = (): string | undefined => gate.eventsOf('login.refused').at(-1)?.reason;

  before(async () => {
    await gate.listen(client);
    gate.customer('alice', [], ['horatio']);
    trust('site', client.key('ca'));
    trust('rsa', client.key('ca-rsa', 'rsa', 2048));
    trust('p256', client.key('ca-p256', 'ecdsa', 256));
    trust('p384', client.key('ca-p384', 'ecdsa', 384));
    trust('p521', client.key('ca-p521', 'ecdsa', 521));
  });

  after(async () => {
    client.dispose();
    await gate.dispose();
  });

  const pairs: readonly (readonly [
    key: string,
    ca: string,
    type: 'ed25519' | 'ecdsa' | 'rsa',
    bits?: number,
  ])[] = [
    ['ed25519', 'ca', 'ed25519'],
    ['p256', 'ca-p384', 'ecdsa', 256],
    ['p384', 'ca-p521', 'ecdsa', 384],
    ['p521', 'ca-rsa', 'ecdsa', 521],
    ['rsa', 'ca-p256', 'rsa', 2048],
  ];
  for (const [name, ca, type, bits] of pairs) {
    it(`takes a certificate over a key of ${name}, by a CA of ${ca}`, async () => {
      const key = client.certify(client.key(ca), client.key(`key-${name}`, type, bits), plain);
      assert.deepEqual(await run(key), { status: 0, stdout: 'alice -\n', stderr: '' });
    });
  }

  it('takes both hashes of RSA, from the client and from the CA, and never SHA-1', async () => {
    const key = client.key('key-rsa', 'rsa', 2048);
    for (const hash of ['rsa-sha2-256', 'rsa-sha2-512']) {
      const certified = client.certify(client.key('ca-rsa'), key, ['-t', hash, ...plain]);
      const options = [`PubkeyAcceptedAlgorithms=${hash}-cert-v01@openssh.com`];
      assert.equal((await run(certified, ['whoami'], { options })).stdout, 'alice -\n', hash);
    }
    const old = client.certify(client.key('ca-rsa'), key, ['-t', 'ssh-rsa', ...plain]);
    isRefused(await run(old));
  });

  it('records CA, key id and serial, and keeps no key', async () => {
    const key = client.certify(client.key('ca'), client.key('noted'), [
      ...plain,
      '-z',
      '18446744073709551615',
    ]);
    assert.equal((await run(key, ['whoami'], { login: 'horatio' })).stdout, 'alice horatio\n');
    const accepted = gate.eventsOf('login.accepted').at(-1);
    assert.equal(accepted?.actor.fingerprint, key.fingerprint);
    assert.deepEqual(accepted.certificate, {
      authority: client.key('ca').fingerprint,
      authorityName: 'site',
      keyId: 'laptop',
      serial: '18446744073709551615',
    });
    assert.deepEqual(gate.store.keys.list(accepted.actor.customer), []);
    isRefused(await run(client.key('noted')));
  });

  it('lets in a client with the certificate in an agent', async () => {
    const other = new SshClient();
    try {
      other.trust(gate.hostKey.knownHostsLine('127.0.0.1', gate.port));
      await other.agent([other.certify(client.key('ca'), other.key('agents'), plain)]);
      const { stdout } = await other.run({ port: gate.port, login: 'alice' }, ['whoami']);
      assert.equal(stdout, 'alice -\n');
    } finally {
      other.dispose();
    }
  });

  it('takes certificates over both kinds of security keys, with verify-required only when verified', async () => {
    const agent = new SecurityKeyAgent();
    await agent.listen();
    const log = (): Promise<SshOutcome> =>
      client.run(
        { port: gate.port, login: 'alice', options: [`IdentityAgent=${agent.socket}`, ...fromElsewhere()] },
        ['whoami'],
      );
    try {
      for (const kind of ['ed25519', 'ecdsa'] as const) {
        const authenticator = new SoftAuthenticator(kind);
        const file = join(client.directory, `sk-${kind}`);
        writeFileSync(`${file}.pub`, `${authenticator.line} sk\n`);
        const sign = (...more: readonly string[]): void => {
          execFileSync('ssh-keygen', ['-q', '-s', client.key('ca').file, ...plain, ...more, `${file}.pub`]);
          const [, base64 = ''] = readFileSync(`${file}-cert.pub`, 'utf8').split(' ');
          agent.certificates = new Map([[authenticator, Buffer.from(base64, 'base64')]]);
        };
        sign();
        assert.equal((await log()).stdout, 'alice -\n', kind);
        sign('-O', 'verify-required');
        isRefused(await log());
        assert.equal(lastReason(), 'user-not-verified');
        agent.changes = { flags: PRESENT | VERIFIED };
        assert.equal((await log()).stdout, 'alice -\n');
        assert.equal(gate.eventsOf('login.accepted').at(-1)?.verified, true);
        agent.changes = {};
      }
    } finally {
      await agent.close();
    }
  });

  const refused: readonly (readonly [what: string, flags: readonly string[], reason: string])[] = [
    ['expired', ['-n', 'alice', '-V', '-2h:-1h'], 'certificate-expired'],
    ['not valid yet', ['-n', 'alice', '-V', '+1h:+2h'], 'certificate-not-valid-yet'],
    ["another's", ['-n', 'bob'], 'certificate-not-for-login'],
    ['without principals', [], 'certificate-not-for-login'],
    ['a host certificate', ['-h', '-n', 'alice'], ''],
    [
      'for another address',
      ['-n', 'alice', '-O', 'source-address=192.0.2.0/24'],
      'certificate-not-for-source',
    ],
    [
      'with an unknown critical option',
      ['-n', 'alice', '-O', 'critical:new@example.com=x'],
      'certificate-option-unknown',
    ],
    ['with verify-required', ['-n', 'alice', '-O', 'verify-required'], 'user-not-verified'],
  ];
  for (const [what, flags, reason] of refused) {
    it(`refuses a certificate that is ${what}, as any unknown key`, async () => {
      const before = gate.eventsOf('login.refused').length;
      const key = client.certify(client.key('ca'), client.key('refused'), ['-I', 'laptop', ...flags]);
      const unknown = await run(client.key('stranger'));
      const answer = await run(key);
      isRefused(answer);
      assert.deepEqual(answer, unknown);
      const recorded = gate.eventsOf('login.refused').slice(before);
      assert.deepEqual(
        recorded.map((event) => event.reason),
        reason === '' ? [] : [reason],
      );
    });
  }

  it('takes a certificate for this address, and one with an unknown extension', async () => {
    const flags = [
      ...plain,
      '-O',
      'source-address=192.0.2.0/24,127.0.0.0/8',
      '-O',
      'extension:new@example.com=x',
    ];
    assert.equal(
      (await run(client.certify(client.key('ca'), client.key('near'), flags))).stdout,
      'alice -\n',
    );
  });

  it('runs the forced command in the place of the command and of the menu', async () => {
    const key = client.certify(client.key('ca'), client.key('forced'), [
      ...plain,
      '-O',
      'force-command=describe',
    ]);
    assert.equal((await run(key, ['whoami'])).stdout, 'dumb null no pty\n');
    assert.equal((await run(key, [])).stdout, 'dumb null no pty\n', 'a shell without a terminal');
    assert.match((await run(key, [], { flags: ['-tt'] })).stdout, / pty\s*$/);
    const opened = gate.eventsOf('session.opened').slice(-3);
    assert.deepEqual(
      opened.map(({ what }) => what),
      ['exec', 'exec', 'exec'],
    );
    const sftp = await client.program('sftp', { port: gate.port, login: 'alice', key }, ['alice@127.0.0.1']);
    assert.notEqual(sftp.status, 0, 'a subsystem stays refused');
  });

  it('gives no terminal without permit-pty, and runs the session without one, as sshd', async () => {
    const key = client.certify(client.key('ca'), client.key('clear'), [...plain, '-O', 'clear']);
    const terminal = client.terminal({ port: gate.port, login: 'alice', key });
    await terminal.sees('PTY allocation request failed');
    await terminal.sees('hello alice dumb');
    // The line discipline of the client's own terminal passes a quoted Ctrl-D on.
    terminal.type('\x16\x04\n');
    assert.equal(await terminal.ends(), 0);
    // A client that insists gives up by itself.
    assert.match((await run(key, ['describe'], { flags: ['-tt'] })).stderr, /PTY allocation request failed/);
  });

  it('refuses what a KRL of ssh-keygen names, from the next login on, and nobody else', async () => {
    const ca = client.key('ca');
    const listed = client.certify(ca, client.key('listed'), [...plain, '-z', '77']);
    const other = client.certify(ca, client.key('unlisted'), [...plain, '-z', '78']);
    const revoke = (what: string): void => {
      const spec = join(client.directory, 'spec');
      writeFileSync(spec, what);
      execFileSync('ssh-keygen', ['-q', '-k', '-f', revokedKeysFile, '-s', `${ca.file}.pub`, spec]);
    };
    assert.equal((await run(listed)).stdout, 'alice -\n');
    try {
      revoke('serial: 70-77\n');
      isRefused(await run(listed));
      assert.equal(lastReason(), 'certificate-revoked');
      assert.equal((await run(other)).stdout, 'alice -\n');
      revoke('serial: 1-5\n');
      assert.equal((await run(listed)).stdout, 'alice -\n', 'a new list replaces the old one');
      writeFileSync(revokedKeysFile, readFileSync(`${client.key('listed').file}.pub`));
      isRefused(await run(listed));
      assert.equal((await run(other)).stdout, 'alice -\n');
      writeFileSync(revokedKeysFile, 'no key\n');
      isRefused(await run(other));
      assert.equal(lastReason(), 'revoked-keys-unreadable');
      rmSync(revokedKeysFile);
      isRefused(await run(other));
    } finally {
      writeFileSync(revokedKeysFile, '');
    }
    assert.equal((await run(listed)).stdout, 'alice -\n');
  });

  it('refuses a registered key that the list names, and lets it in when it is taken off', async () => {
    const key = client.key('registered');
    gate.customer('carol', [key.blob]);
    const carol = { login: 'carol' };
    assert.equal((await run(key, ['whoami'], carol)).stdout, 'carol -\n');
    try {
      writeFileSync(revokedKeysFile, readFileSync(`${key.file}.pub`));
      isRefused(await run(key, ['whoami'], carol));
      writeFileSync(revokedKeysFile, 'broken\n');
      isRefused(await run(key, ['whoami'], carol));
    } finally {
      writeFileSync(revokedKeysFile, '');
    }
    assert.equal((await run(key, ['whoami'], carol)).stdout, 'carol -\n');
  });

  describe('with messages made by hand', () => {
    const algorithm = 'ssh-ed25519-cert-v01@openssh.com';
    let key: CertifiedKey;
    let raw: RawSsh;

    before(() => {
      key = client.certify(client.key('ca'), client.key('by-hand'), plain);
    });

    beforeEach(async () => {
      raw = await RawSsh.connect(gate.port);
    });

    afterEach(() => {
      raw.end();
    });

    it('echoes the name of the request when it asks to sign (RFC 4252)', async () => {
      assert.equal(await raw.probe('alice', algorithm, key.certificateBlob), 'sign-please');
      const [name] = raw.received.find((each) => each.name === 'USERAUTH_PK_OK')?.args ?? [];
      assert.equal(name, algorithm);
    });

    it('takes no signature that ssh2 would strip, and none over another request', async () => {
      const junk = Buffer.alloc(64, 1);
      for (const inner of [algorithm, 'ssh-ed25519', 'rsa-sha2-512', ''])
        assert.equal(await raw.sign('alice', algorithm, key.certificateBlob, junk, inner), 'failure', inner);
    });

    it('refuses a certificate under the name of a plain key, and the reverse', async () => {
      assert.equal(await raw.probe('alice', 'ssh-ed25519', key.certificateBlob), 'failure');
      assert.equal(await raw.probe('alice', 'ssh-ed25519', key.blob), 'failure');
      assert.equal(await raw.probe('alice', algorithm, key.blob), 'failure');
      assert.equal(await raw.probe('alice', algorithm, Buffer.alloc(0)), 'failure');
    });
  });
});
