import assert from 'node:assert/strict';
import { FRAME_BYTES, FRAME_HEADER_BYTES, FRAME_LIMIT } from '../../server/wire/console.js';
import { bytesFrame, FrameError, FrameReader, noteFrame } from '../../server/wire/frames.js';
import type { Frame } from '../../server/wire/frames.js';

const text = (frames: readonly Frame[]): readonly string[] =>
  frames.map(({ kind, body }) => `${kind === FRAME_BYTES ? '' : 'note '}${body.toString()}`);

/** The stream as a whole, in what order its bytes and notes came. */
function flat(frames: readonly string[]): string {
  return frames.map((each) => (each.startsWith('note ') ? `<${each}>` : each)).join('');
}

const STREAM = Buffer.concat([
  bytesFrame(Buffer.from('one ')),
  bytesFrame(Buffer.from('two ')),
  bytesFrame(Buffer.alloc(0)),
  noteFrame({ note: 'moved' }),
  bytesFrame(Buffer.from('three ')),
  noteFrame({ note: 'ping' }),
  noteFrame({ note: 'pong' }),
  bytesFrame(Buffer.from('four ')),
  bytesFrame(Buffer.from('five')),
]);
const WHOLE = 'one two <note {"note":"moved"}>three <note {"note":"ping"}><note {"note":"pong"}>four five';

/** @returns how many bytes of buffers the work makes */
function bufferBytes(work: () => void): number {
  const ways = ['alloc', 'allocUnsafe', 'concat', 'from'] as const;
  const before = ways.map((way) => [way, Buffer[way]] as const);
  let bytes = 0;
  for (const [way, make] of before)
    Object.assign(Buffer, {
      [way]: (...given: readonly never[]): Buffer => {
        const made = (make as (...more: readonly never[]) => Buffer)(...given);
        bytes += made.length;
        return made;
      },
    });
  try {
    work();
  } finally {
    Object.assign(Buffer, Object.fromEntries(before));
  }
  return bytes;
}

describe('frames of a console', () => {
  it('neighbours are joined, and a note stays in its place', () => {
    assert.deepEqual(text(new FrameReader({ joins: true }).push(Buffer.from(STREAM))), [
      'one two ',
      'note {"note":"moved"}',
      'three ',
      'note {"note":"ping"}',
      'note {"note":"pong"}',
      'four five',
    ]);
  });

  for (const joins of [false, true])
    it(`${joins ? 'joined' : 'whole'}: no byte is lost or moved, wherever the stream is cut`, () => {
      for (let size = 1; size <= STREAM.length; size += 1) {
        const reader = new FrameReader({ joins });
        const seen: string[] = [];
        const memory = Buffer.alloc(size);
        for (let at = 0; at < STREAM.length; at += size) {
          const length = STREAM.copy(memory, 0, at, at + size);
          seen.push(...text(reader.push(memory.subarray(0, length))));
          memory.fill(0xff);
        }
        assert.equal(flat(seen), WHOLE, `in pieces of ${size}`);
      }
    });

  it('joined: a flood costs one piece for each chunk', () => {
    const frame = bytesFrame(Buffer.alloc(32 * 1024, 'x'));
    const flood = Buffer.concat(Array.from({ length: 8 }, () => frame));
    const reader = new FrameReader({ joins: true });
    const pieces: number[] = [];
    for (let at = 0; at < flood.length; at += 50_000)
      pieces.push(...reader.push(flood.subarray(at, at + 50_000)).map(({ body }) => body.length));
    assert.equal(pieces.length, 6);
    assert.equal(
      pieces.reduce((sum, each) => sum + each, 0),
      8 * 32 * 1024,
    );
  });

  for (const joins of [false, true])
    it(`${joins ? 'joined' : 'whole'}: a frame in many pieces takes memory as its length, not as the square of it`, () => {
      const frames = [Buffer.alloc(FRAME_LIMIT, 'x'), Buffer.alloc(FRAME_LIMIT / 2, 'y')];
      const note = noteFrame({ note: 'moved', text: 'z'.repeat(FRAME_LIMIT - 100) });
      const stream = Buffer.concat([...frames.map(bytesFrame), note]);
      const reader = new FrameReader({ joins });
      let bytes = 0;
      const made = bufferBytes(() => {
        for (let at = 0; at < stream.length; at += 100)
          for (const { body } of reader.push(stream.subarray(at, at + 100))) bytes += body.length;
      });
      assert.equal(bytes, stream.length - 3 * FRAME_HEADER_BYTES);
      assert.ok(made <= 4 * stream.length, `${made} bytes for ${stream.length}`);
    });

  for (const joins of [false, true]) {
    it(`${joins ? 'joined' : 'whole'}: a length over the limit and an unknown kind are refused`, () => {
      const long = Buffer.from([FRAME_BYTES, 0, 0, 0, 0]);
      long.writeUInt32BE(FRAME_LIMIT + 1, 1);
      assert.throws(() => new FrameReader({ joins }).push(long), FrameError);
      assert.throws(() => new FrameReader({ joins }).push(Buffer.from([7, 0, 0, 0, 0])), FrameError);
    });
  }
});
