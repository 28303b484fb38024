import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isRefusal } from '../../policy/refusal.js';
import { ControlClient } from '../../server/gate/control/control-client.js';
import { Store } from '../../server/store/store.js';
import { eventually } from '../support/eventually.js';
import { House } from '../support/house.js';
import { ProcessFacts } from '../support/process-facts.js';
import { TemporaryDirectory } from '../support/temporary-directory.js';
import type { TerminalClient } from '../support/terminal-client.js';

const POLICY = `rules:
  - id: all
    allow: [all]
    roles: [owner]
limits:
  - {id: one-visitor, actions: [console, watch], per: customer, customers: [dora], count: 1, atOnce: true}
sessions:
  - {customers: [carol], count: 2, connections: 2}
consoles:
  - {customers: [bob], record: output}
`;
const SETTINGS = `workers: 2
login: {penaltyAfter: 3, penaltySeconds: 60, connectionsPerSource: 50}
recordings: {totalMiB: 1, perRecordingMiB: 1}
`;
const CUSTOMERS = {
  alice: { horatio: 'owner', ophelia: 'owner' },
  bob: { horatio: 'owner', yorick: 'owner' },
  carol: { horatio: 'owner' },
  dora: { horatio: 'owner', ophelia: 'owner' },
} as const;

/** For what takes the start of a process, or whose every look is one. */
const SLOW = { everyMs: 200 } as const;

interface Listed {
  readonly id: string;
  readonly customer: string;
}

/** The workers' processes, by number. */
function workersOf(house: House): ReadonlyMap<number, number> {
  const found = new Map<number, number>();
  for (const line of readFileSync(house.log('gate'), 'utf8').split('\n')) {
    const [, worker, pid] = /"worker":(\d+),"process":(\d+),"msg":"worker\.ready"/.exec(line) ?? [];
    if (worker !== undefined) found.set(Number(worker), Number(pid));
  }
  return found;
}

function isAlive(pid: number): boolean {
  try {
    return !new ProcessFacts(pid).isZombie;
  } catch {
    return false;
  }
}

/** As `postern session list` asks for them: a process for each look would be a third of the time of this file. */
async function sessions(house: House, customer?: string): Promise<Listed[]> {
  const answer = await new ControlClient(house.layout.controlSocket, 'test').ask('GET', '/sessions', {});
  if (isRefusal(answer)) assert.fail(answer.detail);
  const { sessions: all } = answer as { readonly sessions: readonly Listed[] };
  return customer === undefined ? [...all] : all.filter((one) => one.customer === customer);
}

/** The number of the worker that has a session: its id says it. */
const workerOf = ({ id }: Listed): number => Number.parseInt(id.slice(0, 1), 16);

/** Opens the same at both workers. @returns the terminals, by worker */
async function atBoth(
  house: House,
  customer: string,
  command: string,
  sees: string | RegExp,
): Promise<ReadonlyMap<number, TerminalClient>> {
  const found = new Map<number, TerminalClient>();
  for (let tries = 0; found.size < 2; tries += 1) {
    assert.ok(tries < 6, 'both workers get connections');
    const before = new Set((await sessions(house, customer)).map(({ id }) => id));
    const terminal = house.terminal(customer, command);
    await terminal.receives(sees);
    const added = (await sessions(house, customer)).find(({ id }) => !before.has(id)) ?? assert.fail();
    const worker = workerOf(added);
    if (found.has(worker)) {
      terminal.kill();
      await eventually(
        'the session to go',
        async () => (await sessions(house, customer)).every(({ id }) => id !== added.id),
        SLOW,
      );
    } else found.set(worker, terminal);
  }
  return found;
}

const allOf = (terminals: ReadonlyMap<number, TerminalClient>): TerminalClient[] => [...terminals.values()];

async function done(house: House, ...args: string[]): Promise<string> {
  const { status, stdout, stderr } = await house.postern(...args);
  assert.equal(status, 0, `${args.join(' ')}: ${stdout}${stderr}`);
  return stdout;
}

