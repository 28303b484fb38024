import assert from 'node:assert/strict';
import { bytesFrame, FrameError } from '../../../server/wire/frames.js';
import { OutputFrame } from '../../../server/dom0/consoles/output-frame.js';

describe('the frame around the output of consoles', () => {
  it('is the frame that bytesFrame makes', () => {
    const frame = new OutputFrame(100);
    for (const text of ['', 'one', 'x'.repeat(100), 'two'])
      assert.deepEqual(frame.around(Buffer.from(text)), bytesFrame(Buffer.from(text)));
    assert.throws(() => frame.around(Buffer.alloc(101)), FrameError);
  });

  it('keeps its memory until somebody needs the last one longer', () => {
    const frame = new OutputFrame(100);
    const first = frame.around(Buffer.from('first'));
    const second = frame.around(Buffer.from('second'));
    assert.equal(second.buffer, first.buffer);
    frame.giveAway();
    frame.around(Buffer.from('third'));
    assert.deepEqual(second, bytesFrame(Buffer.from('second')));
  });
});
