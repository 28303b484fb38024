import assert from 'node:assert/strict';
import type { KeyRule } from '../../../policy/policy.js';
import { ExpiryWatch } from '../../../server/gate/notices/expiry-watch.js';
import { KeyRules } from '../../../server/gate/keys/key-rules.js';
import { ALLOW_ALL } from '../../support/gate-inside.js';
import { silentLogger } from '../../support/silent-logger.js';
import {
  ADMIN,
  customerName,
  domainName,
  fingerprint,
  TemporaryStore,
} from '../../support/temporary-store.js';

const ALICE = customerName('alice');
const HORATIO = domainName('horatio');
const DAY = 86_400_000;

describe('gate: what expires soon', () => {
  let now = 0;
  const clock = (): Date => new Date(now);
  let temporary: TemporaryStore;
  let keyRules: readonly KeyRule[];

  beforeEach(() => {
    now = Date.parse('2026-11-30T12:00:00Z');
    temporary = new TemporaryStore({ clock });
    keyRules = [];
    temporary.store.customers.add(ALICE, ADMIN);
  });
  afterEach(() => {
    temporary.remove();
  });

  /** A look of a gate that has just started. */
  async function look(isOver?: () => boolean): Promise<void> {
    const { store } = temporary;
    const policy = () => ({ ...ALLOW_ALL, keyRules });
    const rules = new KeyRules({
      settings: { perCustomer: 9, rsaMinimumBits: 2048 },
      policy,
      holders: store.holders,
    });
    await new ExpiryWatch({
      keys: store.keys,
      roles: store.roles,
      customers: store.customers,
      withExpiry: (key) => rules.withExpiry(key),
      policy,
      tell: (event) => {
        store.notices.expiring(event);
      },
      clock,
      log: silentLogger,
    }).look(isOver);
  }
  const told = (): unknown[] =>
    temporary.store.audit.tail({ limit: 1_000 }).flatMap(({ event }) => {
      if (event.kind === 'key.expiring') return [[event.fingerprint.at(-1), event.expiresAt, event.days]];
      return event.kind === 'role.expiring' ? [[event.domain, event.expiresAt, event.days]] : [];
    });
  function key(letter: string, days: number | null): void {
    const { keys } = temporary.store;
    const added = { customer: ALICE, fingerprint: fingerprint(letter), type: 'ssh-ed25519', comment: '' };
    keys.add({ ...added, blob: Buffer.from(letter) }, ADMIN, 9);
    if (days !== null)
      keys.setExpiry(ALICE, fingerprint(letter), new Date(now + days * DAY).toISOString(), ADMIN);
  }

  it('is a key two weeks and three days before its end, each once, over every restart', async () => {
    key('A', 20);
    key('B', null);
    key('C', 2);
    await look();
    const c = ['C', '2026-12-02T12:00:00.000Z', 3];
    assert.deepEqual(told(), [c]);
    now += 6 * DAY + 1;
    await look();
    await look();
    const a = ['A', '2026-12-20T12:00:00.000Z'];
    assert.deepEqual(told(), [c, [...a, 14]]);
    now += 11 * DAY;
    await look();
    await look();
    assert.deepEqual(told(), [c, [...a, 14], [...a, 3]]);
  });

  it('is a key that got more time again, at its new time', async () => {
    key('A', 10);
    await look();
    temporary.store.keys.setExpiry(ALICE, fingerprint('A'), '2026-12-12T00:00:00.000Z', ADMIN);
    await look();
    assert.deepEqual(told(), [
      ['A', '2026-12-10T12:00:00.000Z', 14],
      ['A', '2026-12-12T00:00:00.000Z', 14],
    ]);
  });

  it('is a key that the policy lets last no longer', async () => {
    key('A', null);
    keyRules = [
      {
        subjects: { customers: [], groups: [], roles: [] },
        types: [],
        rsaBits: null,
        count: null,
        maxAgeSeconds: 90 * 86_400,
        verified: false,
        place: { file: 'p.yaml', line: 1, column: 1 },
      },
    ];
    now += 80 * DAY;
    await look();
    assert.deepEqual(told(), [['A', '2027-02-28T12:00:00.000Z', 14]]);
  });

  it('is recorded a few at a time, and the rest is left to the next gate when this one stops', async () => {
    const { roles } = temporary.store;
    const names = Array.from({ length: 40 }, (_, at) => `d${at}`);
    for (const name of names)
      roles.add(ALICE, domainName(name), 'owner', ADMIN, new Date(now + 5 * DAY).toISOString());
    const sizes: number[] = [];
    let isLooking = true;
    const watch = (): void => {
      sizes.push(told().length);
      if (isLooking) setImmediate(watch);
    };
    watch();
    await look(() => told().length >= 20);
    isLooking = false;
    assert.ok(
      sizes.every((size, at) => at === 0 || size - (sizes[at - 1] ?? 0) <= 4),
      sizes.join(),
    );
    assert.equal(told().length, 20);
    await look();
    assert.equal(told().length, 40);
  });

  it('is a role that ends by itself, and none that ended', async () => {
    const { roles } = temporary.store;
    roles.add(ALICE, HORATIO, 'operator', ADMIN, new Date(now + 5 * DAY).toISOString());
    roles.add(ALICE, domainName('ophelia'), 'owner', ADMIN);
    await look();
    await look();
    const end = '2026-12-05T12:00:00.000Z';
    assert.deepEqual(told(), [['horatio', end, 14]]);
    now += 5 * DAY;
    await look();
    assert.deepEqual(told(), [['horatio', end, 14]]);
  });
});
