import { parentPort } from 'node:worker_threads';
import type { ScreenJob } from './screen-job.js';
import { ScreenKeeper } from './screen-keeper.js';

/*
 * The worker thread with the kept screens. It answers each job before the next is sent. So a guest that
 * breaks an emulator breaks only this thread, and we know whose job did not end.
 */
const keeper = new ScreenKeeper();

parentPort?.on('message', (job: ScreenJob) => {
  void keeper.work(job).then((answer) => parentPort?.postMessage(answer));
});

// Ready: a failure before this is a failed load, and no job's fault.
parentPort?.postMessage(null);
