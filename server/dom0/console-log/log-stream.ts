import type { LogFollowers } from './log-followers.js';
import { gap } from './log-mark.js';
import type { LogSegments } from './log-segments.js';

const READ_BYTES = 64 * 1024;

/** The log that a stream reads. */
export interface StreamedLog {
  readonly segments: Pick<LogSegments, 'end' | 'read' | 'nextAfter'>;
  readonly followers: Pick<LogFollowers, 'follow'>;
  /** By then the files may belong to the next domain of this name. */
  readonly isClosed: () => boolean;
}

/**
 * The raw bytes of a log between two positions, with a note at each gap.
 *
 * @param to null: follows the log until it is closed
 * @param signal aborted when the reader leaves
 * @throws a disk error
 */
export async function* logStream(
  { segments, followers, isClosed }: StreamedLog,
  from: number,
  to: number | null,
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  let at = from;
  const follower = to === null ? followers.follow(signal) : null;
  const isOver = (): boolean => signal.aborted || isClosed();
  try {
    while (!isOver()) {
      const end = to ?? segments.end;
      if (at < end) {
        const bytes = await segments.read(at, Math.min(READ_BYTES, end - at));
        if (isOver()) return;
        if (bytes === null) {
          const next = Math.min(end, segments.nextAfter(at));
          yield gap(next - at);
          at = next;
        } else {
          at += bytes.length;
          yield bytes;
        }
      } else if (follower === null) {
        return;
      } else {
        await follower.until(() => segments.end > at || isClosed());
      }
    }
  } finally {
    follower?.stop();
  }
}

/** One piece, or none when it is empty. */
export async function* once(bytes: Buffer): AsyncGenerator<Buffer> {
  if (bytes.length > 0) yield await Promise.resolve(bytes);
}
