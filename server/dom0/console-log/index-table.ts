import { isSameBoot } from './log-mark.js';
import type { LoggedBoot, LogMark } from './log-mark.js';

/** Some lines of an index that follow each other. */
export interface IndexBlock {
  /** Where its lines begin in the index file, and how many bytes they are. */
  readonly at: number;
  bytes: number;
  /** The offset, in the log file, that its first mark speaks of. */
  readonly first: number;
  /** Of all its marks, milliseconds since 1970. A clock may go back: these need not be the first and the last. */
  least: number;
  latest: number;
}

/** From an offset of the log file on its bytes are this boot's. */
interface BootStart {
  readonly offset: number;
  readonly boot: LoggedBoot;
}

const BLOCK_BYTES = 16 * 1024;
/** More boots of one file are not told apart: a guest may begin one each second. */
const MOST_BOOTS = 1_000;

/**
 * What is remembered of an index file, so that a question need not read all of it: with a guest that says a byte now and then,
 * it is as large as the log.
 */
export class IndexTable {
  readonly blocks: IndexBlock[] = [];
  readonly boots: BootStart[] = [];
  /** So many bytes of the index file are in it. */
  read = 0;

  /** @param bytes of its line */
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

  /** Bytes of the index file that are no mark. */
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
