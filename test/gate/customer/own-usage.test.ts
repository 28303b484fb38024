import assert from 'node:assert/strict';
import { join } from 'node:path';
import { isRefusal } from '../../../policy/refusal.js';
import { OwnUsage } from '../../../server/gate/customer/own-usage.js';
import type { Identity } from '../../../server/gate/session/identity.js';
import { UsageHistory } from '../../../server/store/usage-history.js';
import { GateInside, policyOf, rule } from '../../support/gate-inside.js';
import { ADMIN, domainName } from '../../support/temporary-store.js';

const HORATIO = domainName('horatio');
const MINUTE = 60_000;

type Parts = ConstructorParameters<typeof OwnUsage>[0];

describe('gate: what a customer sees of the use of a server', () => {
  let inside: GateInside;
  let history: UsageHistory;
  let now: Date;
  let uuid: string | null;
  let own: OwnUsage;
  /** Where the roles began. */
  let start: number;

  beforeEach(() => {
    inside = new GateInside();
    history = UsageHistory.open(join(inside.temporary.directory, 'usage.db'));
    start = Math.floor(Date.now() / MINUTE);
    uuid = null;
    const hosts = {
      find: () => ({ view: { configured: { uuid, since: null } } }),
    } as unknown as Parts['hosts'];
    own = new OwnUsage({
      authorizer: inside.core.authorizer,
      hosts,
      history,
      turns: inside.core.turns,
      clock: () => now,
    });
    at(start + 20);
  });
  afterEach(async () => {
    history.close();
    await inside.stop();
  });

  function at(minute: number): void {
    now = new Date(minute * MINUTE + 30_000);
  }

  /** In each minute of these the CPU's percentage is the distance to `start`, and 100. */
  function record(from: number, to: number, series = { domain: HORATIO, uuid }): void {
    for (let minute = from; minute < to; minute += 1) {
      const point = { cpuPercent: 100 + minute - start, received: 1, sent: 1, diskRequests: 1 };
      history.record(minute, new Map([[series, point]]));
    }
  }

  /** The minutes that are seen, by their distance to `start`. */
  async function seen(identity: Identity): Promise<readonly number[] | string> {
    const usage = await own.read(identity, 'horatio');
    if (isRefusal(usage)) return usage.code;
    assert.equal(usage.minutes.length, 1440);
    assert.equal(usage.to, Math.floor(now.getTime() / MINUTE) * MINUTE);
    return usage.minutes.flatMap((minute, index) => {
      if (minute === null) return [];
      const distance = usage.to / MINUTE - 1440 + index - start;
      assert.ok(Math.abs((minute.cpuPercent ?? 0) - 100 - distance) < 0.2, 'each minute is in its place');
      return [distance];
    });
  }

  const range = (from: number, to: number): readonly number[] =>
    Array.from({ length: to - from }, (_, index) => from + index);

  it('is each full minute since the role began, and nothing from before', async () => {
    record(start - 30, start + 20);
    const began = Math.ceil(
      Date.parse(inside.store.roles.find(inside.alice.customer, HORATIO)?.since ?? '') / MINUTE - start,
    );
    assert.deepEqual(await seen(inside.alice), range(began, 20));
  });

  it('is nothing of a former owner, whichever way the server came to another', async () => {
    record(start, start + 20);
    assert.equal(await seen(inside.bob), 'no-such-domain');
    inside.store.roles.remove(inside.alice.customer, HORATIO, ADMIN);
    assert.equal(await seen(inside.alice), 'no-such-domain');
    inside.store.roles.add(inside.bob.customer, HORATIO, 'owner', ADMIN);
    const began = Math.ceil(
      Date.parse(inside.store.roles.find(inside.bob.customer, HORATIO)?.since ?? '') / MINUTE - start,
    );
    assert.deepEqual(await seen(inside.bob), range(began, 20));
    // The time of the former owner, seen by clocks that agree with the role's.
    at(start + began);
    assert.deepEqual(await seen(inside.bob), []);
  });

  it('is nothing of another domain that had the name, as its configuration says', async () => {
    record(start - 30, start + 20, { domain: HORATIO, uuid: '3f1c2a44-7e1d-4c0b-9a65-0d6c1f0f7e11' });
    assert.deepEqual(await seen(inside.alice), []);
  });

  it('is nothing of a name that was given up and came back', async () => {
    record(start, start + 20);
    inside.store.domains.seen([HORATIO]);
    inside.store.domains.gone(HORATIO);
    assert.equal(await seen(inside.alice), 'no-such-domain');
  });

  it('is seen by whoever may see the server, and by nobody else', async () => {
    record(start, start + 20);
    inside.next = { ok: true, policy: policyOf([rule('allow', ['console'])]), digest: 'second' };
    inside.core.policy.reload(null);
    assert.notEqual(typeof (await seen(inside.alice)), 'object');
    inside.next = { ok: true, policy: policyOf([rule('allow', ['status'])]), digest: 'third' };
    inside.core.policy.reload(null);
    assert.equal(typeof (await seen(inside.alice)), 'object');
  });

  it('is refused when the role ends, or begins anew, while it is read', async () => {
    record(start, start + 20);
    const ended = seen(inside.alice);
    inside.store.roles.remove(inside.alice.customer, HORATIO, ADMIN);
    assert.equal(await ended, 'no-such-domain');
    inside.store.roles.add(inside.alice.customer, HORATIO, 'owner', ADMIN);
    const anew = seen(inside.alice);
    inside.store.roles.remove(inside.alice.customer, HORATIO, ADMIN);
    // The role begins anew in another millisecond, and before the reading goes on.
    for (const then = Date.now(); Date.now() === then;);
    inside.store.roles.add(inside.alice.customer, HORATIO, 'owner', ADMIN);
    assert.equal(await anew, 'no-such-domain');
  });

  it('is read once a minute for pages, however often they are opened, and for each role apart', async () => {
    record(start + 5, start + 20);
    let reads = 0;
    const counting: Parts['history'] = {
      read: (...given) => {
        reads += 1;
        return history.read(...given);
      },
    };
    const hosts = { find: () => undefined } as unknown as Parts['hosts'];
    const clock = (): Date => now;
    const pages = new OwnUsage({
      authorizer: inside.core.authorizer,
      hosts,
      history: counting,
      turns: inside.core.turns,
      clock,
    });
    const graphs = await Promise.all(Array.from({ length: 20 }, () => pages.graph(inside.alice, 'horatio')));
    const first = reads;
    assert.ok(first >= 1 && first <= 8, `${first} reads`);
    assert.ok(graphs.every((graph) => graph !== null && graph === graphs[0]));
    inside.store.roles.add(inside.bob.customer, HORATIO, 'watcher', ADMIN);
    assert.equal(await pages.graph(inside.bob, 'ophelia'), null);
    inside.store.roles.remove(inside.alice.customer, HORATIO, ADMIN);
    assert.equal(await pages.graph(inside.alice, 'horatio'), null, 'the right is asked for each time');
    at(start + 21);
    const before = reads;
    await pages.graph(inside.bob, 'horatio');
    assert.ok(reads > before, 'another minute is read anew');
  });

  it('is no graph, and no fault, where the file cannot be read', async () => {
    const broken: Parts['history'] = {
      read: () => {
        throw new Error('database disk image is malformed');
      },
    };
    const hosts = { find: () => undefined } as unknown as Parts['hosts'];
    const pages = new OwnUsage({
      turns: inside.core.turns,
      authorizer: inside.core.authorizer,
      hosts,
      history: broken,
      clock: () => now,
    });
    assert.equal(await pages.graph(inside.alice, 'horatio'), null);
  });

  it('has gaps where nothing was recorded, and is a whole day however the clock stands', async () => {
    record(start + 5, start + 7);
    record(start + 9, start + 10);
    assert.deepEqual(await seen(inside.alice), [5, 6, 9]);
    at(start + 1448);
    assert.deepEqual(await seen(inside.alice), [9]);
    at(start - 525_600);
    assert.deepEqual(await seen(inside.alice), []);
  });
});
