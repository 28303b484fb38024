import { writeSync } from 'node:fs';
import { setPriority } from 'node:os';
import { createInterface } from 'node:readline';
import { checkImage, copyImage, ImageChangedError } from './image-copy.js';
import { GO } from './image-job.js';
import type { ImageJob, ImageReport } from './image-job.js';
import { openDisk, openImage } from './local-copy.js';
import { Pace } from './pace.js';

/*
 * The program that reads and writes images, in a process of its own with the lowest priority. It ends with
 * the process that started it: a half that dies leaves nobody who writes to a disk.
 */

/** The descriptor that takes the reports. Standard output is a file that shows the next half who runs. */
const REPORTS = 3;
const LOWEST = 19;
const REPORT_EVERY_MS = 500;

function tell(report: ImageReport): void {
  writeSync(REPORTS, `${JSON.stringify(report)}\n`);
}

function end(report: ImageReport): never {
  tell(report);
  process.exit(report.report === 'done' ? 0 : 1);
}

/** Reports at a pace of its own. @param total bytes */
function progressTo(total: number): (done: number) => void {
  let last = 0;
  return (done) => {
    const now = performance.now();
    if (now - last < REPORT_EVERY_MS && done < total) return;
    last = now;
    tell({ report: 'progress', done, total });
  };
}

async function work(job: ImageJob, go: Promise<void>): Promise<void> {
  const image = await openImage(job.image.file);
  const { sha256 } = job.image;
  if (job.disk === null) {
    await checkImage(image, image.bytes, sha256, progressTo(image.bytes));
    return;
  }
  if (image.bytes > job.disk.bytes) throw new ImageChangedError('the image has become larger than the disk');
  const disk = await openDisk(job.disk);
  tell({ report: 'ready' });
  await go;
  const pace = new Pace(job.mibPerSecond);
  await copyImage({
    image,
    imageBytes: image.bytes,
    sha256,
    disk,
    diskBytes: job.disk.bytes,
    progress: progressTo(job.disk.bytes),
    pace: (bytes) => pace.spent(bytes),
  });
  await disk.close();
}

setPriority(LOWEST);
const lines = createInterface({ input: process.stdin });
let release: () => void = () => undefined;
const released = new Promise<void>((resolve) => (release = resolve));
let job: ImageJob | null = null;
lines.on('line', (line) => {
  if (job !== null) {
    if (line === GO.trim()) release();
    return;
  }
  job = JSON.parse(line) as ImageJob;
  work(job, released).then(
    () => end({ report: 'done' }),
    (error: unknown) =>
      end({
        report: error instanceof ImageChangedError ? 'changed' : 'failed',
        why: error instanceof Error ? error.message : String(error),
      }),
  );
});
lines.on('close', () => process.exit(2));
