import assert from 'node:assert/strict';
import { stat } from 'node:fs/promises';
import { Patience } from '../../server/wire/patience.js';
import { stopThread } from '../support/stop-thread.js';

const MS = 1_000;

describe('the patience of a process with others', () => {
  it('is not over where the process itself was stopped so long: the answer that is there is read first', async () => {
    const answered = stat('/').then(() => 'answered');
    const late = new Promise<string>((resolve) => {
      const patience = new Patience(MS, () => {
        resolve('late');
      });
      void answered.then(() => {
        patience.stop();
      });
    });
    stopThread(MS * 1.5);
    assert.equal(await Promise.race([answered, late]), 'answered');
  });

  it('is over once when nobody answers', async () => {
    let times = 0;
    await new Promise<void>((resolve) => {
      new Patience(20, () => {
        times += 1;
        resolve();
      });
    });
    assert.equal(times, 1);
  });

  it('begins anew with each sign of life, and ends when it is stopped', async () => {
    const over: string[] = [];
    const stopped = new Patience(20, () => over.push('stopped'));
    const restarted = new Patience(20, () => over.push('restarted'));
    const done = new Promise<void>((resolve) => {
      let signs = 0;
      const sign = (): void => {
        restarted.restart();
        signs += 1;
        // As long as both took from their beginning.
        if (signs < 40) setTimeout(sign, 1);
        else
          new Patience(40, () => {
            over.push('later');
            resolve();
          });
      };
      sign();
    });
    stopped.stop();
    stopped.stop();
    stopped.restart();
    await done;
    assert.deepEqual(over, ['restarted', 'later']);
  });
});
