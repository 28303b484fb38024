import { checkImage, copyImage, ImageChangedError } from '../../server/dom0/images/image-copy.js';
import type { CopyDisk } from '../../server/dom0/images/image-copy.js';
import type { ImageEnd, ImageWork, ImageWriter } from '../../server/dom0/images/image-writer.js';
import { openDisk, openImage } from '../../server/dom0/images/local-copy.js';

/**
 * Does the work of the writer's process in this one, on the same files. Nothing is discarded, because that
 * needs a program.
 */
export class InProcessImageWriter implements ImageWriter {
  /** Called before each write to a disk. It may wait, or throw as the disk does. */
  beforeWrite: (at: number) => Promise<void> = () => Promise.resolve();
  readonly written: string[] = [];

  async run({ job, begin, progress, signal }: ImageWork): Promise<ImageEnd> {
    try {
      const image = await openImage(job.image.file);
      const { sha256 } = job.image;
      try {
        if (job.disk === null) {
          await checkImage(image, image.bytes, sha256, (done) => {
            progress(done, image.bytes);
          });
          return { end: 'done' };
        }
        const { path, bytes: diskBytes } = job.disk;
        const disk = await openDisk(job.disk);
        try {
          await begin();
          this.written.push(path);
          await copyImage({
            image,
            imageBytes: image.bytes,
            sha256,
            disk: this.#guarded(disk, signal),
            diskBytes,
            progress: (done) => {
              progress(done, diskBytes);
            },
            pace: () => Promise.resolve(),
          });
          return { end: 'done' };
        } finally {
          await disk.close();
        }
      } finally {
        await image.close();
      }
    } catch (error) {
      signal.throwIfAborted();
      const why = error instanceof Error ? error.message : String(error);
      return { end: error instanceof ImageChangedError ? 'changed' : 'failed', why };
    }
  }

  /** As a process that is killed: it writes nothing after the signal. */
  #guarded(disk: CopyDisk, signal: AbortSignal): CopyDisk {
    return {
      ...disk,
      discard: () => Promise.resolve(false),
      write: async (bytes, at) => {
        signal.throwIfAborted();
        await Promise.race([this.beforeWrite(at), aborted(signal)]);
        signal.throwIfAborted();
        return disk.write(bytes, at);
      },
    };
  }
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => {
      reject(signal.reason as Error);
    });
  });
}
