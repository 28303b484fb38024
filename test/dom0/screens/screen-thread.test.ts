import assert from 'node:assert/strict';
import type { ScreenJob } from '../../../server/dom0/screens/screen-job.js';
import { ScreenThread } from '../../../server/dom0/screens/screen-thread.js';
import { FaultGuard } from '../../../server/wire/fault-guard.js';
import { silentLogger } from '../../support/silent-logger.js';

const JOB: ScreenJob = {
  emulator: 1,
  fresh: null,
  bytes: Buffer.alloc(0),
  from: 0,
  gap: false,
  marks: false,
  question: null,
  close: false,
};

/** A worker that does this for each job, and then answers. */
function program(work: string): URL {
  const text = `
import { parentPort } from 'node:worker_threads';
const report = (answer) => {
  const { user, system } = process.threadCpuUsage();
  parentPort.postMessage({ answer, spentMs: (user + system) / 1000 });
};
parentPort.on('message', async () => {
  ${work}
  report({ answer: null, ms: 0 });
});
report(null);
`;
  return new URL(`data:text/javascript,${encodeURIComponent(text)}`);
}

describe('the thread of the screens', () => {
  let thread: ScreenThread | undefined;

  afterEach(() => thread?.stop());

  /** How one job of such a worker ends. */
  async function ended(work: string, jobMs: number): Promise<string> {
    return new Promise((resolve) => {
      let isSent = false;
      thread = new ScreenThread({
        guard: new FaultGuard(silentLogger),
        jobMs,
        restartMs: 60_000,
        answered: () => {
          resolve('answered');
        },
        ready: () => {
          if (!isSent) thread?.send(JOB);
          isSent = true;
        },
        lost: resolve,
        program: program(work),
      });
      thread.start();
    });
  }

  it('is not lost when a busy host lets it wait', async () => {
    assert.equal(await ended('await new Promise((resolve) => setTimeout(resolve, 1_000));', 200), 'answered');
  });

  it('is lost when it works without an end, and when nothing at all comes from it', async () => {
    assert.equal(await ended('for (;;);', 200), 'it did not answer');
    await thread?.stop();
    // It cannot be asked how long it has worked.
    const hangs = 'Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);';
    assert.equal(await ended(hangs, 20), 'it did not answer');
  });

  it('says when it has loaded or has ended, and at once when there is none', async () => {
    const events: string[] = [];
    const made = new ScreenThread({
      guard: new FaultGuard(silentLogger),
      jobMs: 60_000,
      restartMs: 60_000,
      answered: () => undefined,
      ready: () => events.push('ready'),
      lost: (reason) => events.push(reason),
      program: program(''),
    });
    thread = made;
    await made.loaded();
    assert.equal(made.isThere, false);
    made.start();
    await made.loaded();
    assert.equal(made.isUp, true);
    await made.loaded();
    await made.stop();
    assert.deepEqual(events, ['ready']);

    const broken = new URL(`data:text/javascript,${encodeURIComponent("throw new Error('broken');")}`);
    const lost = new ScreenThread({
      guard: new FaultGuard(silentLogger),
      jobMs: 60_000,
      restartMs: 60_000,
      answered: () => undefined,
      ready: () => undefined,
      lost: (reason) => events.push(reason),
      program: broken,
    });
    thread = lost;
    lost.start();
    await lost.loaded();
    assert.equal(lost.isUp, false);
    assert.deepEqual(events, ['ready', 'broken']);
  });

  it('counts what each job takes, and not what those before it took', async () => {
    // Twenty jobs of 50 ms.
    const work =
      'const end = process.threadCpuUsage().user + 50_000; while (process.threadCpuUsage().user < end);';
    let answers = 0;
    const lost = await new Promise<string | null>((resolve) => {
      thread = new ScreenThread({
        guard: new FaultGuard(silentLogger),
        jobMs: 400,
        restartMs: 60_000,
        answered: () => {
          answers += 1;
        },
        ready: () => {
          if (answers === 20) resolve(null);
          else thread?.send(JOB);
        },
        lost: resolve,
        program: program(work),
      });
      thread.start();
    });
    assert.equal(lost, null);
  });
});
