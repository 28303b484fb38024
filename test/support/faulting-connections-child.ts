/**
 * A gate's SSH front that runs as a half does. It tries each way for a connection of alice or a stranger to
 * throw outside a session, each on a gate with its own settings: something that the connection uses throws
 * once. Bob's session, on another port of the same half, must continue all the time. It prints a line for
 * each.
 */
import { once } from 'node:events';
import { connect, Socket } from 'node:net';
import { pino } from 'pino';
import { liveUntilStopped } from '../../server/cli/half/half.js';
import type { Live, Tracked } from '../../server/gate/access/revocation.js';
import { Rekeying } from '../../server/gate/ssh/rekeying.js';
import { Transport } from '../../server/gate/ssh/transport.js';
import { UnauthenticatedConnections } from '../../server/gate/ssh/unauthenticated-connections.js';
import { eventually } from './eventually.js';
import { GateUnderTest } from './gate-under-test.js';
import { RawSession } from './raw-session.js';
import { RawSsh } from './raw-ssh.js';
import { signingKey } from './signing-key.js';

const [alice, bob] = [signingKey('ed25519'), signingKey('ed25519')];
const half = liveUntilStopped(pino({ level: 'silent' }));
const gates: GateUnderTest[] = [];
half.serve({ stop: async () => void (await Promise.all(gates.map((gate) => gate.dispose()))) });

const fault = (): never => {
  throw new Error('a fault of ours');
};

/** Makes the next use of a method throw, once. @returns whether it has thrown */
function breaks<T extends object, K extends keyof T>(
  on: T,
  name: K,
  when: () => boolean = () => true,
): () => boolean {
  const whole = on[name] as (...given: unknown[]) => unknown;
  let thrown = false;
  on[name] = function (this: unknown, ...given: unknown[]): unknown {
    if (thrown || !when()) return whole.apply(this, given);
    thrown = true;
    on[name] = whole as T[K];
    return fault();
  } as T[K];
  return () => thrown;
}

interface Case {
  readonly name: string;
  readonly options?: ConstructorParameters<typeof GateUnderTest>[0];
  /** Makes the connection that faults. @returns whether it has faulted */
  readonly go: (gate: GateUnderTest) => Promise<() => boolean>;
}

async function loggedIn(gate: GateUnderTest): Promise<RawSsh> {
  const raw = await RawSsh.connect(gate.port);
  clients.push(raw.socket);
  await raw.login('alice', alice);
  return raw;
}

async function stranger(gate: GateUnderTest, says = '', { allowHalfOpen = false } = {}): Promise<Socket> {
  const socket = connect({ port: gate.port, host: '127.0.0.1', allowHalfOpen });
  socket.on('error', () => undefined);
  clients.push(socket);
  await once(socket, 'connect');
  socket.write(says);
  return socket;
}

const leaving: Live[] = [];
const clients: Socket[] = [];

/** Whether the present call comes from a part of ours with this word in its name. */
const isFrom = (word: string) => (): boolean => new Error().stack?.includes(word) === true;

