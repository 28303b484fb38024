import assert from 'node:assert/strict';
import Sqlite from 'better-sqlite3';
import { isRefusal } from '../../policy/refusal.js';
import { ADMIN, customerName, fingerprint, TemporaryStore } from '../support/temporary-store.js';

const ALICE = customerName('alice');
const BOB = customerName('bob');
const SHARED = fingerprint('a');
const OTHER = fingerprint('b');

describe('store: signature counters of security keys', () => {
  let temporary: TemporaryStore;
  let keys: TemporaryStore['store']['keys'];

  const add = (customer: typeof ALICE, print: typeof SHARED): void => {
    const type = 'sk-ssh-ed25519@openssh.com';
    const key = { customer, fingerprint: print, type, blob: Buffer.from(print), comment: '' };
    assert.ok(!isRefusal(keys.add(key, ADMIN, 9)));
  };

  beforeEach(() => {
    temporary = new TemporaryStore();
    ({ keys } = temporary.store);
    for (const customer of [ALICE, BOB]) temporary.store.customers.add(customer, ADMIN);
    add(ALICE, SHARED);
    add(BOB, SHARED);
    add(ALICE, OTHER);
  });
  afterEach(() => {
    temporary.remove();
  });

  it('only go up, and a refused one changes nothing', () => {
    for (const [counter, last] of [
      [7, null],
      [7, 7],
      [6, 7],
      [0, 7],
      [8, null],
      [0xffffffff, null],
      [0xffffffff, 0xffffffff],
      [1, 0xffffffff],
    ] as const)
      assert.equal(temporary.store.keyUse.advanceCounter(ALICE, SHARED, counter), last, `${counter}`);
  });

  it('stay at 0 for a key that does not count, until it does', () => {
    for (const [counter, last] of [
      [0, null],
      [0, null],
      [1, null],
      [0, 1],
    ] as const)
      assert.equal(temporary.store.keyUse.advanceCounter(ALICE, SHARED, counter), last);
  });

  it('are one for a key of two customers, and another for each other key', () => {
    assert.equal(temporary.store.keyUse.advanceCounter(ALICE, SHARED, 5), null);
    assert.equal(temporary.store.keyUse.advanceCounter(BOB, SHARED, 5), 5);
    assert.equal(temporary.store.keyUse.advanceCounter(BOB, SHARED, 6), null);
    assert.equal(temporary.store.keyUse.advanceCounter(ALICE, SHARED, 6), 6);
    assert.equal(temporary.store.keyUse.advanceCounter(ALICE, OTHER, 1), null);
  });

  it('stay with the key when its customer gets another name, and begin anew when the key is added again', () => {
    assert.equal(temporary.store.keyUse.advanceCounter(ALICE, OTHER, 9), null);
    const carol = customerName('carol');
    assert.ok(!isRefusal(temporary.store.customers.rename(ALICE, carol, ADMIN)));
    assert.equal(temporary.store.keyUse.advanceCounter(carol, OTHER, 9), 9);
    keys.remove(carol, OTHER, ADMIN, { allowLast: true });
    add(carol, OTHER);
    assert.equal(temporary.store.keyUse.advanceCounter(carol, OTHER, 1), null);
  });

  it('lock nobody out when nothing can be written, and still catch what went back', () => {
    assert.equal(temporary.store.keyUse.advanceCounter(ALICE, SHARED, 5), null);
    const another = new Sqlite(temporary.file);
    try {
      another.exec('BEGIN IMMEDIATE');
      assert.equal(temporary.store.keyUse.advanceCounter(ALICE, SHARED, 6), null);
      assert.equal(temporary.store.keyUse.advanceCounter(ALICE, SHARED, 5), 5);
    } finally {
      another.close();
    }
    assert.equal(temporary.store.keyUse.advanceCounter(ALICE, SHARED, 6), null, 'it was not noted');
    assert.equal(temporary.store.keyUse.advanceCounter(ALICE, SHARED, 6), 6);
  });
});
