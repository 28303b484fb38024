import { isSameBoot } from './log-mark.js';
import type { LoggedBoot, LogMark } from './log-mark.js';

/** Some consecutive lines of an index. */
export interface IndexBlock {
  /** Where its lines begin in the index file, and their length in bytes. */
  readonly at: number;
  bytes: number;
  /** The offset in the log file that its first mark belongs to. */
  readonly first: number;
  /**
   * The earliest and latest time of its marks, milliseconds since the epoch. A clock may go back, so these
   * need not be the first and last mark.
   */
  least: number;
  latest: number;
}

/** From this offset of the log file on, the bytes are this boot's. */
interface BootStart {
  readonly offset: number;
  readonly boot: LoggedBoot;
}

const BLOCK_BYTES = 16 * 1024;
/** Only this many boots of one file are told apart: a guest may begin one each second. */
const MOST_BOOTS = 1_000;

/**
 * A summary of an index file, so that a query need not read all of it: with a guest that prints a byte now
 * and then, the index is as large as the log.
 */
export class IndexTable {
  readonly blocks: IndexBlock[] = [];
  readonly boots: BootStart[] = [];
  /** How many bytes of the index file it covers. */
  read = 0;

  /** @param bytes the length of the mark's line */
  add(mark: LogMark, bytes: number): void {
    const { at, offset } = mark;
    const last = this.blocks.at(-1);
    if (last !== undefined && last.at + last.bytes === this.read && last.bytes < BLOCK_BYTES) {
      last.bytes += bytes;
      last.least = Math.min(last.least, at);
      last.latest = Math.max(last.latest, at);
    } else {
      this.blocks.push({ at: this.read, bytes, first: offset, least: at, latest: at });
    }
    this.read += bytes;
    if (mark.mark === 'boot') this.#boot(offset, mark.boot);
  }

  /** Skips bytes of the index file that are no mark. */
  skip(bytes: number): void {
    this.read += bytes;
  }

  #boot(offset: number, boot: LoggedBoot): void {
    const last = this.boots.at(-1);
    if (last !== undefined && isSameBoot(last.boot, boot)) {
      this.boots[this.boots.length - 1] = { offset: last.offset, boot };
      return;
    }
    this.boots.push({ offset, boot });
    if (this.boots.length > MOST_BOOTS) this.boots.shift();
  }
}
