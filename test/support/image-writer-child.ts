import type { ImageJob } from '../../server/dom0/images/image-job.js';
import { PROCESS_IMAGE_WRITER } from '../../server/dom0/images/image-writer.js';

/* Stands in for a half that is killed while its process writes. Says so as soon as it has begun. */
const [, , job = '', transcript = ''] = process.argv;
await PROCESS_IMAGE_WRITER.run({
  job: JSON.parse(job) as ImageJob,
  transcript,
  begin: () => Promise.resolve(),
  progress: () => {
    process.stdout.write('writing\n');
  },
  signal: new AbortController().signal,
});
