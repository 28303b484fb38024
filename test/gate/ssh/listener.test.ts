import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { Arrival } from '../../../server/gate/ssh/arrival.js';
import { Listener } from '../../../server/gate/ssh/listener.js';
import type { LoginSettings } from '../../../server/gate/ssh/ssh-settings.js';
import { eventually } from '../../support/eventually.js';

const NO_LOG = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

describe('gate/ssh: the listener', () => {
  const clients: Socket[] = [];
  const listeners: Listener[] = [];
  /** Called at each arrival. */
  let greet: (arrival: Arrival) => void = () => undefined;

  afterEach(async () => {
    greet = () => undefined;
    for (const client of clients.splice(0)) client.destroy();
    for (const listener of listeners.splice(0)) {
      await listener.close();
      listener.destroyAll();
    }
  });

  async function listen(
    login: Partial<LoginSettings>,
    penalised: (bucket: string) => boolean = () => false,
    hosts = ['127.0.0.1'],
  ): Promise<{ ports: number[]; arrivals: Arrival[] }> {
    const settings: LoginSettings = {
      graceSeconds: 30,
      tries: 6,
      connectionsPerSource: 10,
      connectionsPerCustomer: 100,
      connections: 500,
      sessionsPerConnection: 4,
      penaltyAfter: 10,
      penaltySeconds: 60,
      ...login,
    };
    const arrivals: Arrival[] = [];
    const listener = new Listener(
      settings,
      { isPenalised: penalised },
      (arrival) => {
        arrivals.push(arrival);
        greet(arrival);
      },
      NO_LOG,
    );
    listeners.push(listener);
    const addresses = await listener.listen(hosts.map((host) => ({ host, port: 0 })));
    return { ports: addresses.map(({ port }) => port), arrivals };
  }

  async function open(port: number | undefined, from = '127.0.0.1'): Promise<Socket> {
    const host = from === '::1' ? from : '127.0.0.1';
    const socket = connect({ port: port ?? 0, host, localAddress: from });
    socket.on('error', () => undefined);
    clients.push(socket);
    await once(socket, 'connect');
    return socket;
  }

  async function closed(socket: Socket): Promise<void> {
    socket.resume();
    if (!socket.destroyed) await once(socket, 'close');
  }

  it('closes who keeps silent when the grace time is over, and nobody who has logged in', async () => {
    const { ports, arrivals } = await listen({ graceSeconds: 0.1 });
    // At once: on a busy machine the grace time is soon over.
    greet = (arrival) => {
      if (arrivals.length === 1) arrival.loggedIn();
    };
    const customer = await open(ports[0]);
    await eventually('the first to arrive', () => arrivals.length === 1);
    await closed(await open(ports[0]));
    await closed(await open(ports[0]));
    assert.ok(!customer.destroyed && customer.readyState === 'open');
  });

  it('caps the connections of one source, not those of another', async () => {
    const { ports, arrivals } = await listen({ connectionsPerSource: 3 });
    const first = await open(ports[0]);
    for (let n = 0; n < 2; n += 1) await open(ports[0]);
    await closed(await open(ports[0]));
    await open(ports[0], '127.0.0.2');
    await eventually('another source to be let in', () => arrivals.length === 4);
    first.destroy();
    await eventually('the place to be free', async () => {
      await open(ports[0]);
      return arrivals.length === 5;
    });
  });

  it('refuses more than so many connections altogether once all have logged in', async () => {
    const { ports, arrivals } = await listen({ connections: 4 });
    for (let n = 1; n <= 4; n += 1) {
      await open(ports[0]);
      await eventually('it to arrive', () => arrivals.length === n);
      arrivals[n - 1]?.loggedIn();
    }
    await closed(await open(ports[0]));
    assert.equal(arrivals.length, 4);
  });

  it('makes room for new ones by closing one of the most crowded source, when half of all places wait for a login', async () => {
    const { ports, arrivals } = await listen({ connections: 6 });
    const silent: Socket[] = [];
    for (let n = 0; n < 3; n += 1) silent.push(await open(ports[0]));
    await eventually('all to arrive', () => arrivals.length === 3);
    const honest = await open(ports[0], '127.0.0.2');
    await eventually('the fourth to arrive', () => arrivals.length === 4);
    for (const socket of silent) socket.resume();
    await eventually('one to be closed', () => silent.filter(({ destroyed }) => destroyed).length === 1);
    assert.ok(!honest.destroyed);
  });

  it('does not count those who have logged in for their source', async () => {
    const { ports, arrivals } = await listen({ connectionsPerSource: 2 });
    for (let n = 1; n <= 6; n += 1) {
      await open(ports[0]);
      await eventually('it to arrive', () => arrivals.length === n);
      arrivals[n - 1]?.loggedIn();
    }
  });

  it('tells those why whom it turns away, in words of SSH', async () => {
    const { ports } = await listen({ connectionsPerSource: 1 });
    await open(ports[0]);
    const socket = await open(ports[0]);
    let said = '';
    socket.on('data', (data) => (said += data.toString('latin1')));
    // The kernel must not drop the sentence because of what a client sends meanwhile.
    socket.write('SSH-2.0-OpenSSH_9.2\r\n');
    await closed(socket);
    assert.match(
      said,
      /^SSH-2\.0-Postern\r\n[^]*Too many connections from your address are waiting to log in\./,
    );
  });

  it('closes a penalised source before anything is sent', async () => {
    const { ports, arrivals } = await listen({}, (bucket) => bucket === '127.0.0.2');
    const socket = await open(ports[0], '127.0.0.2');
    await closed(socket);
    assert.equal(socket.bytesRead, 0);
    assert.equal(arrivals.length, 0);
    await open(ports[0]);
    await eventually('others to be let in', () => arrivals.length === 1);
  });

  it('listens on IPv4 and IPv6 side by side, each for itself', async () => {
    const { ports, arrivals } = await listen({}, undefined, ['127.0.0.1', '::1']);
    await open(ports[0]);
    await open(ports[1], '::1');
    await eventually('both to arrive', () => arrivals.length === 2);
    assert.deepEqual(
      arrivals.map(({ source }) => source.bucket),
      ['127.0.0.1', '0:0:0:0::/64'],
    );
  });

  it('does not take an IPv4 address in IPv6 clothes, which would listen on both', async () => {
    await assert.rejects(listen({}, undefined, ['::ffff:127.0.0.1']), { name: 'ListenError' });
  });

  it('says in one sentence why it cannot listen, and then listens nowhere', async () => {
    const { ports } = await listen({});
    const listener = new Listener(
      { ...({} as LoginSettings), connections: 1 },
      { isPenalised: () => false },
      () => undefined,
      NO_LOG,
    );
    const taken = { host: '127.0.0.1', port: ports[0] ?? 0 };
    await assert.rejects(listener.listen([taken]), {
      name: 'ListenError',
      message: `Cannot listen on 127.0.0.1:${ports[0]}: another program listens on this port.`,
    });
    await assert.rejects(listener.listen([{ host: '192.0.2.1', port: 0 }]), {
      message: 'Cannot listen on 192.0.2.1:0: this machine has no such address.',
    });
    let free = 0;
    await assert.rejects(async () => {
      const probe = await listen({});
      free = probe.ports[0] ?? 0;
      await listeners.pop()?.close();
      await listener.listen([{ host: '127.0.0.1', port: free }, taken]);
    }, /another program/);
    await assert.rejects(once(connect(free, '127.0.0.1'), 'connect'), /ECONNREFUSED/);
  });
});
