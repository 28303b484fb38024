import assert from 'node:assert/strict';
import { ScreenKeeper } from '../../../server/dom0/screens/screen-keeper.js';
import type { ScreenJob } from '../../../server/dom0/screens/screen-job.js';

describe('the work of the screens', () => {
  it('is not dearer on a busy host, or an honest screen would have to rest', async () => {
    const job: ScreenJob = {
      emulator: 1,
      fresh: { size: { cols: 80, rows: 24 }, after: null },
      bytes: Buffer.from('login: '),
      from: 0,
      gap: false,
      marks: false,
      question: { ask: 'picture', view: null },
      close: true,
    };
    // Their first use takes as long as much work.
    await new ScreenKeeper().work(job);
    const working = new ScreenKeeper().work(job);
    // The emulator takes its bytes later. Until then this thread does not run, for longer than a replay may take.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_500);
    const { answer, ms } = await working;
    assert.ok(answer instanceof Uint8Array);
    assert.ok(ms < 500, `${ms}`);
  });
});
