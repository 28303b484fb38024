/**
 * A gate's SSH front that runs as a half does, with two customers. In alice's sessions it tries each way to
 * throw while nobody listens, one for each session; bob's session must continue all the time. It prints a
 * line for each, then throws outside any session, which ends the process.
 */
import { once } from 'node:events';
import { pino } from 'pino';
import { liveUntilStopped } from '../../server/cli/half/half.js';
import { KeyInput } from '../../menus/key-input.js';
import { IdleWatch } from '../../server/gate/console/idle-watch.js';
import { ScreenQuery } from '../../server/gate/console/screen-query.js';
import { Listeners } from '../../server/gate/session/listeners.js';
import { ShownDomains } from '../../server/gate/menu/shown-domains.js';
import { SlicedQueue } from '../../server/gate/scheduling/sliced-queue.js';
import { Slices } from '../../server/gate/scheduling/slices.js';
import type { Terminal } from '../../server/gate/session/terminal.js';
import { GateUnderTest } from './gate-under-test.js';
import { silentLogger } from './silent-logger.js';
import { customerName } from './temporary-store.js';
import { RawSession } from './raw-session.js';
import { RawSsh } from './raw-ssh.js';
import { signingKey } from './signing-key.js';

const fault = (): never => {
  throw new Error('a fault of ours');
};
const news = new Listeners<null>(() => undefined);
const queue = new SlicedQueue(new Slices(), () => undefined);
const shown = new ShownDomains({
  hosts: { onEvent: () => () => true } as never,
  news: { onNews: () => () => true },
  log: silentLogger,
});

/** Joins a menu that throws when the clock of all menus reaches it. */
function joinFaulty(): void {
  const entry = shown.join({
    customer: customerName('alice'),
    isLong: false,
    changed: fault,
    rightsChanged: () => {
      shown.leave(entry);
      fault();
    },
    timePassed: fault,
    rest: fault,
  });
  shown.show(entry, [], { limited: true });
}

/** Things that a session starts, by name. Each throws later, when no code of the session is running. */
const BEGINNINGS: Readonly<Record<string, (terminal: Terminal) => void>> = {
  'a timer': () => setTimeout(fault, 1),
  'an interval': () => setInterval(fault, 1).unref(),
  'a microtask': () => {
    queueMicrotask(fault);
  },
  'an immediate': () => setImmediate(fault),
  'a promise': () => void Promise.resolve().then(fault),
  'the clock of a menu': joinFaulty,
  'the clock of a menu whose list was made anew for many at once': () => {
    queue.add(joinFaulty);
  },
  'the keys of a menu, after a pause': (terminal) => {
    new KeyInput(terminal, fault).start();
  },
  'the end of who does nothing': () => new IdleWatch(() => 0.001, { warn: fault, back: fault, over: fault }),
  'an answer that does not come': () => {
    void new ScreenQuery(() => true).read().then(fault);
  },
  'a timer that news began, which another part told': () => {
    news.add(() => setTimeout(fault, 1));
  },
};

const gate = new GateUnderTest();
const half = liveUntilStopped(pino({ level: 'silent' }));
half.serve({ stop: () => gate.dispose() });
const [alice, bob] = [signingKey('ed25519'), signingKey('ed25519')];
await gate.listen();
gate.customer('alice', [alice.getPublicSSH()]);
gate.customer('bob', [bob.getPublicSSH()]);
gate.handler.opened = ({ terminal, request }) => {
  if (request.kind === 'exec') BEGINNINGS[request.command]?.(terminal);
};

async function session(login: string, key: typeof alice, command: string): Promise<RawSession> {
  const raw = await RawSsh.connect(gate.port);
  await raw.login(login, key);
  const opened = await RawSession.open(raw);
  await opened?.request('exec', command);
  if (opened === null) throw new Error('no session');
  return opened;
}

const neighbour = await session('bob', bob, 'cat');
for (const name of Object.keys(BEGINNINGS)) {
  const faulty = await session('alice', alice, name);
  faulty.data('\x1b');
  news.emit(null);
  await faulty.isClosed();
  neighbour.data(`${name}\n`);
  await neighbour.shows(`${name}\n`);
  process.stdout.write(`${name}: ${gate.logged.filter(({ level }) => level === 'error').length}\n`);
  gate.logged.length = 0;
  faulty.raw.end();
}
process.stdout.write('nobody’s\n');
setTimeout(fault, 1);
await once(process, 'never');
