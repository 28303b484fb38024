import assert from 'node:assert/strict';
import { mock } from 'node:test';
import { ScreenFeed } from '../../../server/dom0/screens/screen-feed.js';
import type { Picture } from '../../../server/dom0/screens/screen-feed.js';

const FULL = 300 * 1024;
const flushed = (): Promise<void> => new Promise(setImmediate);

describe('ScreenFeed', () => {
  afterEach(() => {
    mock.timers.reset();
  });

  it('sends a picture that was asked for, also where one that is only better comes first', async () => {
    mock.timers.enable({ apis: ['setTimeout'] });
    let sent = '';
    let answer: (picture: Picture) => void = () => undefined;
    const socket = {
      writableLength: 0,
      write: (bytes: Uint8Array): boolean => {
        sent += Buffer.from(bytes).toString('latin1');
        return true;
      },
    };
    const feed = new ScreenFeed({
      socket,
      note: () => undefined,
      paint: () => new Promise((resolve) => (answer = resolve)),
      betters: true,
      guarded: (_, work) => work,
    });
    feed.repaint();
    // The window has another size now.
    feed.repaint();
    // The other end takes nothing for a while, and then a little: not so much that it is told.
    const write = socket.write;
    socket.write = (bytes) => {
      socket.writableLength = FULL;
      return write(bytes);
    };
    answer({ nearest: Buffer.from('old size;') });
    await flushed();
    socket.writableLength = FULL / 2;
    mock.timers.tick(2_000);
    answer({ nearest: Buffer.from('new size;') });
    await flushed();
    feed.stop();
    assert.match(sent, /old size;.*new size;/s);
  });

  for (const [whom, betters, pictures] of [
    ['a screen', true, 2],
    ['a file', false, 1],
  ] as const)
    it(`sends a better picture later to ${whom} ${pictures - 1} times`, async () => {
      mock.timers.enable({ apis: ['setTimeout'] });
      let made = 0;
      let sent = '';
      const feed = new ScreenFeed({
        socket: {
          writableLength: 0,
          write: (bytes: Uint8Array): boolean => {
            sent += Buffer.from(bytes).toString('latin1');
            return true;
          },
        },
        note: () => undefined,
        paint: () => {
          made += 1;
          return Promise.resolve(made === 1 ? { nearest: Buffer.from('nearest;') } : Buffer.from('exact;'));
        },
        betters,
        guarded: (_, work) => work,
      });
      feed.repaint();
      await flushed();
      feed.output(Buffer.from('login: '), Buffer.from('login: '));
      mock.timers.tick(60_000);
      await flushed();
      feed.output(Buffer.from('root'), Buffer.from('root'));
      feed.stop();
      assert.equal(made, pictures);
      assert.match(sent, betters ? /nearest;.*login: .*exact;.*root/s : /nearest;.*login: root$/s);
    });

  it('needs no memory of its caller, except for a frame that the socket has not taken', async () => {
    const sent: string[] = [];
    const socket = {
      writableLength: 0,
      write: (bytes: Uint8Array): boolean => {
        sent.push(Buffer.from(bytes).toString('latin1'));
        return true;
      },
    };
    const feed = new ScreenFeed({
      socket,
      note: () => undefined,
      paint: () => Promise.resolve(Buffer.from('picture;')),
      betters: false,
      guarded: (_, work) => work,
    });
    const memory = Buffer.alloc(5);
    const output = (text: string): boolean => {
      memory.write(text);
      const isFree = feed.output(memory, memory);
      memory.fill('#');
      return isFree;
    };
    feed.repaint();
    assert.ok(output('wait;'), 'it waits for the picture as a copy');
    await flushed();
    assert.ok(output('live;'));
    socket.write = (bytes) => {
      socket.writableLength = bytes.length;
      return true;
    };
    assert.equal(output('late;'), false);
    feed.stop();
    assert.match(sent.join(''), /picture;.*wait;live;$/s);
  });
});
