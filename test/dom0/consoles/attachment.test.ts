import assert from 'node:assert/strict';
import { duplexPair } from 'node:stream';
import { FaultGuard } from '../../../server/wire/fault-guard.js';
import { Attachment } from '../../../server/dom0/consoles/attachment.js';
import type { ScreenSize } from '../../../server/dom0/screens/screen-job.js';
import { FRAME_BYTES, FRAME_LIMIT, INITIAL_CREDIT } from '../../../server/wire/console.js';
import { bytesFrame, noteFrame } from '../../../server/wire/frames.js';
import { eventually } from '../../support/eventually.js';
import { Random } from '../../support/random.js';
import { ConsolePeer } from './console-peer.js';

const soon = { everyMs: 1 };
const ticks = async (): Promise<void> => {
  for (let i = 0; i < 10; i++) await new Promise(setImmediate);
};

/**
 * A console that paints a test's text when the test says so, and has as much room for input as the test says.
 */
class Host {
  picture = 'PICTURE;';
  paints = 0;
  typed = '';
  room = Infinity;
  left = 0;
  readonly asked: string[] = [];
  readonly sinces: (number | null)[] = [];
  hold: Promise<void> | null = null;

  input(_: Attachment, bytes: Buffer): Buffer | null {
    const taken = Math.min(this.room, bytes.length);
    this.room -= taken;
    this.typed += bytes.toString('latin1', 0, taken);
    return taken < bytes.length ? bytes.subarray(taken) : null;
  }

  async paint(since: number | null): Promise<Buffer> {
    this.sinces.push(since);
    this.paints += 1;
    const picture = Buffer.from(this.picture);
    await this.hold;
    return picture;
  }

  readonly takeoverFault = (): never => {
    throw new Error('a fault of ours');
  };
  readonly takeover = (): unknown => this.asked.push('takeover');
  readonly release = (): unknown => this.asked.push('release');
  readonly resized = (by: Attachment): unknown =>
    this.asked.push(`${by.size?.cols ?? 0}x${by.size?.rows ?? 0}`);
  readonly told = (_: Attachment, size: ScreenSize): unknown =>
    this.asked.push(`told ${size.cols}x${size.rows}`);
  readonly leave = (): void => {
    this.left += 1;
  };
}

