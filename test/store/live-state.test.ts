import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LiveState } from '../../server/store/live-state.js';
import { customerName, domainName } from '../support/temporary-store.js';

const ALICE = customerName('alice');
const BOB = customerName('bob');
const HORATIO = domainName('horatio');
const OPHELIA = domainName('ophelia');

describe('store: what the processes of a gate know together', () => {
  let directory: string;
  let one: LiveState;
  let other: LiveState;
  let clock: number;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'postern-live-'));
    clock = 1_000_000;
    const file = join(directory, 'live.db');
    LiveState.make(file).close();
    // The second time it replaces what a gate before left.
    one = LiveState.make(file, () => clock);
    other = LiveState.open(file, () => clock);
  });
  afterEach(() => {
    one.close();
    other.close();
    rmSync(directory, { recursive: true, force: true });
  });

  const connection = (id: string, worker: number) => ({ id, worker, about: '{}' });
  const session = (id: string, worker: number) => ({
    id,
    worker,
    about: '{}',
    connection: id.slice(0, 1),
  });
  const attachment = (operation: string, domain = HORATIO, source = '192.0.2.7') =>
    ({ operation, customer: ALICE, source, domain, action: 'console' }) as const;

  it('is for its owner alone', () => {
    assert.equal(statSync(join(directory, 'live.db')).mode & 0o777, 0o600);
  });

  it('gives a customer no more connections than allowed, and the oldest idle one makes room anywhere', () => {
    assert.deepEqual(one.connect(connection('a', 1), ALICE, 2), { joined: true, madeRoom: [] });
    assert.deepEqual(other.connect(connection('b', 2), ALICE, 2), { joined: true, madeRoom: [] });
    assert.ok(one.use('a') && other.use('b'));
    assert.deepEqual(other.connect(connection('c', 2), ALICE, 2), { joined: false, open: 2 });
    assert.equal(one.refusesConnection(ALICE, 2), 2);
    assert.equal(one.refusesConnection(BOB, 2), null);
    one.rest('a');
    assert.equal(other.refusesConnection(ALICE, 2), null);
    assert.deepEqual(other.connect(connection('c', 2), ALICE, 2), {
      joined: true,
      madeRoom: [{ id: 'a', worker: 1 }],
    });
    assert.equal(one.use('a'), false, 'it has lost its place');
    assert.deepEqual(
      one.connections().map(({ id }) => id),
      ['b', 'c'],
    );
    other.disconnect('b');
    other.disconnect('b');
    assert.equal(one.refusesConnection(ALICE, 2), null);
  });

  it('counts the sessions of a customer in the transaction that adds one', () => {
    const limit = (open: number): string | null => (open < 2 ? null : `${open} are open`);
    assert.equal(one.openSession(session('a.1', 1), ALICE, limit), null);
    assert.equal(other.openSession(session('b.1', 2), ALICE, limit), null);
    assert.equal(one.openSession(session('a.2', 1), ALICE, limit), '2 are open');
    assert.equal(one.openSession(session('d.1', 1), BOB, limit), null);
    one.closeSession('a.1');
    assert.equal(other.countSessions(ALICE), 1);
    assert.equal(other.sessions().length, 2);
  });

  it('counts attachments, and places that are held for some seconds', () => {
    const count = (per: 'customer' | 'domain' | 'source', subject: string): number =>
      other.countAttachments(per, subject, ['console']);
    one.hold(attachment('o1'), 1);
    assert.equal(count('customer', ALICE), 1, 'from the decision on');
    assert.deepEqual(other.entered(), []);
    one.enter(attachment('o1'), 1);
    one.hold(attachment('o2', OPHELIA, '2001:db8::1'), 1);
    assert.deepEqual(
      [count('customer', ALICE), count('domain', HORATIO), count('source', '2001:db8::ffff')],
      [2, 1, 1],
    );
    clock += 10_000;
    assert.equal(count('customer', ALICE), 1, 'nobody came to the held place');
    one.changeAction('o1', 'watch');
    assert.equal(count('customer', ALICE), 0);
    assert.deepEqual(other.entered(), [{ action: 'watch', n: 1 }]);
    one.leave('o1');
    one.leave('o1');
    assert.equal(other.countAttachments('customer', ALICE, ['watch', 'console']), 0);
  });

  it('spends one allowance for all, which grows again with time', () => {
    const rate = { most: 3, refillMs: 1000 };
    const spent = (): boolean[] => [one, other, one, other].map((each) => each.spend('login', ALICE, rate));
    assert.deepEqual(spent(), [true, true, true, false]);
    assert.ok(one.spend('login', BOB, rate) && one.spend('request', ALICE, rate), 'each its own');
    clock += 999;
    assert.equal(one.spend('login', ALICE, rate), false);
    clock += 1;
    assert.deepEqual(spent(), [true, false, false, false]);
    clock += 3_600_000;
    assert.deepEqual(spent(), [true, true, true, false]);
  });

  it('forgets all of a process that was killed, and nothing of another', () => {
    one.connect(connection('a', 1), ALICE, 9);
    other.connect(connection('b', 2), ALICE, 9);
    one.openSession(session('a.1', 1), ALICE, () => null);
    other.openSession(session('b.1', 2), ALICE, () => null);
    one.enter(attachment('o1'), 1);
    other.enter(attachment('o2'), 2);
    const found = other.forget(1);
    assert.deepEqual(
      [...found.sessions, ...found.connections].map(({ id }) => id),
      ['a.1', 'a'],
    );
    assert.deepEqual(
      [...other.sessions(), ...other.connections()].map(({ id }) => id),
      ['b.1', 'b'],
    );
    assert.equal(other.countAttachments('customer', ALICE, ['console']), 1);
    assert.deepEqual(other.connections({ unused: true }), []);
    other.closeSession('b.1');
    assert.equal(other.connections({ unused: true }).length, 1);
  });
});
