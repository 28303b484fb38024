import { parentPort } from 'node:worker_threads';
import type { ScreenJob } from './screen-job.js';
import { ScreenKeeper } from './screen-keeper.js';

/*
 * The thread in which the kept screens live. It does one job at a time, each answered before the next is sent: what a guest can
 * do to an emulator, it does to this thread only, and the owner of the job that never ended is known.
 */
const keeper = new ScreenKeeper();

parentPort?.on('message', (job: ScreenJob) => {
  void keeper.work(job).then((answer) => parentPort?.postMessage(answer));
});

// Ready: what comes before this is loading, and no job's fault.
parentPort?.postMessage(null);
