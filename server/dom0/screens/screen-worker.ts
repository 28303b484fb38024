import { parentPort } from 'node:worker_threads';
import type { ScreenAnswer, ScreenJob, ScreenReport } from './screen-job.js';
import { ScreenKeeper } from './screen-keeper.js';
import { threadMs } from './thread-time.js';

/*
 * The worker thread with the kept screens. It answers each job before the next is sent. So a guest that
 * breaks an emulator breaks only this thread, and we know whose job did not end.
 */
const keeper = new ScreenKeeper();

function report(answer: ScreenAnswer | null): void {
  const said: ScreenReport = { answer, spentMs: threadMs() };
  parentPort?.postMessage(said);
}

parentPort?.on('message', (job: ScreenJob) => {
  void keeper.work(job).then(report);
});

// Ready: a failure before this is a failed load, and no job's fault.
report(null);
