import assert from 'node:assert/strict';
import { ChannelOutput, type OutputSender } from '../../../server/gate/ssh/channel-output.js';

/** A connection that is full when the test says so. */
class FakeSender implements OutputSender {
  isReady = true;
  pendingBytes = 0;
  readonly sent: string[] = [];

  channelData(remote: number, data: Buffer): void {
    this.sent.push(`${remote}:${data.toString()}`);
  }

  channelStderr(remote: number, data: Buffer): void {
    this.sent.push(`${remote}!${data.toString()}`);
  }
}

describe('gate/ssh: the outgoing half of a channel', () => {
  let sender: FakeSender;
  let drained: number;
  let unread: number;
  const make = (window: number, packetSize = 1024): ChannelOutput =>
    new ChannelOutput(
      sender,
      { id: 7, window, packetSize },
      () => (drained += 1),
      () => (unread += 1),
    );

  beforeEach(() => {
    sender = new FakeSender();
    drained = 0;
    unread = 0;
  });

  it('cuts to the packet size and stops at the window', () => {
    const output = make(10, 4);
    assert.equal(output.write(Buffer.from('abcdefghijkl')), true);
    assert.deepEqual(sender.sent, ['7:abcd', '7:efgh', '7:ij']);
    assert.equal(output.pendingBytes, 2);
    output.credit(1);
    output.credit(100);
    assert.deepEqual(sender.sent.slice(3), ['7:k', '7:l']);
  });

  it('keeps what it could not send, whatever becomes of the memory that it was given', () => {
    const output = make(4);
    const memory = Buffer.alloc(3);
    for (const piece of ['one', 'two', 'six']) {
      memory.write(piece);
      output.write(memory);
      memory.fill('#');
    }
    output.credit(100);
    assert.equal(sender.sent.map((sent) => sent.slice(2)).join(''), 'onetwosix');
  });

  it('keeps stdout and stderr in order over a closed window, and sends nothing twice', () => {
    const output = make(3);
    output.write(Buffer.from('one '));
    output.write(Buffer.from('two '), true);
    output.write(Buffer.from('three'));
    for (let n = 0; n < 20; n += 1) output.credit(1);
    assert.equal(sender.sent.map((sent) => sent.slice(2)).join(''), 'one two three');
    assert.equal(sender.sent.filter((sent) => sent.startsWith('7!')).length, 4);
  });

  it('waits while the connection is full or exchanges keys, tells the source so, and tells it to go on once', () => {
    const output = make(2 ** 30, 32_768);
    sender.isReady = false;
    assert.equal(output.write(Buffer.alloc(64 * 1024)), true);
    assert.equal(output.write(Buffer.alloc(1)), false);
    assert.equal(output.write(Buffer.alloc(1)), false);
    output.flush();
    assert.deepEqual([sender.sent.length, drained], [0, 0]);
    sender.isReady = true;
    output.flush();
    output.flush();
    assert.deepEqual([output.pendingBytes, drained], [0, 1]);
  });

  it("tells the source to wait for the socket's sake, too", () => {
    const output = make(2 ** 30);
    sender.pendingBytes = 300 * 1024;
    assert.equal(output.write(Buffer.from('x')), false);
    sender.pendingBytes = 0;
    output.flush();
    assert.equal(drained, 1);
  });

  it('gives up on who leaves 4 MiB unread, and keeps none of it', () => {
    const output = make(0);
    for (let n = 0; n < 64; n += 1) output.write(Buffer.alloc(64 * 1024));
    assert.equal(unread, 0);
    output.write(Buffer.from('x'));
    assert.deepEqual([unread, output.pendingBytes], [1, 0]);
    output.write(Buffer.from('x'));
    assert.deepEqual([unread, output.pendingBytes], [1, 0]);
  });

  it('ends once, after what was written, or when it is closed', () => {
    let ends = 0;
    const output = make(3);
    output.write(Buffer.from('last'));
    output.end(() => (ends += 1));
    output.write(Buffer.from('too late'));
    assert.equal(ends, 0);
    output.credit(100);
    output.close();
    assert.equal(ends, 1);
    assert.deepEqual(sender.sent, ['7:las', '7:t']);
    const stuck = make(0);
    stuck.write(Buffer.from('x'));
    stuck.end(() => (ends += 1));
    stuck.close();
    assert.equal(ends, 2);
  });
});
