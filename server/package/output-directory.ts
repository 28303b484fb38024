import { spawnSync } from 'node:child_process';
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { constants } from 'node:os';
import { basename, join } from 'node:path';
import { SUMS, sumsText } from './checksums.js';

/** The directory in which a run works: in the one for the files, so that they are renamed in one step. */
const UNFINISHED = '.unfinished-';
/** flock(1)'s exit status when another process has the lock. */
const HELD = 1;
const SIGNALS = ['SIGHUP', 'SIGINT', 'SIGTERM'] as const;

/**
 * Makes files in a directory, and their checksums. A file has its name only when it is whole and on the disk. So a run
 * that is killed, or finds no room, leaves the files of an earlier run as they were. The next run removes what it left.
 *
 * @param make makes the files in a directory of its own, and gives their paths
 * @returns the paths of the files, and of the checksums
 * @throws Error when another run works there, when there is no room, or as `make` does
 */
export async function makeInto(
  into: string,
  make: (work: string) => Promise<readonly string[]>,
): Promise<readonly string[]> {
  mkdirSync(into, { recursive: true });
  // The lock ends with this process. Programs that it starts do not inherit it.
  const lock = openSync(into, 'r');
  try {
    if (isHeld(lock)) throw new Error(`another run makes packages in ${into}: wait until it has ended`);
    return await makeLocked(into, make);
  } catch (error) {
    throw hadNoRoom(error)
      ? new Error(`there is too little room in ${into}: make room and try again`)
      : error;
  } finally {
    closeSync(lock);
  }
}

async function makeLocked(
  into: string,
  make: (work: string) => Promise<readonly string[]>,
): Promise<readonly string[]> {
  const stop = (signal: NodeJS.Signals): void => {
    removeUnfinished(into);
    process.exit(128 + constants.signals[signal]);
  };
  for (const signal of SIGNALS) process.once(signal, stop);
  try {
    removeUnfinished(into);
    const work = mkdtempSync(join(into, UNFINISHED));
    return putInto(into, await make(work), work);
  } finally {
    removeUnfinished(into);
    for (const signal of SIGNALS) process.off(signal, stop);
  }
}

/** The checksums come last. As long as they do not agree with the files, a run has not ended. */
function putInto(into: string, made: readonly string[], work: string): readonly string[] {
  const sums = join(work, SUMS);
  writeFileSync(sums, sumsText(into, made));
  for (const file of [...made, sums]) sync(file);
  const places = [...made, sums].map((file) => {
    const place = join(into, basename(file));
    renameSync(file, place);
    return place;
  });
  sync(into);
  return places;
}

/** A program of a run that was killed may write on for a moment. */
function removeUnfinished(into: string): void {
  for (const name of readdirSync(into).filter((one) => one.startsWith(UNFINISHED)))
    rmSync(join(into, name), { recursive: true, force: true, maxRetries: 5 });
}

/** Node has no flock(2). flock(1) locks the descriptor that it inherits, and the lock stays with ours. */
function isHeld(lock: number): boolean {
  return (
    spawnSync('flock', ['--nonblock', '3'], { stdio: ['ignore', 'ignore', 'ignore', lock] }).status === HELD
  );
}

function sync(path: string): void {
  const file = openSync(path, 'r');
  fsyncSync(file);
  closeSync(file);
}

/** Said by Node.js, or by a program that it ran. */
function hadNoRoom(error: unknown): boolean {
  return error instanceof Error && /\bENOSPC\b|no space left on device/i.test(error.message);
}
