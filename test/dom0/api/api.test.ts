import assert from 'node:assert/strict';
import { once } from 'node:events';
import { chmod, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { createConnection, createServer } from 'node:net';
import type { Socket } from 'node:net';
import { dirname, join } from 'node:path';
import { Dom0 } from '../../../server/dom0/dom0.js';
import type { Change } from '../../../server/wire/domain.js';
import type { JournalPage } from '../../../server/wire/journal.js';
import type { WireRefusal } from '../../../server/wire/operation.js';
import { NORMAL } from '../../../policy/names.js';
import { readHalfStatus } from '../../../server/wire/half-status.js';
import { readHostUsage } from '../../../server/wire/usage.js';
import { readScreenView } from '../../../server/wire/screen.js';
import type { ScreenView } from '../../../server/wire/screen.js';
import { fields, list } from '../../../server/wire/answer-fields.js';
import {
  readChange,
  readDomainView,
  readJournalPage,
  readOperation,
  readWireRefusal,
} from '../../../server/wire/answers.js';
import { readContract } from '../../../server/wire/contract-answer.js';
import { operationRequest } from '../../support/dom0-client.js';
import { Dom0UnderTest } from '../../support/dom0-under-test.js';
import { eventually } from '../../support/eventually.js';
import { readWhole } from '../../support/read-whole.js';
import { silentLogger } from '../../support/silent-logger.js';

/** Names of no domain, or attempts at another way in. */
const ODD_NAMES = [
  '-a',
  '0',
  '1',
  'Domain-0',
  'horati',
  'horatio ',
  'HORATIO',
  '../horatio',
  'höratio',
  'horatio\n',
  'hοratio',
  '',
];

function domainsOf(body: unknown): readonly unknown[] {
  return list(fields(body, 'domains'), 'domains', 10_000);
}

describe("dom0's API", () => {
  let house: Dom0UnderTest;
  beforeEach(async () => {
    house = await Dom0UnderTest.make(['horatio', 'ophelia']);
    house.toolstack.put('horatio');
    await house.start();
  });
  afterEach(() => house.dispose());

  /** Opens a stream of changes; `changes` collects them. */
  function follow(path = '/changes'): Promise<{ answer: IncomingMessage; changes: Change[] }> {
    return new Promise((resolve, reject) => {
      const asking = request({ socketPath: house.settings.socket, path, agent: false }, (answer) => {
        const changes: Change[] = [];
        let rest = '';
        answer.on('error', () => undefined);
        answer.on('data', (chunk: Buffer) => {
          const lines = (rest + chunk.toString()).split('\n');
          rest = lines.pop() ?? '';
          for (const line of lines) {
            changes.push(readWhole(readChange, JSON.parse(line)));
          }
        });
        resolve({ answer, changes });
      });
      asking.on('error', reject);
      asking.end();
    });
  }

  /** The answer to raw bytes, until the connection ends. */
  function raw(text: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const socket = createConnection(house.settings.socket);
      let answer = '';
      socket.setEncoding('utf8').on('data', (chunk: string) => (answer += chunk));
      socket.on('close', () => {
        resolve(answer);
      });
      socket.on('error', reject);
      socket.write(text);
    });
  }

  it('answers what its reader reads, and nothing that the reader has to change', async () => {
    const operation = await house.client.run('ophelia', 'start');
    readWhole(readOperation, operation);
    const checks: readonly [path: string, read: (value: unknown) => unknown][] = [
      ['/contract', readContract],
      ['/status', readHalfStatus],
      ['/domains', (body) => ({ ...fields(body, 'domains'), domains: domainsOf(body).map(readDomainView) })],
      ['/domains/horatio', readDomainView],
    ];
    for (const [path, read] of checks) {
      const { status, body } = await house.client.ask('GET', path);
      assert.equal(status, 200, path);
      readWhole(read, body);
    }
    const journal = (await house.client.ask('GET', '/journal')).body as JournalPage;
    const [entry] = journal.entries;
    assert.ok(entry !== undefined);
    const { at, customer, ...rest } = entry;
    assert.match(at, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/);
    assert.equal(customer, operation.by);
    const { auditSeq, auditHash } = operationRequest('ophelia', 'start').actor;
    const claimed = { operation: operation.id, auditSeq, auditHash };
    assert.deepEqual(rest, { seq: rest.seq, ...claimed, domain: 'ophelia', verb: 'start' });
    assert.ok(Number.isSafeInteger(rest.seq) && rest.seq > 0);
    assert.deepEqual(readJournalPage(journal), { entries: [claimed], next: null });
    const busy = { status: 404, body: (await house.client.ask('GET', '/domains/yorick')).body };
    assert.deepEqual(readWireRefusal(busy.body), busy.body);
  });

  it('tells what the running domains have used, by their names and in numbers', async () => {
    await house.stop();
    const [network, disk] = [
      { receivedKiB: 12, sentKiB: 7 },
      { reads: 300, writes: 4 },
    ];
    const counts = new Map([
      ['horatio', { network, disk }],
      ['ophelia', { network, disk }],
      ['unmanaged', { network, disk }],
    ]);
    house.parts = { ...house.parts, deviceCounts: { read: () => Promise.resolve(counts) } };
    await house.start();
    const body = await house.until(
      'a sample',
      async () => (await house.client.ask('GET', '/usage')).body,
      (answer) => readHostUsage(answer).domains.length > 0,
    );
    const { uptimeMs, domains } = readWhole(readHostUsage, body);
    assert.ok(uptimeMs > 0);
    const [{ incarnation, cpuSeconds, ...horatio } = assert.fail('nothing'), ...others] = domains;
    assert.deepEqual([horatio, others], [{ name: 'horatio', network, disk }, []]);
    assert.match(incarnation, /^[0-9a-f-]{36}\/\d+$/);
    assert.ok(cpuSeconds >= 0);
  });

  it('reads a screen, from its time on, and says what is wrong with the question', async () => {
    const view: ScreenView = {
      cols: 80,
      rows: 2,
      lines: ['horatio login:', ''],
      cursor: { row: 0, column: 15, visible: true },
      alternate: false,
      state: 'running',
      console: 'attached',
      outputAt: '2026-11-21T07:15:02.114Z',
      boot: { profile: NORMAL, over: false },
    };
    const asked: (number | null)[] = [];
    house.consoles.onScreen = (_, since) => {
      asked.push(since);
      return view;
    };
    const screen = '/domains/horatio/screen';
    const { status, body } = await house.client.ask('GET', screen);
    assert.deepEqual([status, readWhole(readScreenView, body)], [200, view]);
    await house.client.ask('GET', `${screen}?since=2026-11-21T07:00:00.000Z`);
    assert.deepEqual(asked, [null, Date.UTC(2026, 10, 21, 7)]);
    const refused: readonly [path: string, status: number, code: string][] = [
      [`${screen}?since=yesterday`, 400, 'usage'],
      ['/domains/yorick/screen', 404, 'no-such-domain'],
      ['/domains/Domain-0/screen', 404, 'no-such-domain'],
      [`${screen}/x`, 404, 'usage'],
    ];
    for (const [path, status, code] of refused) {
      const answer = await house.client.ask('GET', path);
      assert.deepEqual([answer.status, readWireRefusal(answer.body).code], [status, code], path);
    }
    assert.equal(asked.length, 2);
    house.consoles.onScreen = () => null;
    const behind = await house.client.ask('GET', screen);
    assert.deepEqual([behind.status, readWireRefusal(behind.body).code], [429, 'host-limit']);
  });

  it('offers its contract in names and words', async () => {
    const { body } = await house.client.ask('GET', '/contract');
    assert.deepEqual(body, {
      version: 1,
      host: 'elsinore',
      verbs: ['start', 'shutdown', 'poweroff', 'reboot', 'rescue', 'normal', 'sysrq'],
      profiles: [
        {
          name: 'rescue',
          title: 'Rescue system',
          disks: 'Your disks stay as they are, unmounted.',
          hint: 'Mount your disk on /mnt.',
          types: ['pv', 'pvh'],
          parameters: [],
          keep: false,
          atEnd: 'normal',
        },
      ],
      names: true,
      rescueEnds: true,
      withdrawals: true,
      usage: true,
      looks: true,
      console: {
        passesEscape: false,
        sysrqKeys: ['h', 's'],
        log: true,
        screenText: true,
        screen: true,
        fromBoot: true,
        logSpans: true,
      },
    });
  });

  it('lets no path, kernel or command line cross the socket', async () => {
    await house.client.run('ophelia', 'start');
    await house.client.run('horatio', 'rescue', { profile: 'rescue' });
    const paths = ['/contract', '/domains', '/domains/horatio', '/domains/ophelia', '/journal'];
    const texts = await Promise.all(
      paths.map(async (path) => JSON.stringify((await house.client.ask('GET', path)).body)),
    );
    const { changes, answer } = await follow();
    await eventually('ready', () => changes.some(({ change }) => change === 'ready'));
    answer.destroy();
    for (const text of [...texts, JSON.stringify(changes)]) {
      assert.doesNotMatch(text.replaceAll('/mnt.', ''), /\/srv|\/etc|\.cfg|\.img|vmlinuz|console=/);
    }
  });

  it('knows no domain by an odd name, by any route, and does nothing', async () => {
    for (const name of ODD_NAMES) {
      const path = `/domains/${encodeURIComponent(name)}`;
      for (const route of [path, `${path}/console`, `${path}/log`]) {
        const { status, body } = await house.client.ask('GET', route);
        assert.ok(status === 404 || (status === 426 && route.endsWith('/console')), `${route}: ${status}`);
        assert.ok(['no-such-domain', 'usage'].includes((body as WireRefusal).code), route);
      }
      const upgrade = await raw(
        `GET ${path}/console HTTP/1.1\r\nhost: x\r\nconnection: Upgrade\r\nupgrade: postern-console\r\n\r\n`,
      );
      assert.match(upgrade, /^HTTP\/1\.1 404 /, name);
      const order = { ...operationRequest('horatio', 'poweroff'), domain: name };
      const { status } = await house.client.ask('POST', '/operations', JSON.stringify(order));
      assert.ok(status === 400 || status === 404, `${JSON.stringify(name)}: ${status}`);
    }
    assert.deepEqual(house.toolstack.calls, []);
  });

  it('takes a request only when it is one, to the letter', async () => {
    const good = operationRequest('horatio', 'poweroff');
    const bad: unknown[] = [
      null,
      [],
      'poweroff',
      {},
      { ...good, id: 'x' },
      { ...good, id: good.id.toUpperCase() },
      { ...good, verb: 'destroy' },
      { ...good, verb: 'create' },
      { ...good, domain: 'Domain-0' },
      { ...good, kernel: '/srv/evil' },
      { ...good, profile: '../etc' },
      { ...good, key: 'hh' },
      { ...good, key: undefined },
      { ...good, actor: { ...good.actor, customer: 'Root' } },
      { ...good, actor: { ...good.actor, source: '\u001b[2J' } },
      { ...good, actor: { ...good.actor, auditSeq: -1 } },
      { ...good, actor: { ...good.actor, auditHash: 'x' } },
      { ...good, actor: { ...good.actor, admin: true } },
    ];
    for (const body of bad) {
      const answer = await house.client.ask('POST', '/operations', JSON.stringify(body));
      assert.deepEqual(
        [answer.status, (answer.body as WireRefusal).code],
        [400, 'usage'],
        JSON.stringify(body),
      );
    }
    assert.equal((await house.client.ask('POST', '/operations', '{"id":')).status, 400);
    assert.equal((await house.client.ask('POST', '/operations', '')).status, 400);
    assert.deepEqual(house.toolstack.calls, []);
    assert.equal((await house.client.ask('POST', '/operations', JSON.stringify(good))).status, 202);
  });

  it('has a limit for a body, and for headers', async () => {
    const { status } = await house.client.ask(
      'POST',
      '/operations',
      JSON.stringify({ junk: 'x'.repeat(70_000) }),
    );
    assert.equal(status, 413);
    const long = await raw(`GET /contract HTTP/1.1\r\nhost: x\r\nx-junk: ${'x'.repeat(40_000)}\r\n\r\n`);
    assert.match(long, /^HTTP\/1\.1 431 /);
    assert.equal((await house.client.ask('GET', '/contract')).status, 200);
  });

  it('has nothing else', async () => {
    const others = [
      ['GET', '/'],
      ['GET', '/domains/horatio/'],
      ['GET', '//domains'],
      ['GET', '/contract/x'],
      ['PUT', '/domains/horatio'],
      ['DELETE', '/operations/x'],
      ['POST', '/domains'],
      ['GET', '/operations'],
      ['GET', '/domains/%ff'],
      ['OPTIONS', '*'],
      ['GET', '/journal/x'],
    ] as const;
    for (const [method, path] of others) {
      const { status, body } = await house.client.ask(method, path);
      assert.deepEqual([status, (body as WireRefusal).code], [404, 'usage'], `${method} ${path}`);
    }
    assert.equal((await house.client.ask('GET', '/journal?after=x')).status, 400);
    assert.equal((await house.client.ask('GET', '/journal?after=-1')).status, 400);
    assert.match(await raw('CONNECT dom0:22 HTTP/1.1\r\nhost: x\r\n\r\n'), /^$/);
    assert.match(await raw('nonsense\r\n\r\n'), /^HTTP\/1\.1 400 /);
  });

  it('ends the connection of a refused upgrade although the peer keeps its end open', async () => {
    const peer = createConnection({ path: house.settings.socket, allowHalfOpen: true });
    let told = '';
    peer.setEncoding('utf8').on('data', (chunk: string) => (told += chunk));
    peer.write(
      'GET /domains/nobody/console HTTP/1.1\r\nhost: x\r\nconnection: Upgrade\r\nupgrade: x\r\n\r\n',
    );
    await once(peer, 'end');
    assert.match(told, /^HTTP\/1\.1 404 [\s\S]*"code":"no-such-domain"/);
    // Only a write shows the peer that the connection has gone.
    const writing = setInterval(() => peer.write('x'), 5);
    try {
      const [fault] = (await once(peer, 'error')) as [NodeJS.ErrnoException];
      assert.equal(fault.code, 'EPIPE');
    } finally {
      clearInterval(writing);
      peer.destroy();
    }
  });

  it('hands a console to the consoles, and asks for the upgrade where there is none', async () => {
    const upgrade = (to: string): Promise<string> =>
      raw(
        `GET /domains/horatio/console?mode=write HTTP/1.1\r\nhost: x\r\nconnection: Upgrade\r\nupgrade: ${to}\r\n\r\n`,
      );
    assert.match(await upgrade('postern-console'), /^HTTP\/1\.1 101 /);
    assert.match(await upgrade('websocket'), /^HTTP\/1\.1 426 [\s\S]*"code":"usage"/);
    assert.equal((await house.client.ask('GET', '/domains/horatio/console')).status, 426);
    const { body } = await house.client.ask('GET', '/domains/horatio/log?since=2026-01-31T12:00:00Z');
    assert.equal(body, 'what horatio said\r\n');
    for (const query of [
      'since=yesterday',
      'lines=-1',
      'lines=1e3',
      'boot=1',
      'boot=x',
      'boot=-1&follow=1',
      'follow=yes',
      'from=-1',
      'before=x',
      'from=1e99',
      'bytes=0',
      'bytes=999999999',
      'bytes=1&lines=1',
      'bytes=1&follow=1',
      'before=1&follow=1',
    ])
      assert.equal((await house.client.ask('GET', `/domains/horatio/log?${query}`)).status, 400, query);
  });

  it('lets so many read a log at once, and the next when one has gone', async () => {
    const reading: IncomingMessage[] = [];
    const open = (): Promise<IncomingMessage> =>
      new Promise((resolve, reject) => {
        const path = '/domains/horatio/log?follow=1';
        request({ socketPath: house.settings.socket, path, agent: false }, resolve).on('error', reject).end();
      });
    house.consoles.endless = true;
    for (let at = 0; at < 32; at += 1) reading.push(await open());
    const one = await house.client.ask('GET', '/domains/horatio/log');
    assert.deepEqual([one.status, (one.body as WireRefusal).code], [429, 'host-limit']);
    reading.pop()?.destroy();
    await eventually('a place', async () => {
      const next = await open();
      reading.push(next);
      return next.statusCode === 200;
    });
    for (const answer of reading) answer.destroy();
  });

  it('switches a log off and on for who says who they are, and for nobody else', async () => {
    const { actor } = operationRequest('horatio', 'start');
    const put = async (name: string, body: unknown): Promise<number> =>
      (await house.client.ask('PUT', `/domains/${name}/log`, JSON.stringify(body))).status;
    assert.equal(await put('horatio', { keep: false, actor }), 200);
    assert.deepEqual([...house.consoles.switchedOff], ['horatio']);
    for (const wrong of [
      {},
      { keep: false },
      { keep: 0, actor },
      { keep: true, actor: { ...actor, customer: 'A B' } },
      { keep: true, actor, path: '/' },
    ])
      assert.equal(await put('horatio', wrong), 400, JSON.stringify(wrong));
    assert.equal(await put('yorick', { keep: true, actor }), 404);
    assert.deepEqual([...house.consoles.switchedOff], ['horatio']);
    assert.equal(await put('horatio', { keep: true, actor }), 200);
    assert.equal(house.consoles.switchedOff.size, 0);
  });

  it('releases a console for a time that is one, in the name of an admin', async () => {
    const put = (name: string, body: unknown): ReturnType<typeof house.client.ask> =>
      house.client.ask('PUT', `/domains/${name}/console`, JSON.stringify(body));
    const { status, body } = await put('horatio', { seconds: 600, admin: 'ada' });
    assert.deepEqual([status, body], [200, { until: '2026-11-21T00:10:00.000Z' }]);
    assert.deepEqual((await put('horatio', { seconds: 0, admin: 'ada' })).body, { until: null });
    for (const wrong of [
      {},
      { seconds: 600 },
      { seconds: 600, admin: '' },
      { seconds: 600, admin: 'ada\n' },
      { seconds: -1, admin: 'ada' },
      { seconds: 1.5, admin: 'ada' },
      { seconds: 86_401, admin: 'ada' },
      { seconds: 600, admin: 'ada', path: '/' },
    ])
      assert.equal((await put('horatio', wrong)).status, 400, JSON.stringify(wrong));
    assert.equal((await put('yorick', { seconds: 600, admin: 'ada' })).status, 404);
    assert.equal(house.consoles.released.length, 2);
  });

  it('streams the whole list, then ready, then what changes', async () => {
    const { answer, changes } = await follow();
    await eventually('ready', () => changes.some(({ change }) => change === 'ready'));
    const first = changes
      .slice(0, 4)
      .map((change) => (change.change === 'domain' ? change.domain.name : change.change));
    assert.deepEqual(first, ['horatio', 'ophelia', 'names', 'ready']);
    const { id } = await house.client.run('ophelia', 'start');
    const phases = (): string[] =>
      changes.flatMap((each) =>
        each.change === 'operation' && each.operation.id === id ? [each.operation.step] : [],
      );
    await eventually('the steps', () => phases().includes('unpausing'));
    assert.deepEqual([...new Set(phases())], ['waiting', 'creating', 'attaching-console', 'unpausing']);
    await eventually('the state', () =>
      changes.some(
        (each) =>
          each.change === 'domain' &&
          each.domain.name === 'ophelia' &&
          each.domain.observation.state === 'running',
      ),
    );
    answer.destroy();
  });

  it('tells looks to those who ask, and to them no domain again that has not changed', async () => {
    const [looks, plain] = await Promise.all([follow('/changes?looks=1'), follow()]);
    const times = (changes: readonly Change[], kind: Change['change']): number =>
      changes.filter(({ change }) => change === kind).length;
    const afterReady = (): readonly Change[] =>
      looks.changes.slice(looks.changes.findIndex(({ change }) => change === 'ready') + 1);
    await eventually('three looks', () => times(looks.changes, 'looked') >= 3);
    await eventually('the others to hear', () => times(plain.changes, 'domain') >= 6);
    assert.equal(times(afterReady(), 'domain'), 0);
    assert.equal(times(plain.changes, 'looked'), 0);
    house.toolstack.change('horatio', { cpuSeconds: 99 });
    const load = (change: Change): boolean =>
      change.change === 'looked' && change.loads.some(([name, used]) => name === 'horatio' && used === 99);
    await eventually('what it has used', () => looks.changes.some(load));
    assert.equal(times(afterReady(), 'domain'), 0);
    house.toolstack.change('horatio', { cpuSeconds: 1 });
    await eventually('a life that counts anew', () => times(afterReady(), 'domain') === 1);
    await house.configure('ophelia', 'memory = 333\n');
    const hasGrown = (change: Change): boolean =>
      change.change === 'domain' && change.domain.name === 'ophelia' && change.domain.memoryMiB === 333;
    await eventually('what its file says now', () => afterReady().some(hasGrown));
    looks.answer.destroy();
    plain.answer.destroy();
  });

  it('drops a reader that does not read, and keeps nothing for it', async function () {
    if (process.platform !== 'linux') this.skip();
    const stuck: Socket = createConnection(house.settings.socket);
    stuck.on('error', () => undefined);
    stuck.write('GET /changes HTTP/1.1\r\nhost: x\r\n\r\n');
    await new Promise((resolve) => stuck.once('readable', resolve));
    const closed = new Promise((resolve) => stuck.once('close', resolve));
    assert.equal(await connections(house.settings.socket), 1);
    for (let number = 0; number < 300; number += 1) {
      await house.configure(`guest${number}`);
      house.toolstack.put(`guest${number}`);
    }
    let cpu = 0;
    const churn = setInterval(() => {
      cpu += 1;
      for (const name of house.toolstack.domains.keys()) house.toolstack.change(name, { cpuSeconds: cpu });
    }, 5);
    try {
      await eventually('dom0 to let go of it', async () => {
        stuck.pause();
        return (await connections(house.settings.socket)) === 0;
      });
    } finally {
      clearInterval(churn);
      stuck.resume();
      await closed;
    }
  });

  it('shows what gates claimed, for their audit log to be held against', async () => {
    const { id } = await house.client.run('horatio', 'poweroff');
    const first = (await house.client.ask('GET', '/journal')).body as JournalPage;
    const { actor } = operationRequest('horatio', 'poweroff');
    const { at, ...entry } = first.entries[0]!;
    assert.ok(Date.parse(at) > 0);
    assert.deepEqual(entry, {
      seq: 1,
      operation: id,
      domain: 'horatio',
      verb: 'poweroff',
      customer: 'alice',
      auditSeq: actor.auditSeq,
      auditHash: actor.auditHash,
    });
    assert.equal(first.next, null);
    assert.deepEqual((await house.client.ask('GET', '/journal?after=1')).body, { entries: [], next: null });
  });

  describe('on its socket', () => {
    it('is for the owner and the group, in a directory that others cannot enter', async () => {
      assert.equal((await stat(house.settings.socket)).mode & 0o777, 0o660);
      assert.equal((await stat(dirname(house.settings.socket))).mode & 0o777, 0o750);
      assert.equal((await stat(house.settings.state)).mode & 0o777, 0o700);
      assert.equal((await stat(join(house.settings.state, 'journal.jsonl'))).mode & 0o777, 0o600);
    });

    const second = (more: object): Dom0 => {
      const { settings, toolstack, consoles, timings } = house;
      return new Dom0({
        settings: { ...settings, ...more },
        version: 'test',
        toolstack,
        consoles,
        logger: silentLogger,
        timings,
      });
    };

    it('is alone: a second half is refused, and the first goes on', async () => {
      await assert.rejects(second({}).start(), /another dom0 half is running/);
      await assert.rejects(
        second({ socket: `${house.settings.socket}2` }).start(),
        /another dom0 half \(process \d+\) works in/,
      );
      await assert.rejects(
        second({ state: `${house.settings.state}2` }).start(),
        /another dom0 half is running/,
      );
      assert.equal((await house.client.ask('GET', '/contract')).status, 200);
    });

    it('takes the place of a socket and a lock that a killed half left, but of no file', async () => {
      await house.stop();
      const left = createServer();
      await new Promise<void>((resolve) => left.listen(house.settings.socket, resolve));
      await killSocket(left, house.settings.socket);
      await writeFile(join(house.settings.state, 'lock'), '999999 12345');
      await house.start();
      assert.equal((await house.client.ask('GET', '/contract')).status, 200);
      await house.stop();
      await writeFile(house.settings.socket, 'precious');
      await assert.rejects(house.start(), /is no socket/);
      assert.equal(await readFile(house.settings.socket, 'utf8'), 'precious');
    });

    it('refuses a directory that anybody can write to, and a group that is none', async () => {
      const open = join(house.directory, 'open');
      await mkdir(open);
      await chmod(open, 0o777);
      const state = `${house.settings.state}3`;
      await assert.rejects(second({ state, socket: join(open, 's') }).start(), /anybody can write to/);
      await assert.rejects(
        second({ state, socket: join(house.directory, 'r', 's'), socketGroup: 'no-such-group' }).start(),
        /no group/,
      );
    });

    it('stops twice, ends those who listen, and touches no domain', async () => {
      const { answer } = await follow();
      const ended = new Promise((resolve) => answer.once('close', resolve));
      await house.stop();
      await house.stop();
      await ended;
      assert.deepEqual(house.toolstack.calls, []);
      await assert.rejects(house.client.ask('GET', '/contract'), /ENOENT|ECONNREFUSED/);
    });
  });
});

/** The number of established connections at the server's end of a socket, as the kernel shows them. */
async function connections(path: string): Promise<number> {
  const text = await readFile('/proc/net/unix', 'utf8');
  return text.split('\n').filter((line) => line.endsWith(` ${path}`) && line.includes(' 0001 03 ')).length;
}

/** Closes a server but leaves its socket file, as a kill does. */
async function killSocket(server: ReturnType<typeof createServer>, path: string): Promise<void> {
  const { link, unlink } = await import('node:fs/promises');
  await link(path, `${path}.kept`);
  await new Promise((resolve) => server.close(resolve));
  await link(`${path}.kept`, path);
  await unlink(`${path}.kept`);
}
