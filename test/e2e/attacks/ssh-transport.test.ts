import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { Algorithms } from 'ssh2';
import { ALGORITHMS } from '../../../server/gate/ssh/algorithms.js';
import { eventually } from '../../support/eventually.js';
import { GateUnderTest } from '../../support/gate-under-test.js';
import { RawHandshake } from '../../support/raw-handshake.js';
import { RawSession } from '../../support/raw-session.js';
import { RawSsh, message } from '../../support/raw-ssh.js';
import { signingKey } from '../../support/signing-key.js';
import { SshClient } from '../../support/ssh-client.js';

/** A stranger on the network, without a key. */
describe('attacks on the transport, by a stranger', () => {
  const gate = new GateUnderTest();
  const client = new SshClient();
  const key = signingKey('ed25519');
  const sockets: { destroy(): void }[] = [];

  before(async () => {
    await gate.listen(client);
    gate.customer('alice', [key.getPublicSSH(), client.key('alice').blob]);
  });

  afterEach(() => {
    for (const socket of sockets.splice(0)) socket.destroy();
  });

  after(async () => {
    client.dispose();
    await gate.dispose();
  });

  async function open(): Promise<Socket> {
    const socket = connect(gate.port, '127.0.0.1');
    socket.on('error', () => undefined);
    sockets.push(socket);
    await once(socket, 'connect');
    return socket;
  }

  async function handshake(algorithms: Algorithms | null = null): Promise<RawSsh> {
    const raw = await RawSsh.connect(gate.port, algorithms === null ? {} : { algorithms });
    sockets.push(raw.socket);
    return raw;
  }

  async function closed(socket: Socket): Promise<string> {
    let received = '';
    socket.on('data', (data) => {
      received += data.toString('latin1');
    });
    if (!socket.destroyed) await once(socket, 'close');
    return received;
  }

  /** Waits until the gate has begun the key exchange. */
  async function keyExchange(socket: Socket): Promise<void> {
    let received = Buffer.alloc(0);
    socket.on('data', (data) => {
      received = Buffer.concat([received, data]);
    });
    await eventually("the gate's KEXINIT", () => received.includes('curve25519-sha256'));
  }

  const clientKex = spawnSync('ssh', ['-Q', 'kex'], { encoding: 'utf8' }).stdout.split('\n');
  const alice = () => ({ port: gate.port, login: 'alice', key: client.key('alice') });

  it('offers this and nothing else: no SHA-1, no compression, one host key', async () => {
    const { stderr } = await client.run({ ...alice(), options: ['LogLevel=DEBUG2'] }, ['whoami']);
    const proposal = stderr.slice(stderr.indexOf('peer server KEXINIT proposal'));
    const line = (name: string): string[] =>
      new RegExp(`debug2: ${name}: ([^\\r\\n]*)`).exec(proposal)?.[1]?.split(',') ?? [];
    assert.deepEqual(line('KEX algorithms'), [...ALGORITHMS.kex, 'kex-strict-s-v00@openssh.com']);
    assert.deepEqual(line('host key algorithms'), ['ssh-ed25519']);
    for (const way of ['ctos', 'stoc']) {
      assert.deepEqual(line(`ciphers ${way}`), [...ALGORITHMS.cipher]);
      assert.deepEqual(line(`MACs ${way}`), [...ALGORITHMS.hmac]);
      assert.deepEqual(line(`compression ${way}`), ['none']);
    }
    assert.ok(!/sha1|md5|zlib|ssh-rsa|ssh-dss|-cbc|arcfour/.test(JSON.stringify(ALGORITHMS)));
  });

  it('insists on SHA-1, compression or an old cipher: no handshake', async () => {
    for (const [name, algorithms] of Object.entries({
      kex: { kex: ['diffie-hellman-group14-sha1'] },
      'group exchange': { kex: ['diffie-hellman-group-exchange-sha256'] },
      mac: { cipher: ['aes128-ctr'], hmac: ['hmac-sha1'] },
      'host key': { serverHostKey: ['ssh-rsa'] },
      zlib: { compress: ['zlib'] },
      'zlib after login': { compress: ['zlib@openssh.com'] },
      cipher: { cipher: ['aes128-cbc'] },
    } satisfies Record<string, Algorithms>)) {
      await assert.rejects(handshake(algorithms), /closed before login/, name);
    }
    const compressing = { ...alice(), options: ['Compression=yes'] };
    assert.equal(
      (await client.run(compressing, ['whoami'])).stdout,
      'alice -\n',
      'who can do without is served',
    );
  });

  for (const [option, names] of [
    ['KexAlgorithms', ALGORITHMS.kex],
    ['Ciphers', ALGORITHMS.cipher],
    ['MACs', ALGORITHMS.hmac],
  ] as const) {
    it(`serves the OpenSSH client with each of the ${option} offered`, async () => {
      // The client of Debian 12 is older than ML-KEM: test/clients has one that knows it.
      const spoken = names.filter((name) => name !== 'mlkem768x25519-sha256' || clientKex.includes(name));
      for (const name of spoken) {
        const options = [`${option}=${name}`, ...(option === 'MACs' ? ['Ciphers=aes128-ctr'] : [])];
        const { stdout, stderr } = await client.run({ ...alice(), options }, ['whoami']);
        assert.equal(stdout, 'alice -\n', `${name}: ${stderr}`);
      }
    });
  }

  it('speaks another protocol, or rubbish: closed', async () => {
    for (const hello of [
      'GET / HTTP/1.1\r\n\r\n',
      '\0\0\0\0\0\n',
      'SSH-1.5-old\r\n',
      'SSH-2.0\r\n',
      '\n',
      '\x16\x03\x01\n',
    ]) {
      const socket = await open();
      socket.write(hello);
      assert.match(await closed(socket), /^SSH-2\.0-Postern\r\n/, JSON.stringify(hello));
    }
  });

  it('sends an identification line without an end: closed after 255 characters', async () => {
    const socket = await open();
    socket.write(`SSH-2.0-${'x'.repeat(300)}`);
    await closed(socket);
    const long = await open();
    long.write(`SSH-2.0-${'x'.repeat(246)}\r\n`);
    assert.ok(!(await closed(long)).includes('curve25519'));
    const longest = await open();
    longest.write(`SSH-2.0-${'x'.repeat(245)}\r\n`);
    await keyExchange(longest);
  });

  it('sends its identification line byte by byte: served (ssh2 alone would hang)', async () => {
    const socket = await open();
    socket.setNoDelay(true);
    for (const byte of 'SSH-2.0-slow\r\n') {
      socket.write(byte);
      await new Promise(setImmediate);
    }
    await keyExchange(socket);
  });

  it('sends bad lengths, cut and endless packets after the identification: closed', async () => {
    for (const packet of [
      Buffer.from([0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0]),
      Buffer.alloc(64),
      Buffer.concat([Buffer.from([0, 0, 0, 12, 4, 20]), Buffer.alloc(10)]),
      Buffer.concat([Buffer.from([0, 0, 0, 12, 4, 50]), Buffer.alloc(10)]),
      Buffer.concat([Buffer.from([0, 0, 0, 12, 255, 21]), Buffer.alloc(10)]),
    ]) {
      const socket = await open();
      socket.write(Buffer.concat([Buffer.from('SSH-2.0-bad\r\n'), packet]));
      await closed(socket);
    }
  });

  it('opens channels and asks for things before login: nothing', async () => {
    const raw = await handshake();
    assert.equal(await RawSession.open(raw), null);
    raw.send(message(98, 0, 'exec', true, 'whoami'));
    raw.send(message(94, 0, 'data'));
    raw.send(message(80, 'no-more-sessions@openssh.com', true));
    await raw.receives('REQUEST_FAILURE');
    assert.equal(await raw.login('alice', key), 'success');
    assert.ok(await RawSession.open(raw), 'what was asked before login has no effect after it');
  });

  const ignore = message(2, 'x'.repeat(30_000));
  const FLOOD = 40;

  it('sends more than a login takes, before or after the key exchange: closed', async () => {
    const before = await RawHandshake.connect(gate.port);
    sockets.push(before.socket);
    before.propose();
    const after = await handshake();
    for (let sent = 0; sent < FLOOD; sent += 1) {
      before.send(ignore);
      after.send(ignore);
    }
    await eventually('it to be closed', () => before.closed);
    await after.isClosed();
    assert.ok(
      gate.logged.some(({ fields }) =>
        JSON.stringify(fields).includes('sent more than 1024 KiB before it logged in'),
      ),
    );
  });

  it('offers 99 keys and then a good one: let in, and may send as much as it likes', async () => {
    const raw = await handshake();
    const blob = signingKey('rsa').getPublicSSH();
    for (let offered = 0; offered < 99; offered += 1)
      assert.equal(await raw.probe('alice', 'rsa-sha2-512', blob), 'failure');
    assert.equal(await raw.login('alice', key), 'success');
    for (let sent = 0; sent < FLOOD; sent += 1) raw.send(ignore);
    assert.ok(await RawSession.open(raw));
  });

  it('exchanges keys again before login, which costs the gate: closed', async () => {
    const raw = await handshake();
    (raw.client as unknown as { _protocol: { rekey(): void } })._protocol.rekey();
    await raw.isClosed();
  });

  it('disconnects with a protocol error, and keeps its half open: closed from our side', async () => {
    const raw = await handshake();
    raw.socket.allowHalfOpen = true;
    assert.equal(await raw.request('alice', 'no-such-method'), 'disconnected');
    await raw.isClosed();
  });

  it('comes 300 times with rubbish: no fault, no descriptor left, customers are served', async () => {
    const seed = 42;
    let state = seed;
    const openSockets = (): number =>
      process.getActiveResourcesInfo().filter((each) => each === 'TCPSocketWrap').length;
    const before = openSockets();
    const random = (): number => {
      state = (state * 1103515245 + 12345) % 2 ** 31;
      return state;
    };
    for (let round = 0; round < 10; round += 1) {
      await Promise.all(
        Array.from({ length: 30 }, async () => {
          const socket = await open();
          const rubbish = Buffer.from(Array.from({ length: random() % 500 }, () => random() % 256));
          socket.end(Buffer.concat([Buffer.from(random() % 2 === 0 ? 'SSH-2.0-x\r\n' : ''), rubbish]));
          await closed(socket);
        }),
      );
    }
    assert.ok(!gate.logged.some(({ level }) => level === 'error'), `seed ${seed}`);
    await eventually('all sockets to be gone', () => openSockets() <= before);
    assert.equal((await client.run(alice(), ['whoami'])).stdout, 'alice -\n');
  });
});
