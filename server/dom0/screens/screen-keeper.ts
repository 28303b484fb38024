import { REACH_BYTES } from './raw-ring.js';
import { ScreenEmulator } from './screen-emulator.js';
import type { FreshScreen, ScreenAnswer, ScreenJob } from './screen-job.js';
import { ScreenMarks } from './screen-marks.js';
import { threadMs } from './thread-time.js';

/** Ends a sequence that was cut where bytes are missing (ECMA-48, ST). */
const CUT = Buffer.from('\x1b\\');

/** After missing bytes we begin at the first line end or sequence within this many bytes. */
const HEAD = 4 * 1024;

/**
 * Bytes that an emulator gets at once: few at first, more while it takes little time, fewer when it takes much.
 * A replay can only be cancelled between two pieces, and a kilobyte can cost a hundred thousand scrolled lines.
 */
const FIRST_PIECE = 4 * 1024;
const LEAST_PIECE = 256;
const MOST_PIECE = 128 * 1024;
/** These and `PATIENCE_MS` are processor time. */
const LITTLE_MS = 20;
const MUCH_MS = 100;

/** A replay that takes longer is cancelled, because it delays all other screens. */
const PATIENCE_MS = 1_000;

interface Kept {
  readonly emulator: ScreenEmulator;
  readonly marks: ScreenMarks | null;
}

/** The emulators of all consoles, by number. It does one job at a time. */
export class ScreenKeeper {
  readonly #kept = new Map<number, Kept>();

  async work(job: ScreenJob): Promise<ScreenAnswer> {
    const begun = threadMs();
    const kept = job.fresh === null ? this.#kept.get(job.emulator) : await this.#begin(job, job.fresh, begun);
    if (kept === undefined) return { answer: null, ms: threadMs() - begun };
    if (job.fresh === null) {
      const start = job.gap ? afterGap(job.bytes) : 0;
      if (job.gap) await cut(kept, job.from + start);
      await feed(kept, job.bytes, start, job.from, Infinity);
    }
    const answer = job.question === null ? null : kept.emulator.answer(job.question);
    if (job.close) this.#forget(job.emulator);
    return { answer, ms: threadMs() - begun };
  }

  #forget(emulator: number): void {
    this.#kept.get(emulator)?.emulator.dispose();
    this.#kept.delete(emulator);
  }

  /** Makes an emulator and replays the bytes. @returns undefined when that takes too long */
  async #begin(job: ScreenJob, { size, after }: FreshScreen, begun: number): Promise<Kept | undefined> {
    this.#forget(job.emulator);
    const { bytes, from } = job;
    const before = after === null ? undefined : this.#kept.get(after);
    const mark = from === 0 ? null : (before?.marks?.within(from, from + bytes.length) ?? null);
    const emulator = new ScreenEmulator(size);
    const start = mark !== null ? mark.position - from : job.gap ? afterGap(bytes) : 0;
    const kept = { emulator, marks: job.marks ? new ScreenMarks(REACH_BYTES, from + start) : null };
    if (mark !== null && before !== undefined) {
      await emulator.write(await pictureFor(size, mark.picture, before.emulator));
      kept.marks?.add(mark.position, emulator.picture());
    }
    const deadline = job.marks ? Infinity : begun + PATIENCE_MS;
    if (!(await feed(kept, bytes, start, from, deadline))) {
      emulator.dispose();
      return undefined;
    }
    this.#kept.set(job.emulator, kept);
    return kept;
  }
}

/** The bytes before this position are missing. */
async function cut({ emulator, marks }: Kept, position: number): Promise<void> {
  await emulator.write(CUT);
  marks?.add(position, emulator.picture());
}

/** Converts a remembered picture to another size, without reflow. */
async function pictureFor(
  size: ScreenEmulator['size'],
  picture: Uint8Array,
  { size: own }: ScreenEmulator,
): Promise<Uint8Array> {
  if (own.cols === size.cols && own.rows === size.rows) return picture;
  const then = new ScreenEmulator(own);
  await then.write(picture);
  const painted = then.picture(size);
  then.dispose();
  return painted;
}

/** @returns false when it was cancelled at the deadline */
async function feed(
  { emulator, marks }: Kept,
  bytes: Uint8Array,
  start: number,
  from: number,
  deadline: number,
): Promise<boolean> {
  let piece = FIRST_PIECE;
  for (let at = start; at < bytes.length;) {
    const begun = threadMs();
    if (begun > deadline) return false;
    const due = marks?.due(from + at) ?? Infinity;
    const end = Math.min(bytes.length, at + Math.max(1, Math.min(piece, due)));
    await emulator.write(bytes.subarray(at, end));
    at = end;
    if (marks?.due(from + at) === 0) marks.add(from + at, emulator.picture());
    const took = threadMs() - begun;
    if (took < LITTLE_MS) piece = Math.min(MOST_PIECE, piece * 2);
    else if (took > MUCH_MS) piece = Math.max(LEAST_PIECE, Math.floor(piece / 2));
  }
  return true;
}

/**
 * After a gap the bytes may begin in the middle of a sequence. They count from their
 * first line or sequence on.
 */
function afterGap(bytes: Uint8Array): number {
  const head = bytes.subarray(0, HEAD);
  const line = head.indexOf(0x0a) + 1;
  const sequence = head.indexOf(0x1b);
  if (line === 0 || sequence === -1) return Math.max(line, sequence, 0);
  return Math.min(line, sequence);
}
