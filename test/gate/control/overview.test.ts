import assert from 'node:assert/strict';
import type { ControlClient } from '../../../server/gate/control/control-client.js';
import type { LiveView } from '../../../server/gate/control/session-answers.js';
import type { Overview } from '../../../server/gate/control/overview.js';
import { ControlFixture } from '../../support/control-fixture.js';
import { domainView } from '../../support/dom0-stand-in.js';
import {
  ADMIN,
  customerActor,
  customerName,
  domainName,
  fingerprint,
} from '../../support/temporary-store.js';

const ALICE = customerName('alice');
const HORATIO = domainName('horatio');
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

describe('gate: the overview for admins', () => {
  let now: number;
  let gate: ControlFixture;
  let client: ControlClient;

  beforeEach(async () => {
    now = Date.now();
    gate = new ControlFixture({ clock: () => new Date(now) });
    client = gate.client();
    await gate.server.listen();
    gate.store.customers.add(ALICE, ADMIN);
  });

  afterEach(async () => {
    await gate.remove();
  });

  const overview = async (): Promise<Overview> => (await client.ask('GET', '/overview')) as Overview;

  it('counts sessions, consoles, states, and what is under way', async () => {
    gate.addSession('c1.1', 'alice');
    gate.addSession('c2.1', 'alice', 'b', 'exec');
    gate.addSession('c3', 'alice', 'c', 'connection');
    for (const action of ['console', 'watch', 'watch'] as const)
      gate.liveAttachments.enter({
        operation: action,
        customer: ALICE,
        source: '192.0.2.7',
        domain: HORATIO,
        action: () => action,
      });
    const ophelia = domainView(domainName('ophelia'), 'off');
    gate.domains.set(HORATIO, domainView(HORATIO, 'running'));
    gate.domains.set(ophelia.name, { ...ophelia, console: 'detached' });
    const half = {
      version: '1.2.3',
      startedAt: '2026-11-21T07:15:02.000Z',
      folders: [],
      troubles: ['Look.'],
    };
    gate.half = half;
    const seen = await overview();
    assert.deepEqual(seen.sessions, { menu: 1, 'plain-menu': 0, exec: 1, connection: 1 });
    assert.deepEqual(seen.consoles, { writing: 1, watching: 2 });
    const [host] = seen.hosts;
    assert.deepEqual(
      [host?.states, host?.attached, host?.half, host?.domains],
      [{ running: 1, off: 1 }, { attached: 1, detached: 1 }, half, 2],
    );
    assert.equal(host?.lookedAt, ophelia.observation.seenAt);
    assert.equal(host.heardAt, gate.startedAt.toISOString());
    assert.deepEqual(host.underWay, []);
    assert.equal(seen.folders[0]?.what, 'state directory');
    assert.equal(typeof seen.folders[0].free, 'number');
  });

  it('lists who is here, and which consoles each session has open', async () => {
    gate.addSession('c1.1', 'alice');
    gate.addSession('c2', 'alice', 'b', 'connection');
    gate.domains.set(HORATIO, domainView(HORATIO, 'running'));
    const about = { customer: ALICE, source: '192.0.2.7', since: now - 5_000 };
    const leave = gate.liveAttachments.enter({
      ...about,
      operation: 'a',
      domain: HORATIO,
      action: () => 'console',
      session: 'c1.1',
    });
    gate.liveAttachments.enter({
      ...about,
      operation: 'b',
      domain: domainName('nowhere'),
      action: () => 'watch',
      session: 'c1.1',
    });
    // A look at a screen has no session of its own.
    gate.liveAttachments.enter({ ...about, operation: 'c', domain: HORATIO, action: () => 'watch' });
    const seen = async (): Promise<readonly unknown[]> =>
      ((await client.ask('GET', '/live')) as LiveView).sessions.map(({ id, customer, what, consoles }) => [
        id,
        customer,
        what,
        consoles,
      ]);
    const since = new Date(now - 5_000).toISOString();
    const nowhere = { domain: 'nowhere', host: null, mode: 'watch', since };
    assert.deepEqual(await seen(), [
      ['c1.1', 'alice', 'menu', [{ domain: HORATIO, host: 'xen1', mode: 'write', since }, nowhere]],
      ['c2', 'alice', 'connection', []],
    ]);
    leave();
    assert.deepEqual((await seen())[0], ['c1.1', 'alice', 'menu', [nowhere]]);
  });

  it('lists the keys that expire soon, the next one first, and none that has expired', async () => {
    const days = [15, 13, -1, 2, null] as const;
    for (const [index, day] of days.entries())
      gate.store.keys.add(
        {
          customer: ALICE,
          fingerprint: fingerprint('abcde'[index] ?? 'f'),
          type: 'ssh-ed25519',
          blob: Buffer.from([index]),
          comment: '',
          expiresAt: day === null ? null : new Date(now + day * DAY_MS).toISOString(),
        },
        ADMIN,
        10,
      );
    const { expiring } = await overview();
    assert.equal(expiring.count, 2);
    assert.deepEqual(
      expiring.next.map((key) => key.fingerprint),
      [fingerprint('d'), fingerprint('b')],
    );
  });

  it('counts what was refused in the last hour, by reason, the most frequent first', async () => {
    const login = (reason: string): void => {
      const about = { source: '192.0.2.7', connection: 'c1', login: 'alice', fingerprint: null };
      gate.store.audit.append({ kind: 'login.refused', ...about, reason });
    };
    now -= HOUR_MS + 5_000;
    login('key-expired');
    now += HOUR_MS + 5_000;
    for (const reason of ['key-expired', 'key-unknown', 'key-unknown']) login(reason);
    const actor = customerActor(ALICE, fingerprint('a'));
    gate.store.audit.append({
      kind: 'domain.denied',
      actor,
      domain: 'horatio',
      action: 'reboot',
      code: 'limit-reached',
      detail: 'twice a day',
    });
    const { refused } = await overview();
    assert.deepEqual(
      [refused.logins, refused.requests],
      [
        [
          { reason: 'key-unknown', times: 2 },
          { reason: 'key-expired', times: 1 },
        ],
        [{ reason: 'limit-reached', times: 1 }],
      ],
    );
  });

  it('tells the last backup, and none where none was made', async () => {
    assert.equal((await overview()).backup, null);
    for (const file of ['/root/a.db', '/root/b.db'])
      gate.store.audit.append({ kind: 'backup.made', actor: ADMIN, file });
    const { backup } = await overview();
    assert.deepEqual([backup?.file, backup?.by], ['/root/b.db', ADMIN.admin]);
  });

  it('writes nothing: it may be asked for every second', async () => {
    const { seq } = gate.store.audit.head();
    await overview();
    await overview();
    assert.equal(gate.store.audit.head().seq, seq);
  });
});
