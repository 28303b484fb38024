import assert from 'node:assert/strict';
import { RefusedConnections, type RefusedConnection } from '../../../server/gate/ssh/refused-connections.js';
import { sourceOf } from '../../../server/gate/ssh/source.js';
import { eventually } from '../../support/eventually.js';
import { GateUnderTest, type GateOptions } from '../../support/gate-under-test.js';
import { RawHandshake } from '../../support/raw-handshake.js';
import { RawSsh } from '../../support/raw-ssh.js';
import { fingerprint } from '../../support/temporary-store.js';
import { signingKey } from '../../support/signing-key.js';

type Refusal = Parameters<RefusedConnections['closed']>[0]['refusal'];

describe('gate/ssh: what is remembered of refused connections', () => {
  const openedAt = new Date('2026-11-29T12:00:00Z');
  let now = openedAt;
  const of = (
    address: string,
    refusal: Partial<Refusal> = {},
  ): Parameters<RefusedConnections['closed']>[0] => ({
    source: sourceOf(address),
    openedAt,
    refusal: { connection: 'c', client: 'X', because: 'left', detail: null, tries: [], ...refusal },
  });
  const asked = (login: string, because = 'unknown-login-or-key'): Partial<Refusal> => ({
    because: 'login-refused',
    tries: [
      {
        login,
        method: 'publickey',
        algorithm: 'ssh-ed25519',
        fingerprint: fingerprint('a'),
        because,
        signed: true,
        certificate: null,
      },
    ],
  });
  const make = (): RefusedConnections => {
    now = openedAt;
    return new RefusedConnections(
      (login) => login === 'alice',
      () => now,
    );
  };
  const address = (n: number): string => `10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`;

  it('has an end, and no flood of strangers pushes out what concerns a customer', () => {
    const memory = make();
    memory.closed(of('192.0.2.1', asked('alice')), 1e9);
    memory.closed(of('192.0.2.2', asked('anything', 'key-expired')), 1e9);
    const anybody = [
      'unknown-login-or-key',
      'browser-signature',
      'certificate-authority-unknown',
      'any-other',
    ];
    for (let n = 0; n < 20_000; n += 1)
      memory.closed(of(address(n % 4000), asked(`root${n}`, anybody[n % 4])), 1e9);
    for (let n = 0; n < 1000; n += 1) memory.closedAtOnce(sourceOf(address(n)), 'too many');
    const all = memory.list();
    assert.ok(all.length <= 500 * 5 + 2, `${all.length}`);
    for (const source of ['192.0.2.1', '192.0.2.2'])
      assert.equal(all.filter((one) => one.source === source).length, 1);
  });

  it('keeps five of one source, and counts the same ones', () => {
    const memory = make();
    for (let n = 0; n < 9; n += 1) memory.closed(of('192.0.2.1', asked('alice')), 1e9);
    memory.closed(of('192.0.2.1'), 1e9);
    for (const one of ['a', 'b', 'c', 'd']) memory.closed(of('192.0.2.1', asked(one, 'key-expired')), 1e9);
    assert.deepEqual(
      memory
        .list()
        .filter(({ tries }) => tries.length > 0)
        .map(({ tries, times }) => [tries[0]?.login, times]),
      [
        ['alice', 9],
        ['a', 1],
        ['b', 1],
        ['c', 1],
        ['d', 1],
      ],
    );
    memory.closed(of('192.0.2.1', asked('e', 'key-expired')), 1e9);
    assert.ok(!memory.list().some(({ tries }) => tries[0]?.login === 'alice'), 'the oldest goes');
  });

  it('tells a client that was too slow from one that left', () => {
    const memory = make();
    memory.closed(of('192.0.2.1'), 30_000);
    now = new Date(openedAt.getTime() + 30_000);
    memory.closed(of('192.0.2.1'), 30_000);
    assert.deepEqual(
      memory.list().map(({ because }) => because),
      ['left', 'too-slow'],
    );
  });
});

