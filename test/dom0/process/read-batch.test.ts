import assert from 'node:assert/strict';
import { ReadBatch } from '../../../server/dom0/process/read-batch.js';
import { eventually } from '../../support/eventually.js';

const LARGE = 4 * 1024;

describe('reads of a flood', () => {
  let time: number;
  let taken: Buffer[];
  let batch: ReadBatch;
  let sent: Buffer[];
  /** Bytes. */
  let sentLength: number;
  /** What every read comes in, as from the kernel. */
  const memory = Buffer.alloc(64 * 1024);

  function read(length: number): void {
    const bytes = memory.subarray(0, length);
    for (let at = 0; at < length; at += 1) bytes[at] = (sentLength + at) % 251;
    sent.push(Buffer.from(bytes));
    sentLength += length;
    batch.push(bytes);
    memory.fill(0xff);
  }

  beforeEach(() => {
    time = 0;
    taken = [];
    sent = [];
    sentLength = 0;
    batch = new ReadBatch(
      (bytes) => taken.push(Buffer.from(bytes)),
      () => time,
    );
  });
  afterEach(() => {
    batch.end();
  });

  it('a key’s echo is passed on at once, however fast they come', () => {
    for (let at = 1; at <= 50; at += 1) {
      read(at);
      assert.equal(taken.length, at);
    }
    assert.deepEqual(Buffer.concat(taken), Buffer.concat(sent));
  });

  it('large reads that are apart are passed on at once', () => {
    for (let at = 1; at <= 5; at += 1) {
      read(LARGE);
      time += 5;
      assert.equal(taken.length, at);
    }
  });

  it('a flood is passed on in pieces of up to 32 KiB, whole and in order', () => {
    for (let at = 0; at < 800; at += 1) read(LARGE);
    batch.end();
    assert.deepEqual(Buffer.concat(taken), Buffer.concat(sent));
    assert.ok(taken.length <= 102, `${taken.length} pieces`);
    assert.ok(taken.every(({ length }) => length <= 32 * 1024));
  });

  it('a small read ends the wait of all before it', () => {
    read(LARGE);
    read(LARGE);
    assert.equal(taken.length, 1);
    read(10);
    assert.deepEqual(Buffer.concat(taken), Buffer.concat(sent));
    assert.equal(taken.length, 2);
  });

  it('what waits is passed on when nothing follows', async () => {
    read(LARGE);
    read(LARGE);
    await eventually('the rest', () => taken.length === 2, { everyMs: 1 });
    assert.deepEqual(Buffer.concat(taken), Buffer.concat(sent));
  });

  it('nothing is passed on while it is held, and all of it later', async () => {
    read(LARGE);
    read(LARGE);
    batch.hold();
    let others = 0;
    const other = new ReadBatch(
      () => (others += 1),
      () => 0,
    );
    other.push(memory.subarray(0, LARGE));
    other.push(memory.subarray(0, LARGE));
    await eventually('one that waits since later', () => others === 2, { everyMs: 1 });
    assert.equal(taken.length, 1);
    batch.release();
    await eventually('the rest', () => taken.length === 2, { everyMs: 1 });
    assert.deepEqual(Buffer.concat(taken), Buffer.concat(sent));
  });

  it('the end passes on what waits, also while it is held', () => {
    read(LARGE);
    read(LARGE);
    batch.hold();
    batch.end();
    assert.deepEqual(Buffer.concat(taken), Buffer.concat(sent));
    read(LARGE);
    assert.deepEqual(Buffer.concat(taken), Buffer.concat(sent), 'later reads do not wait');
  });
});
