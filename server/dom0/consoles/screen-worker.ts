import { parentPort } from 'node:worker_threads';
import { ScreenEmulator } from './screen-emulator.js';
import { FIRST_SIZE } from './screen-job.js';
import type { ScreenAnswer, ScreenJob } from './screen-job.js';

/*
 * The thread in which the kept screens live. It does one job at a time, each answered before the next is sent: what a guest can
 * do to an emulator, it does to this thread only, and the owner of the job that never ended is known.
 */
const emulators = new Map<number, ScreenEmulator>();

function emulatorOf(job: ScreenJob): ScreenEmulator {
  const old = emulators.get(job.screen);
  if (old !== undefined && job.fresh === null) return old;
  old?.dispose();
  const emulator = new ScreenEmulator(job.fresh ?? FIRST_SIZE);
  emulators.set(job.screen, emulator);
  return emulator;
}

async function work(job: ScreenJob): Promise<ScreenAnswer> {
  const begun = performance.now();
  const emulator = emulatorOf(job);
  for (const step of job.steps) {
    if (step instanceof Uint8Array) await emulator.write(step);
    else emulator.resize(step);
  }
  const answer = job.question === null ? null : emulator.answer(job.question);
  if (job.close) {
    emulator.dispose();
    emulators.delete(job.screen);
  }
  return { answer, ms: performance.now() - begun };
}

parentPort?.on('message', (job: ScreenJob) => {
  void work(job).then((answer) => parentPort?.postMessage(answer));
});

// Ready: what comes before this is loading, and no job's fault.
parentPort?.postMessage(null);
