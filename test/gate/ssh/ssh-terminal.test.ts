import assert from 'node:assert/strict';
import { mock } from 'node:test';
import type { ChannelInput } from '../../../server/gate/ssh/channel-input.js';
import { ChannelOutput } from '../../../server/gate/ssh/channel-output.js';
import { SshTerminal } from '../../../server/gate/ssh/ssh-terminal.js';

const KIB = 1024;

describe('gate/ssh: the last words of a session', () => {
  let output: ChannelOutput;
  let terminal: SshTerminal;
  let ended: number | null;
  let sent: number;

  beforeEach(() => {
    mock.timers.enable({ apis: ['setTimeout', 'setInterval'] });
    ended = null;
    sent = 0;
    const count = (_: number, data: Buffer): void => {
      sent += data.length;
    };
    const sender = { isReady: true, pendingBytes: 0, channelData: count, channelStderr: count };
    const nothing = (): void => undefined;
    output = new ChannelOutput(sender, { id: 0, window: 0, packetSize: 32 * KIB }, nothing, nothing);
    const traits = { hasPty: false, term: '', utf8: null, size: { columns: 80, rows: 24 } };
    const exit = (status: number): void => {
      ended = status;
    };
    terminal = new SshTerminal(
      traits as never,
      { close: nothing } as unknown as ChannelInput,
      output,
      exit,
      (work) => {
        work();
      },
    );
    terminal.write(Buffer.alloc(1000 * KIB));
    terminal.exit(0);
  });
  afterEach(() => {
    mock.timers.reset();
  });

  it('all reach a client that takes them slowly', () => {
    for (let second = 0; second < 40; second += 1) {
      mock.timers.tick(1000);
      assert.equal(ended, null, `after ${second} s`);
      output.credit(25 * KIB);
    }
    assert.deepEqual([ended, sent], [0, 1000 * KIB]);
  });

  it('are given up for a client that takes nothing for five seconds', () => {
    mock.timers.tick(4_999);
    assert.equal(ended, null);
    mock.timers.tick(1);
    assert.deepEqual([ended, sent], [0, 0]);
  });

  it('are given up after a minute, for a client that takes a byte now and then', () => {
    for (let second = 0; second < 59; second += 1) {
      mock.timers.tick(1000);
      output.credit(1);
    }
    assert.equal(ended, null);
    mock.timers.tick(1000);
    assert.equal(ended, 0);
  });
});