function audited(house: House): readonly Record<string, unknown>[] {
  const store = Store.open(join(house.layout.gateState, 'postern.db'));
  try {
    return store.audit.tail({ limit: 5000 }).map(({ event }) => event as unknown as Record<string, unknown>);
  } finally {
    store.close();
  }
}

async function verified(house: House): Promise<void> {
  assert.match(
    await done(house, 'audit', 'verify'),
    /nothing was changed, removed, reordered or contradicted/,
  );
}

describe('a gate of two workers: what is global', () => {
  let house: House;
  let sent: TemporaryDirectory;
  before(async () => {
    sent = new TemporaryDirectory();
    const notices = `notices: {channels: [{name: file, command: [/usr/bin/tee, -a, ${sent.file('sent')}]}]}\n`;
    house = await House.start({ customers: CUSTOMERS, policy: POLICY, gateSettings: SETTINGS + notices });
    assert.equal((await house.ssh('alice', 'horatio start --wait')).status, 0);
  });
  after(async () => {
    house.hangUp();
    await house.endGate();
    await house.stop();
    sent.dispose();
  });
  afterEach(async () => {
    house.hangUp();
    await eventually('all sessions to have gone', async () => (await sessions(house)).length === 0, SLOW);
  });

  it('spreads the sessions, lists them all and ends any of them', async () => {
    const menus = await atBoth(house, 'alice', '', 'ophelia');
    const listed = await sessions(house, 'alice');
    assert.deepEqual(listed.map(workerOf).sort(), [1, 2]);
    for (const one of listed) {
      await done(house, 'session', 'end', one.id);
      const menu = menus.get(workerOf(one)) ?? assert.fail();
      await menu.receives('ended by an administrator');
      await menu.ends();
    }
    await eventually('none to be listed', async () => (await sessions(house)).length === 0);
    const menuAgain = house.terminal('alice');
    await menuAgain.sees('ophelia');
  });

  it('counts the sessions of a customer over all workers', async () => {
    await atBoth(house, 'carol', '', 'horatio');
    const third = house.terminal('carol');
    assert.notEqual(await third.ends(), 0);
    assert.match(third.raw, /2 (sessions|connections) open/);
  });

  it('closes a connection without a session at another worker to make room', async () => {
    const idle = house.terminal('carol', '', { ssh: ['-N'] });
    await eventually(
      'a connection without a session',
      async () => (await sessions(house, 'carol')).length === 1,
    );
    await atBoth(house, 'carol', '', 'horatio');
    await idle.ends();
    assert.match(idle.raw, /needed the place/);
  });

  it('counts how many consoles are open over all workers, and frees a place', async () => {
    const first = house.terminal('dora', 'horatio watch');
    await first.receives('horatio');
    await eventually('it to be open', async () => (await sessions(house, 'dora')).length === 1);
    for (const domain of ['horatio', 'ophelia']) {
      const { status, stderr } = await house.ssh('dora', `${domain} watch`);
      assert.equal(status, 3, stderr);
    }
    first.kill();
    await eventually('it to have gone', async () => (await sessions(house, 'dora')).length === 0);
    await eventually(
      'a free place',
      async () => (await house.ssh('dora', 'ophelia screen')).status === 0,
      SLOW,
    );
  });

  it('shows customers of two workers one console, and each other', async () => {
    const writers = await atBoth(house, 'alice', 'horatio console', /horatio/);
    const [writer, watcher] = allOf(writers);
    assert.ok(writer !== undefined && watcher !== undefined);
    writer.type('\r');
    await writer.sees(/login:|# *$/);
    if (!/# *$/.test(writer.screen)) writer.type('root\r');
    await writer.sees(/# *$/);
    writer.type('echo wort$((40+2))\r');
    await watcher.receives('wort42');
    watcher.type('\x1dt');
    await writer.receives(/keyboard/);
  });

  it('tells each thing once, whichever process recorded it', async () => {
    await done(house, 'role', 'add', 'carol', 'ophelia', 'watcher');
    assert.equal((await house.ssh('alice', 'horatio reboot --wait')).status, 0);
    const texts = (): readonly string[] => {
      if (!existsSync(sent.file('sent'))) return [];
      const lines = readFileSync(sent.file('sent'), 'utf8').split('\n').slice(0, -1);
      return lines.flatMap((line) =>
        (JSON.parse(line) as { notices: { text: string }[] }).notices.map(({ text }) => text),
      );
    };
    const wanted = [/ made carol watcher of ophelia\.$/, /^alice asked for a reboot of horatio\.$/];
    await eventually('both notices', () => wanted.every((each) => texts().some((text) => each.test(text))));
    for (const each of wanted) assert.equal(texts().filter((text) => each.test(text)).length, 1);
  });

  it('takes rights from the sessions of all workers before the command ends', async () => {
    const consoles = await atBoth(house, 'bob', 'horatio watch', 'horatio');
    await done(house, 'role', 'remove', 'bob', 'horatio');
    for (const console of allOf(consoles)) await console.ends();
    assert.equal((await house.ssh('bob', 'horatio watch')).status, 4);
    await done(house, 'role', 'add', 'bob', 'horatio', 'owner');
    const menus = await atBoth(house, 'bob', '', 'yorick');
    await done(house, 'customer', 'suspend', 'bob');
    for (const menu of allOf(menus)) {
      await menu.receives('suspended');
      await menu.ends();
    }
    assert.equal((await house.ssh('bob', 'list')).status, 255);
    await done(house, 'customer', 'resume', 'bob');
  });

  it('puts another policy in force at all workers', async () => {
    const consoles = await atBoth(house, 'alice', 'horatio watch', 'horatio');
    house.writePolicy(POLICY.replace('allow: [all]', 'allow: [status, log]'));
    await done(house, 'policy', 'reload', '--yes');
    for (const console of allOf(consoles)) await console.ends();
    for (let times = 0; times < 4; times += 1)
      assert.equal((await house.ssh('alice', 'horatio reboot')).status, 3, 'at whichever worker');
    house.writePolicy(POLICY);
    house.signalGate('SIGHUP');
    await eventually(
      'the policy at the workers',
      async () => {
        const both = await Promise.all([1, 2, 3].map(() => house.ssh('alice', 'horatio screen')));
        return both.every(({ status }) => status === 0);
      },
      SLOW,
    );
  });

  it('tells all sessions what admins announce, and closes consoles for maintenance', async () => {
    const consoles = await atBoth(house, 'alice', 'horatio console', 'horatio');
    assert.match(
      await done(house, 'session', 'announce', 'The cellar is dry again.'),
      /2 sessions were told/,
    );
    for (const console of allOf(consoles)) await console.receives('The cellar is dry again.');
    await done(house, 'maintenance', 'on', 'Moving disks.', '--close-consoles');
    for (const console of allOf(consoles)) {
      await console.receives('Moving disks.');
      await console.ends();
    }
    await done(house, 'maintenance', 'off');
  });

  it('announces another host key, and uses it, at all workers', async () => {
    const { hostKey, directory } = house.layout;
    const known = (): string => readFileSync(join(directory, 'known_hosts'), 'utf8');
    const blobOf = (file: string): string => readFileSync(`${file}.pub`, 'utf8').split(' ')[1] ?? '';
    const former = known();
    const options = ['-o', 'UpdateHostKeys=yes', '-o', 'StrictHostKeyChecking=yes'];
    /** Logs in at both workers. @returns the workers, with the keys that ssh knew afterwards */
    const knownAtBoth = async (): Promise<ReadonlyMap<number, string>> => {
      const found = new Map<number, string>();
      for (let tries = 0; found.size < 2; tries += 1) {
        assert.ok(tries < 10, 'both workers get connections');
        writeFileSync(join(directory, 'known_hosts'), former);
        const { status, stderr } = await house.ssh('alice', 'list', { options });
        assert.equal(status, 0, stderr);
        const login = audited(house).findLast(({ kind }) => kind === 'login.accepted');
        const { connection } = (login ?? assert.fail('no login is recorded'))['actor'] as {
          connection: string;
        };
        found.set(Number.parseInt(connection.slice(0, 1), 16), known());
      }
      return found;
    };
    await done(house, 'hostkey', 'rotate');
    const next = blobOf(`${hostKey}.next`);
    for (const [worker, keys] of await knownAtBoth()) assert.ok(keys.includes(next), `at worker ${worker}`);
    await done(house, 'hostkey', 'rotate', '--finish', '--now');
    assert.equal(blobOf(hostKey), next);
    // What ssh has learned is the only key from here on.
    const host = former.split(' ')[0] ?? '';
    writeFileSync(join(directory, 'known_hosts'), `${host} ssh-ed25519 ${next}\n`);
    for (let login = 0; login < 4; login += 1) {
      const { status, stderr } = await house.ssh('alice', 'list', { options });
      assert.equal(status, 0, stderr);
    }
  });

  it('removes recordings when those of all workers together are too large', async () => {
    const terminals = await atBoth(house, 'bob', 'horatio console', /horatio/);
    const [writer, watcher] = allOf(terminals);
    assert.ok(writer !== undefined && watcher !== undefined);
    writer.type('\r');
    await writer.sees(/login:|# *$/);
    if (!/# *$/.test(writer.screen)) writer.type('root\r');
    await writer.sees(/# *$/);
    writer.type('flood 700000\r');
    writer.type('echo sa$((40+2))tt\r');
    await Promise.all([writer.receives('sa42tt'), watcher.receives('sa42tt')]);
    house.hangUp();
    const removed = (): boolean =>
      audited(house).some((event) => event['kind'] === 'recording.removed' && event['reason'] === 'size');
    await eventually('one to be removed', removed, SLOW);
  });

  it('makes a backup while the workers write, and keeps one chain', async () => {
    const copy = join(house.layout.gateState, 'copy.db');
    const [made] = await Promise.all([
      house.postern('backup', copy),
      ...Array.from({ length: 8 }, () => house.ssh('alice', 'horatio screen')),
    ]);
    assert.equal(made.status, 0, made.stderr);
    const store = Store.open(copy);
    assert.ok(store.audit.verify().ok);
    store.close();
    await verified(house);
    const rows = audited(house);
    assert.equal(rows.filter(({ kind }) => kind === 'gate.started').length, 1);
    const ended = rows.filter(({ kind }) => kind === 'operation.ended').map(({ operation }) => operation);
    assert.equal(new Set(ended).size, ended.length, 'one outcome each');
  });

  it('penalises a source for refused logins at any worker', async () => {
    const options = ['-l', 'nobody'];
    for (let times = 0; times < 3; times += 1)
      assert.match((await house.ssh('alice', 'list', { options })).stderr, /Permission denied/);
    await eventually('the penalty', () => audited(house).some(({ kind }) => kind === 'source.penalised'));
    const { status, stderr } = await house.ssh('alice', 'list');
    assert.equal(status, 255);
    assert.doesNotMatch(stderr, /Permission denied/, 'closed before a word');
  });
});

describe('a gate of two workers: what is killed', () => {
  let house: House;
  before(async () => {
    house = await House.start({
      customers: CUSTOMERS,
      policy: POLICY,
      gateSettings: 'workers: 2\n',
    });
    assert.equal((await house.ssh('alice', 'horatio start --wait')).status, 0);
  });
  after(async () => {
    house.hangUp();
    await house.endGate();
    await house.stop();
  });

  it('a killed worker ends its own sessions alone, and leaves nothing open', async () => {
    const consoles = await atBoth(house, 'bob', 'horatio console', /recorded/);
    const menus = await atBoth(house, 'carol', '', 'horatio');
    const operating = house.stream('alice', 'ophelia start --wait');
    const before = workersOf(house);
    const [victim = 0, survivor = 0] = [...consoles.keys()];
    process.kill(before.get(victim) ?? 0, 'SIGKILL');
    await consoles.get(victim)?.ends();
    await menus.get(victim)?.ends();
    const living = menus.get(survivor) ?? assert.fail();
    living.type('?');
    await living.sees(/help|keys/i);
    await eventually('only the other worker’s sessions', async () =>
      (await sessions(house, 'carol')).every((one) => workerOf(one) === survivor),
    );
    await eventually('another worker', () => workersOf(house).get(victim) !== before.get(victim), SLOW);
    const again = house.terminal('carol');
    await again.sees('horatio');
    operating.kill();
    await eventually(
      'every intent to have one outcome',
      () => {
        const rows = audited(house);
        const of = (kind: RegExp): string[] =>
          rows
            .filter((row) => kind.test(String(row['kind'])))
            .map((row) => String(row['operation']))
            .sort();
        const living = rows.filter(({ kind }) => kind === 'domain.console.requested');
        const open = new Set(of(/^domain\..*\.requested$/));
        for (const id of of(/^operation\.ended$/)) open.delete(id);
        return living.length > 0 && open.size <= 1;
      },
      SLOW,
    );
    const directory = join(house.layout.gateState, 'recordings');
    await eventually(
      'the torn recording to be mended, and the running one not',
      () => {
        const files = readdirSync(directory);
        return files.length >= 2 && files.filter((file) => file.endsWith('.running')).length === 1;
      },
      SLOW,
    );
    const closed = audited(house).filter(
      ({ kind, session }) => kind === 'session.closed' && String(session).startsWith(String(victim)),
    );
    assert.ok(closed.length >= 2, 'its sessions are recorded as closed');
    await verified(house);
    house.hangUp();
  });

  it('a worker that hangs is killed, so that nobody keeps a right that was taken away', async () => {
    const menus = await atBoth(house, 'dora', '', 'ophelia');
    const [hanging = 0, other = 0] = [...menus.keys()];
    const before = workersOf(house);
    process.kill(before.get(hanging) ?? 0, 'SIGSTOP');
    await done(house, 'customer', 'suspend', 'dora');
    for (const worker of [hanging, other]) await menus.get(worker)?.ends();
    assert.match(menus.get(other)?.raw ?? '', /suspended/);
    await eventually('none to be left', async () => (await sessions(house, 'dora')).length === 0, SLOW);
    await done(house, 'customer', 'resume', 'dora');
    await eventually('another worker', () => workersOf(house).get(hanging) !== before.get(hanging), SLOW);
  });

  it('a killed coordinator ends all, and the next gate waits until its workers have gone', async () => {
    const menus = await atBoth(house, 'alice', '', 'ophelia');
    const pids = [...workersOf(house).values()].filter(isAlive);
    assert.equal(pids.length, 2);
    house.signalGate('SIGKILL');
    const restarted = house.startGate();
    for (const menu of allOf(menus)) {
      await menu.receives('being restarted');
      await menu.ends();
    }
    await restarted;
    await eventually('no worker of the first gate to be left', () => !pids.some(isAlive));
    assert.equal((await house.ssh('alice', 'list')).status, 0);
    await verified(house);
  });

  it('SIGTERM to the whole group says one sentence to everybody, and leaves no process', async () => {
    const menus = await atBoth(house, 'alice', '', 'ophelia');
    const pids = [...workersOf(house).values()].filter(isAlive);
    for (const pid of pids) process.kill(pid, 'SIGTERM');
    await house.endGate('SIGTERM');
    for (const menu of allOf(menus)) {
      await menu.ends();
      assert.equal(menu.raw.split('being restarted').length, 2, 'once');
    }
    assert.deepEqual(pids.filter(isAlive), [], 'the coordinator has waited for them');
    const rows = audited(house);
    const [opened, closed] = ['session.opened', 'session.closed'].map(
      (what) => rows.filter(({ kind }) => kind === what).length,
    );
    assert.ok(opened !== undefined && closed !== undefined && closed <= opened);
    assert.equal(rows.at(-1)?.['kind'], 'gate.stopped');
    await house.startGate();
  });
});