describe('gate/ssh: connections that are refused are remembered', () => {
  let gate: GateUnderTest;
  const key = signingKey('ed25519');

  async function start(options: GateOptions = {}): Promise<void> {
    gate = new GateUnderTest({ ...options, known: 'alice' });
    await gate.listen();
    gate.customer('alice', [key.getPublicSSH()]);
  }

  afterEach(() => gate.dispose());

  const refused = async (): Promise<RefusedConnection> =>
    eventually('a refused connection', () => gate.front.refusedConnections.list()[0]);

  it('which only asked about a key, as OpenSSH does with a key that is not known', async () => {
    await start();
    const raw = await RawSsh.connect(gate.port, { ident: 'Test_1.0' });
    const other = signingKey('ed25519').getPublicSSH();
    assert.equal(await raw.request('alice', 'none'), 'failure');
    assert.equal(await raw.probe('alice', 'ssh-ed25519', other), 'failure');
    raw.end();
    const { source, client, because, tries } = await refused();
    assert.deepEqual([source, client, because], ['127.0.0.1', 'Test_1.0', 'login-refused']);
    assert.deepEqual(
      tries.map((one) => [one.login, one.method, one.algorithm, one.because, one.signed]),
      [
        ['alice', 'none', null, 'method-not-offered', false],
        ['alice', 'publickey', 'ssh-ed25519', 'unknown-login-or-key', false],
      ],
    );
  });

  it('which tried a password, with a name that steers a terminal', async () => {
    await start();
    const raw = await RawSsh.connect(gate.port, { ident: `Evil${'x'.repeat(180)}` });
    await raw.request(`root\x1b[2J\u202e${'y'.repeat(300)}`, 'password', Buffer.from([0, 0, 0, 0, 0]));
    raw.end();
    const { client, tries } = await refused();
    assert.equal(client?.length, 100);
    assert.equal(tries[0]?.because, 'method-not-offered');
    assert.match(tries[0].login, /^root\^\[\[2J<U\+202E>y+…$/);
    assert.equal(tries[0].login.length, 64);
  });

  it('which tried more keys than are remembered', async () => {
    await start();
    const raw = await RawSsh.connect(gate.port);
    for (let n = 0; n < 14; n += 1)
      await raw.probe('alice', 'ssh-ed25519', signingKey('ed25519').getPublicSSH());
    raw.end();
    assert.equal((await refused()).tries.length, 10);
  });

  for (const [what, proposal, lists] of [
    ['key exchange', { kex: 'diffie-hellman-group1-sha1' }, 'diffie-hellman-group1-sha1'],
    ['host key', { hostKey: 'ssh-dss,ssh-rsa' }, 'ssh-dss,ssh-rsa'],
  ] as const)
    it(`which knows no ${what} of ours`, async () => {
      await start();
      const raw = await RawHandshake.connect(gate.port);
      raw.propose(proposal);
      await raw.farewell();
      const { because, detail } = await refused();
      assert.equal(because, 'no-common-algorithm');
      assert.match(detail ?? '', new RegExp(`no matching ${what}.*; the client offers ${lists}$`));
    });

  it('which could not be looked up', async () => {
    const accounts = {
      find: (): never => {
        throw new Error('the database is locked');
      },
    };
    gate = new GateUnderTest({ parts: { accounts } });
    await gate.listen();
    const raw = await RawSsh.connect(gate.port);
    await raw.probe('alice', 'ssh-ed25519', key.getPublicSSH());
    assert.equal((await refused()).because, 'look-up-failed');
  });

  it('which left before it asked for anything', async () => {
    await start();
    const raw = await RawSsh.connect(gate.port);
    raw.end();
    assert.equal((await refused()).because, 'left');
  });

  it('which broke the protocol', async () => {
    await start();
    const raw = await RawHandshake.connect(gate.port);
    raw.propose({ kex: 'ecdh-sha2-nistp256' });
    raw.exchange(Buffer.alloc(65, 4));
    await raw.farewell();
    assert.equal((await refused()).because, 'protocol-error');
  });

  it('which was closed at once, because too many came from there', async () => {
    await start({ login: { connectionsPerSource: 1 } });
    const first = await RawSsh.connect(gate.port);
    await assert.rejects(RawSsh.connect(gate.port));
    const { because, connection } = await refused();
    assert.deepEqual([because, connection], ['source-has-too-many', null]);
    first.end();
  });

  it('which came with the right key, of a customer who has too many', async () => {
    await start({ login: { connectionsPerCustomer: 1 } });
    const first = await RawSsh.connect(gate.port);
    assert.equal(await first.login('alice', key), 'success');
    first.send(
      Buffer.concat([
        Buffer.of(90),
        Buffer.from([0, 0, 0, 7]),
        Buffer.from('session'),
        Buffer.from([0, 0, 0, 0, 0, 32, 0, 0, 0, 0, 128, 0]),
      ]),
    );
    await first.receives('CHANNEL_OPEN_CONFIRMATION');
    const second = await RawSsh.connect(gate.port);
    assert.equal(await second.login('alice', key), 'disconnected');
    const { because, detail } = await refused();
    assert.equal(because, 'customer-has-too-many');
    assert.match(detail ?? '', /^You have a connection open/);
    first.end();
  });

  it('and written to the log at one pace for a source, whatever became of them', async () => {
    await start();
    const lines = (message: string): number => gate.logged.filter((line) => line.message === message).length;
    for (let n = 1; n <= 20; n += 1) {
      const raw = await RawHandshake.connect(gate.port);
      raw.propose({ kex: 'diffie-hellman-group1-sha1' });
      await raw.farewell();
      await eventually('its line', () => lines('connection.failed') === n);
    }
    const raw = await RawSsh.connect(gate.port);
    assert.equal(await raw.login('alice', signingKey('ed25519')), 'failure');
    raw.end();
    await eventually('its row', () => gate.eventsOf('login.refused').length === 1);
    assert.equal(lines('login.refused'), 0, 'the pace is used up');
  });

  it('and none of those by which somebody came in', async () => {
    await start();
    const raw = await RawSsh.connect(gate.port);
    assert.equal(await raw.request('alice', 'none'), 'failure');
    assert.equal(await raw.login('alice', key), 'success');
    raw.end();
    await eventually('the end', () => gate.eventsOf('connection.closed').length === 1);
    assert.deepEqual(gate.front.refusedConnections.list(), []);
  });
});
