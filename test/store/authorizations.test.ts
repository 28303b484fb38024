import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { AuditEvent } from '../../server/store/audit-event.js';
import type { Facts, Settled } from '../../server/store/authorizations.js';
import {
  ADMIN,
  TemporaryStore,
  customerActor,
  customerName,
  domainName,
  fingerprint,
} from '../support/temporary-store.js';

const ALICE = customerName('alice');
const BOB = customerName('bob');
const HORATIO = domainName('horatio');
const KEY = fingerprint('a');
const QUESTION = { customer: ALICE, fingerprint: KEY, domain: HORATIO, source: '192.0.2.7' };
const START = new Date(0);

function intent(operation: string, customer = ALICE): AuditEvent {
  const actor = customerActor(customer, KEY);
  return {
    kind: 'domain.start.requested',
    actor,
    domain: HORATIO,
    operation,
    profile: null,
    rule: 'r',
    revision: 1,
  };
}

describe('store: settling a question', () => {
  let temporary: TemporaryStore;
  let store: TemporaryStore['store'];

  beforeEach(() => {
    temporary = new TemporaryStore();
    store = temporary.store;
    store.customers.add(ALICE, ADMIN);
    store.keys.add(
      { customer: ALICE, fingerprint: KEY, type: 't', blob: Buffer.from('k'), comment: '' },
      ADMIN,
      9,
    );
    store.roles.add(ALICE, HORATIO, 'owner', ADMIN);
  });

  afterEach(() => {
    temporary.remove();
  });

  const nothing = <T>(value: T): Settled<T> => ({ events: [], value: () => value });

  it('shows the facts as they are now', () => {
    const { suspended, key, role } = store.authorizations.settle(QUESTION, (facts) => nothing(facts));
    assert.deepEqual([suspended, key?.type, role?.role, role?.counts], [false, 't', 'owner', true]);
    store.customers.suspend(ALICE, null, ADMIN);
    store.roles.remove(ALICE, HORATIO, ADMIN);
    store.keys.remove(ALICE, KEY, ADMIN, { allowLast: true });
    const after = store.authorizations.settle(QUESTION, (facts) => nothing(facts));
    assert.deepEqual([after.suspended, after.key, after.role], [true, null, null]);
    store.customers.remove(ALICE, ADMIN);
    assert.equal(
      store.authorizations.settle(QUESTION, (facts) => nothing(facts.key)),
      null,
    );
  });

  it('records the events in order and hands their rows to the answer', () => {
    const rows = store.authorizations.settle(QUESTION, () => ({
      events: [intent('op1'), intent('op2')],
      value: (written) => written,
    }));
    assert.deepEqual(
      rows.map(({ event }) => 'operation' in event && event.operation),
      ['op1', 'op2'],
    );
    assert.deepEqual(store.audit.at(rows[1]!.seq), rows[1]);
  });

  it('records nothing when deciding fails', () => {
    const { seq } = store.audit.head();
    assert.throws(
      () =>
        store.authorizations.settle(QUESTION, () => {
          throw new Error('a fault');
        }),
      /a fault/,
    );
    assert.equal(store.audit.head().seq, seq);
  });

  it('counts by customer and by domain, without what the host refused', () => {
    const count = (per: 'customer' | 'domain', since = START, customer = ALICE): number =>
      store.authorizations.settle({ ...QUESTION, customer }, (facts: Facts) =>
        nothing(facts.count({ per, actions: ['start', 'reboot'], since })),
      );
    store.audit.append(intent('op1'));
    store.audit.append(intent('op2', BOB));
    store.audit.append({ ...intent('op3'), kind: 'domain.poweroff.requested' } as AuditEvent);
    assert.equal(count('customer'), 1);
    assert.equal(count('customer', START, BOB), 1);
    assert.equal(count('domain'), 2);
    assert.equal(count('domain', new Date(Date.now() + 60_000)), 0);
    const end = {
      kind: 'operation.ended',
      operation: 'op1',
      domain: HORATIO,
      code: null,
      detail: null,
    } as const;
    store.audit.append({ ...end, outcome: 'refused' });
    assert.equal(count('customer'), 0, 'what the host refused cost nothing');
    store.audit.append({ ...end, operation: 'op2', outcome: 'failed' });
    assert.equal(count('domain'), 1, 'what failed was tried');
  });

  it('counts by source, of which an IPv6 /64 is one, whoever asks and up to a time', () => {
    const count = (source: string | null, until?: Date): number =>
      store.authorizations.look({ ...QUESTION, customer: BOB, source }).count({
        per: 'source',
        actions: ['start'],
        since: START,
        ...(until === undefined ? {} : { until }),
      });
    const from = (operation: string, source: string): AuditEvent => ({
      ...(intent(operation) as Extract<AuditEvent, { kind: 'domain.start.requested' }>),
      actor: { ...customerActor(ALICE, KEY), source },
    });
    for (const [index, source] of ['192.0.2.7', '192.0.2.8', '2001:db8::1', '2001:db8::ffff:2'].entries())
      store.audit.append(from(`op${index}`, source));
    assert.equal(count('192.0.2.7'), 1);
    assert.equal(count('::ffff:192.0.2.7'), 1);
    assert.equal(count('2001:db8:0:0:9::9'), 2, 'one subscriber has all of it');
    assert.equal(count('2001:db8:0:1::1'), 0);
    assert.equal(count(null), 0, 'nobody knows from where');
    assert.equal(count('192.0.2.7', START), 0);
    assert.ok(store.audit.verify().ok);
  });

  it('never lets two processes at once both pass a limit of one', async () => {
    const child = new URL('../support/settle-once.js', import.meta.url).pathname;
    const racers = [0, 1].map(() =>
      spawn(process.execPath, [child, temporary.file], { stdio: ['pipe', 'pipe', 'inherit'] }),
    );
    const outputs = racers.map((racer) => {
      const chunks: string[] = [];
      racer.stdout.on('data', (data: Buffer) => chunks.push(data.toString()));
      return chunks;
    });
    const exits = racers.map((racer) => once(racer, 'close'));
    await Promise.all(racers.map((racer) => once(racer.stdout, 'data')));
    for (const racer of racers) racer.stdin.end('go\n');
    await Promise.all(exits);
    const answers = outputs.map((chunks) =>
      chunks
        .join('')
        .split('\n')
        .filter((line) => line.startsWith('round ')),
    );
    for (const lines of answers)
      assert.equal(lines.length, 50, 'each of the racers took part in every round');
    for (let round = 0; round < 50; round += 1) {
      const allowed = answers.filter((lines) => lines[round] === `round ${round} allowed`).length;
      assert.equal(allowed, 1, `round ${round}: ${answers.map((lines) => lines[round]).join(' and ')}`);
    }
    assert.deepEqual(store.audit.verify().findings, []);
  });
});