describe('Attachment', () => {
  let peer: ConsolePeer;
  let host: Host;
  let attachment: Attachment;
  let faults: object[] = [];

  const start = ({ credits = true, pingMs = 60_000, since = null as number | null } = {}): void => {
    const [near, far] = duplexPair();
    host = new Host();
    faults = [];
    attachment = new Attachment({
      id: 1,
      label: 'alice',
      admin: null,
      announced: true,
      asked: 'write',
      size: null,
      hasPty: true,
      fromBoot: false,
      since,
      socket: near,
      pingMs,
      guard: new FaultGuard({ error: (fields) => faults.push(fields) }),
      host: {
        input: (from, bytes) => host.input(from, bytes),
        read: () => Promise.resolve(null),
        paint: (at) => host.paint(at),
        replayBoot: () => null,
        takeover: () => void host.takeover(),
        release: () => void host.release(),
        resized: (by) => void host.resized(by),
        told: (by, size) => void host.told(by, size),
        left: () => {
          host.leave();
        },
      },
    });
    peer = new ConsolePeer(far, credits, true);
  };

  const say = (text: string | Buffer): void => {
    const bytes = Buffer.from(text);
    for (let at = 0; at < bytes.length; at += 4096) {
      const piece = bytes.subarray(at, at + 4096);
      attachment.output(piece, bytesFrame(piece));
    }
  };

  afterEach(() => {
    peer.leave();
    attachment.end('shutting-down');
  });

  it('sends the repaint, then every byte after it, once', async () => {
    start();
    say('before: it is in the picture');
    let painted = (): void => undefined;
    host.hold = new Promise((resolve) => (painted = resolve));
    attachment.repaint();
    say('one ');
    say('two ');
    painted();
    await peer.sees('two');
    say('three');
    await peer.sees('three');
    assert.equal(peer.text, 'PICTURE;one two three');
  });

  it('leaves nothing out when another repaint is asked for while one is made', async () => {
    start();
    let painted = (): void => undefined;
    host.hold = new Promise((resolve) => (painted = resolve));
    attachment.repaint();
    say('the first line ');
    peer.ask({ note: 'repaint' });
    peer.ask({ note: 'repaint' });
    peer.ask({ note: 'ping' });
    await peer.note('pong');
    say('its second ');
    host.hold = null;
    host.picture = 'AGAIN;';
    painted();
    await peer.sees('its second ');
    say('its third ');
    await peer.sees('AGAIN;');
    say('live');
    await peer.sees('live');
    assert.equal(peer.text.replace('AGAIN;', ''), 'PICTURE;the first line its second its third live');
    assert.equal(host.paints, 2);
    assert.ok(!peer.notes.some(({ note }) => note === 'skipped'));
  });

  it('never sends a byte without credit, says what it skipped, and paints the screen anew', async () => {
    start({ credits: false });
    attachment.repaint();
    await peer.sees('PICTURE;');
    // The first piece leaves a whole number of pieces, so no credit is left for a picture in between.
    const first = Buffer.alloc(4096 - 'PICTURE;'.length, 'x');
    const flood = Buffer.alloc(INITIAL_CREDIT + 100_000, 'x');
    say(first);
    say(flood);
    await ticks();
    const got = peer.bytes.length;
    assert.ok(got <= INITIAL_CREDIT && got > INITIAL_CREDIT - 4096, `${got} bytes`);
    assert.equal(host.paints, 1);
    host.picture = 'AGAIN;';
    peer.ask({ note: 'credit', bytes: 50_000 });
    const skipped = await peer.note('skipped');
    assert.equal(skipped.bytes, 'PICTURE;'.length + first.length + flood.length - got);
    await peer.sees('AGAIN;');
    say('live');
    await peer.sees('AGAIN;live');
    assert.equal(peer.overdrawn, 0);
  });

  it('sends no part of a piece for which the credit is too short, but a picture instead', async () => {
    start({ credits: false });
    attachment.repaint();
    await peer.sees('PICTURE;');
    host.picture = 'AGAIN;';
    const flood = Buffer.alloc(INITIAL_CREDIT, 'x');
    say(flood);
    await peer.sees('AGAIN;');
    assert.equal((await peer.note('skipped')).bytes, 4096);
    assert.equal(peer.overdrawn, 0);
  });

  it('says what it skipped no sooner than the other end takes the picture that goes with it', async () => {
    start({ credits: false });
    attachment.repaint();
    await peer.sees('PICTURE;');
    say(Buffer.alloc(INITIAL_CREDIT - 'PICTURE;'.length, 'x'));
    say('skipped');
    peer.ask({ note: 'repaint' });
    peer.ask({ note: 'ping' });
    await peer.note('pong');
    await ticks();
    assert.equal(host.paints, 1, 'it would be out of date by then');
    assert.ok(!peer.notes.some(({ note }) => note === 'skipped'));
    host.picture = 'AGAIN;';
    peer.ask({ note: 'credit', bytes: 1_000 });
    assert.equal((await peer.note('skipped')).bytes, 'skipped'.length);
    await peer.sees('AGAIN;');
    say('live');
    await peer.sees('AGAIN;live');
  });

  it('sends a repaint that is larger than the credit by pieces, and nothing in its midst', async () => {
    start({ credits: false });
    attachment.repaint();
    await peer.sees('PICTURE;');
    say(Buffer.alloc(INITIAL_CREDIT, 'x'));
    host.picture = `<${'p'.repeat(200_000)}>`;
    peer.forget();
    for (let i = 0; i < 300 && !peer.text.includes('>'); i++) {
      peer.ask({ note: 'credit', bytes: 1_000 });
      say('noise');
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    const start_ = peer.text.indexOf('<');
    assert.equal(peer.text.slice(start_, start_ + 200_002), host.picture);
    assert.equal(peer.overdrawn, 0);
  });

  it('keeps no more than its bound for an end that does not read, and shows it the last screen', async () => {
    start();
    attachment.repaint();
    await peer.sees('PICTURE;');
    peer.socket.pause();
    const piece = Buffer.alloc(4096, 'x');
    const frame = bytesFrame(piece);
    const before = process.memoryUsage().arrayBuffers;
    for (let i = 0; i < 8_000; i++) attachment.output(piece, frame);
    assert.ok(peer.socket.readableLength + peer.bytes.length <= INITIAL_CREDIT + 4_096);
    const held = process.memoryUsage().arrayBuffers - before;
    assert.ok(held < 1024 * 1024, `${held} bytes held of 32 MiB`);
    host.picture = 'THE END';
    peer.socket.resume();
    await peer.sees('THE END');
  });

  it('bounds what comes while a repaint is made, and paints again', async () => {
    start();
    let painted = (): void => undefined;
    host.hold = new Promise((resolve) => (painted = resolve));
    attachment.repaint();
    for (let i = 0; i < 64; i++) say(Buffer.alloc(64 * 1024, 'x'));
    host.hold = null;
    host.picture = 'LATER;';
    painted();
    await peer.sees('LATER;');
    assert.ok(peer.bytes.length < 1024 * 1024);
    const skipped = await peer.note('skipped');
    assert.ok(skipped.bytes > 3 * 1024 * 1024);
  });

  it('keeps to its time at every repaint', async () => {
    start({ since: 4711 });
    attachment.repaint();
    await peer.sees('PICTURE;');
    peer.ask({ note: 'repaint' });
    await eventually('the second', () => host.paints === 2, soon);
    assert.deepEqual(host.sinces, [4711, 4711]);
  });

  it('holds the stream back while there is no room for input, and loses and doubles none of it', async () => {
    start();
    host.room = 10;
    const text = Array.from({ length: 50_000 }, (_, i) => String(i)).join(' ');
    for (let at = 0; at < text.length; at += 1_000) peer.type(text.slice(at, at + 1_000));
    await eventually('the first bytes', () => host.typed.length === 10, soon);
    await ticks();
    assert.ok(peer.socket.writableLength > 0, 'the other end feels it');
    while (host.typed.length < text.length) {
      host.room = 7_001;
      attachment.drained();
      await new Promise(setImmediate);
    }
    assert.equal(host.typed, text);
  });

  it('understands requests however they are cut', async () => {
    start();
    const stream = Buffer.concat([
      bytesFrame(Buffer.from('typed')),
      noteFrame({ note: 'resize', cols: 100, rows: 30 }),
      noteFrame({ note: 'resize', cols: 2000, rows: 2 }),
      noteFrame({ note: 'resize', cols: 0, rows: 0 }),
      noteFrame({ note: 'resize', cols: 1, rows: 1 }),
      noteFrame({ note: 'resize', cols: 1, rows: 1 }),
      noteFrame({ note: 'resize', cols: 132, rows: 50, told: true }),
      noteFrame({ note: 'resize', cols: 132, rows: 50, told: true }),
      noteFrame({ note: 'takeover' }),
      noteFrame({ note: 'release' }),
    ]);
    for (const byte of stream) peer.socket.write(Buffer.from([byte]));
    await eventually('the last', () => host.asked.includes('release'), soon);
    assert.equal(host.typed, 'typed');
    const told = ['132x50', 'told 132x50'];
    const asked = ['100x30', '300x2', '2x1', '2x1', ...told, ...told, 'takeover', 'release'];
    assert.deepEqual(host.asked, asked, 'a size that is none changes nothing');
  });

  const nonsense: [string, Buffer][] = [
    ['an unknown kind of frame', Buffer.from([7, 0, 0, 0, 0])],
    [
      'a frame over the limit',
      Buffer.concat([Buffer.from([FRAME_BYTES]), Buffer.from(uint32(FRAME_LIMIT + 1))]),
    ],
    ['a note that is not JSON', Buffer.concat([Buffer.from([1]), Buffer.from(uint32(1)), Buffer.from('{')])],
    ['a note that is no object', noteFrame([])],
    ['an unknown note', noteFrame({ note: 'reboot' })],
    ['negative credit', noteFrame({ note: 'credit', bytes: -1 })],
    ['credit that is no number', noteFrame({ note: 'credit', bytes: '1' })],
    ['a broken size', noteFrame({ note: 'resize', cols: 1.5, rows: 2 })],
  ];
  for (const [what, bytes] of nonsense) {
    it(`ends at ${what}`, async () => {
      start();
      peer.socket.write(bytes);
      assert.equal((await peer.note('ended')).reason, 'protocol');
      assert.equal(host.left, 1);
      await eventually('the end', () => peer.socket.readableEnded || peer.socket.destroyed, soon);
    });
  }

  it('takes an end that misses two pings for lost', async () => {
    start({ pingMs: 50 });
    await eventually('some pings', () => peer.pings > 5, soon);
    assert.equal(host.left, 0, 'it answers');
    peer.answersPings = false;
    await eventually('the loss', () => host.left === 1, soon);
  });

  it('answers a ping', async () => {
    start();
    peer.ask({ note: 'ping' });
    await peer.note('pong');
  });

  it('tells its console once that it is gone', async () => {
    start();
    peer.socket.end();
    await eventually('the leaving', () => host.left === 1, soon);
    attachment.end('domain-gone');
    say('x');
    attachment.repaint();
    attachment.drained();
    assert.equal(host.left, 1);
  });

  for (const [what, frame] of Object.entries({
    input: bytesFrame(Buffer.from('x')),
    'a note': noteFrame({ note: 'takeover' }),
  })) {
    it(`a fault of ours at ${what} ends this attachment, and is logged`, async () => {
      start();
      host.input = host.takeoverFault;
      Object.assign(host, { takeover: host.takeoverFault });
      peer.socket.write(frame);
      await eventually('the leaving', () => host.left === 1, soon);
      assert.equal(faults.length, 1);
    });
  }

  it('any bytes end the stream at most', async () => {
    const any = new Random(7);
    for (let run = 0; run < 200; run += 1) {
      start({ credits: false });
      const kinds = [0, 1, 2, 255];
      const junk = Buffer.from(Array.from({ length: any.below(200) }, () => any.below(256)));
      const framed = Buffer.concat([
        Buffer.from([any.of(kinds)]),
        uint32(any.of([junk.length, 3, 2 ** 31])),
        junk,
      ]);
      peer.socket.write(any.below(2) === 0 ? junk : framed);
      await ticks();
      peer.leave();
      await eventually('the leaving', () => host.left === 1, soon);
      assert.deepEqual(faults, []);
    }
  });
});

function uint32(value: number): Buffer {
  const out = Buffer.alloc(4);
  out.writeUInt32BE(value);
  return out;
}