const CASES: readonly Case[] = [
  {
    name: 'the grace timer',
    options: { login: { graceSeconds: 0.2 } },
    go: async (gate) => {
      const thrown = breaks(Socket.prototype, 'destroy', isFrom('arrival.js'));
      await stranger(gate);
      return thrown;
    },
  },
  {
    name: 'the end of a socket that waited',
    go: async (gate) => {
      const socket = await stranger(gate);
      const thrown = breaks(UnauthenticatedConnections.prototype, 'left');
      socket.destroy();
      return thrown;
    },
  },
  {
    name: 'a farewell that is not read',
    options: { login: { connectionsPerSource: 1 } },
    go: async (gate) => {
      await stranger(gate);
      const thrown = breaks(Socket.prototype, 'destroy', isFrom('listener.js'));
      await stranger(gate, '', { allowHalfOpen: true });
      return thrown;
    },
  },
  {
    name: 'the identification of ssh2',
    go: async (gate) => {
      const thrown = breaks(Transport.prototype, 'onDrain');
      await stranger(gate, 'SSH-2.0-x\r\n');
      return thrown;
    },
  },
  {
    name: 'what ssh2 reports',
    go: async (gate) => {
      const thrown = breaks(Transport.prototype, 'close');
      await stranger(gate, `SSH-2.0-x\r\n${'no packet at all '.repeat(10)}`);
      return thrown;
    },
  },
  {
    name: 'the last moment of a closing transport',
    go: async (gate) => {
      const thrown = breaks(Socket.prototype, 'destroy', isFrom('transport.js'));
      await stranger(gate, `SSH-2.0-x\r\n${'no packet at all '.repeat(10)}`, { allowHalfOpen: true });
      return thrown;
    },
  },
  {
    name: 'the idle timer',
    options: { parts: { idleMs: 100 } },
    go: async (gate) => {
      const thrown = breaks(Transport.prototype, 'close');
      await loggedIn(gate);
      return thrown;
    },
  },
  {
    name: 'the time to leave, which another began',
    options: {
      parts: {
        leaveMs: 50,
        revocation: {
          track: (live) => {
            if (live.identity.customer === 'alice') leaving.push(live);
            return { canAct: () => true, forget: () => undefined } as unknown as Tracked;
          },
        },
      },
    },
    go: async (gate) => {
      const session = await RawSession.open(await loggedIn(gate));
      await session?.request('exec', 'stays');
      const thrown = breaks(Transport.prototype, 'close');
      leaving.at(-1)?.end('You may not be here any more.');
      return thrown;
    },
  },
  {
    name: 'the farewell of a session, which another began',
    go: async (gate) => {
      let thrown = (): boolean => false;
      gate.handler.opened = ({ terminal, identity }) => {
        if (identity.customer === 'alice') thrown = breaks(terminal, 'write');
      };
      const session = await RawSession.open(await loggedIn(gate));
      await session?.request('exec', 'stays');
      gate.gate.sessions.endWhere(({ identity }) => identity.customer === 'alice', 'The end.');
      return () => thrown();
    },
  },
  {
    name: 'a session that cannot be told of its fault',
    go: async (gate) => {
      let thrown = (): boolean => false;
      gate.handler.opened = ({ terminal, identity }) => {
        if (identity.customer !== 'alice') return;
        thrown = breaks(terminal, 'writeError');
        setTimeout(fault, 1);
      };
      const session = await RawSession.open(await loggedIn(gate));
      await session?.request('exec', 'stays');
      return () => thrown();
    },
  },
  {
    name: 'the hour of new keys',
    options: { parts: { rekey: { ms: 50 } } },
    go: async (gate) => {
      const thrown = breaksAsking();
      await loggedIn(gate);
      return thrown;
    },
  },
  {
    name: 'new keys that are not exchanged',
    options: { parts: { rekey: { ms: 50, exchangeMs: 50 } } },
    go: async (gate) => {
      const raw = await loggedIn(gate);
      const thrown = breaks(Transport.prototype, 'close');
      raw.socket.pause();
      return thrown;
    },
  },
  {
    name: 'a timer of a login that nobody guards',
    go: (gate) => {
      let isBegun = false;
      const find = gate.accounts.find.bind(gate.accounts);
      gate.accounts.find = (login, fingerprint, verified) => {
        if (login === 'alice' && !isBegun) setTimeout(fault, 1);
        isBegun ||= login === 'alice';
        return find(login, fingerprint, verified);
      };
      void loggedIn(gate).catch(() => undefined);
      return Promise.resolve(() => isBegun);
    },
  },
];

/** Makes ssh2's own part of the exchange throw, once. */
function breaksAsking(): () => boolean {
  const whole = Object.getOwnPropertyDescriptor(Rekeying.prototype, 'isBusy');
  if (whole === undefined) throw new Error('there is no such part');
  let thrown = false;
  Object.defineProperty(Rekeying.prototype, 'isBusy', {
    configurable: true,
    get(this: Rekeying): unknown {
      if (thrown || !isFrom('#ask')()) return (whole.get as () => unknown).call(this);
      thrown = true;
      Object.defineProperty(Rekeying.prototype, 'isBusy', whole);
      return fault();
    },
  });
  return () => thrown;
}

const home = new GateUnderTest();
gates.push(home);
home.customer('bob', [bob.getPublicSSH()]);
await home.listen();
const raw = await RawSsh.connect(home.port);
clients.push(raw.socket);
await raw.login('bob', bob);
const neighbour = await RawSession.open(raw);
await neighbour?.request('exec', 'cat');
for (const { name, options, go } of CASES) {
  const gate = new GateUnderTest(options);
  gates.push(gate);
  gate.customer('alice', [alice.getPublicSSH()]);
  await gate.listen();
  await eventually(`the fault of ${name}`, await go(gate));
  // A connection of an earlier case may still be closing.
  const faults = (): number =>
    gates.flatMap(({ logged }) => logged.filter(({ level }) => level === 'error')).length;
  await eventually(`a line of the log for ${name}`, () => faults() > 0);
  neighbour?.data(`${name}\n`);
  await neighbour?.shows(`${name}\n`);
  process.stdout.write(`${name}: ${faults()}\n`);
  for (const { logged } of gates) logged.length = 0;
}
for (const client of clients) client.destroy();
await Promise.all(gates.map((gate) => gate.dispose()));
process.exit();
