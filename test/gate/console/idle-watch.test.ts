import assert from 'node:assert/strict';
import { MessageChannel } from 'node:worker_threads';
import { IdleWatch } from '../../../server/gate/console/idle-watch.js';
import { eventually } from '../../support/eventually.js';
import { stopThread } from '../../support/stop-thread.js';

describe('IdleWatch', () => {
  let heard: string[];
  let limit: number | null;
  let watch: IdleWatch;
  /** Done at the first warning, before any other timer: on a busy machine they come together. */
  let answer: () => void;

  beforeEach(() => {
    heard = [];
    limit = null;
    answer = () => undefined;
    watch = new IdleWatch(() => limit, {
      warn: (seconds) => {
        heard.push(`warn ${seconds}`);
        if (heard.length === 1) queueMicrotask(answer);
      },
      back: () => void heard.push('back'),
      over: () => void heard.push('over'),
    });
  });
  afterEach(() => {
    watch.dispose();
  });

  const hears = (...wanted: readonly string[]): Promise<unknown> =>
    eventually(wanted.join(', '), () => heard.join() === wanted.join(), { everyMs: 5 });

  it('warns before the end, takes it back for a key, and ends it once', async () => {
    limit = 0.2;
    answer = () => {
      watch.touch();
    };
    watch.review();
    await hears('warn 1', 'back', 'warn 1', 'over');
    watch.touch();
    watch.review();
    assert.equal(heard.length, 4);
  });

  it('takes the key that was typed while the machine stood still', async () => {
    limit = 0.2;
    watch.review();
    const { port1, port2 } = new MessageChannel();
    const read = new Promise<void>((resolve) => {
      port2.once('message', () => {
        watch.touch();
        resolve();
      });
    });
    await hears('warn 1');
    port1.postMessage('a key');
    stopThread(250);
    await read;
    assert.deepEqual(heard, ['warn 1', 'back']);
    port1.close();
  });

  it('warns also of a limit that is over by the time that it is set', async () => {
    const begin = performance.now();
    await eventually('some time', () => performance.now() - begin > 250);
    limit = 0.2;
    watch.review();
    assert.deepEqual(heard, ['warn 1']);
    const warned = performance.now();
    await hears('warn 1', 'over');
    assert.ok(performance.now() - warned > 80, 'half of a short limit is left to them');
  });

  it('asks for the limit again at each look, and without one waits for ever', async () => {
    limit = 0.1;
    answer = () => {
      limit = null;
      watch.review();
    };
    watch.review();
    await hears('warn 1');
    const other: string[] = [];
    const clock = new IdleWatch(() => 0.2, { warn: () => 0, back: () => 0, over: () => other.push('over') });
    await eventually('another to be over', () => other.length === 1);
    clock.dispose();
    assert.deepEqual(heard, ['warn 1']);
  });

  it('warns and ends in slices, and a key before its slice counts', async () => {
    const waiting: (() => boolean)[] = [];
    const said: string[] = [];
    let seconds = 0.02;
    const sliced = new IdleWatch(
      () => seconds,
      { warn: () => said.push('warn'), back: () => said.push('back'), over: () => said.push('over') },
      {
        runInTime: (step) => {
          waiting.push(step);
          return Promise.resolve();
        },
      },
    );
    await eventually('the time of the warning', () => waiting.length === 1);
    assert.deepEqual(said, []);
    assert.equal(waiting.shift()?.(), false);
    assert.deepEqual(said, ['warn']);
    await eventually('the end', () => waiting.length === 1);
    seconds = 600;
    sliced.touch();
    waiting.shift()?.();
    assert.deepEqual(said, ['warn', 'back']);
    sliced.dispose();
  });
});
