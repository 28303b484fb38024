import { spawn } from 'node:child_process';
import { delimiter, join } from 'node:path';
import { CliError } from '../command/exit-status.js';
import { programPath, requirePrograms } from '../command/programs.js';
import { THIS_PROGRAM } from '../installation/place.js';
import type { ImageSize, Suite } from './manifest.js';

/** The programs that build.sh calls, with the packages of Debian that have them. */
const TOOLS = { mmdebstrap: 'mmdebstrap', mksquashfs: 'squashfs-tools', tar: 'tar' } as const;

/** The variables that apt and mmdebstrap need of ours. */
const KEPT = ['HOME', 'TMPDIR', 'http_proxy', 'https_proxy', 'no_proxy', 'SOURCE_DATE_EPOCH'];

/** What build.sh is asked for. */
export interface BuildRequest {
  /** An empty directory. */
  readonly into: string;
  readonly suite: Suite;
  readonly size: ImageSize;
  readonly id: string;
  readonly mirrors: readonly string[];
}

/** The argv of a build. */
export function builderWords({ into, suite, size, id, mirrors }: BuildRequest): readonly string[] {
  return ['/bin/sh', join(THIS_PROGRAM, 'server/rescue-image/build.sh'), into, suite, size, id, ...mirrors];
}

/**
 * Runs build.sh, which takes minutes; what it says goes to standard error. SIGINT and SIGTERM end it, and then
 * this rejects.
 *
 * @throws CliError when a tool is missing, or it did not build
 */
export async function runBuilder(request: BuildRequest): Promise<void> {
  requirePrograms(TOOLS, 'an image cannot be built');
  const [program = '', ...words] = builderWords(request);
  const kept = KEPT.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]]));
  const child = spawn(program, words, {
    cwd: '/',
    env: {
      LC_ALL: 'C.UTF-8',
      ...Object.fromEntries(kept),
      PATH: programPath().join(delimiter),
    } as NodeJS.ProcessEnv,
    // What it prints is progress: standard output stays for the result.
    stdio: ['ignore', 2, 2],
    // A group of its own: a signal must reach mmdebstrap, which then unmounts and removes what it made.
    detached: true,
  });
  const end = (signal: NodeJS.Signals): void => {
    if (child.pid !== undefined && child.exitCode === null && child.signalCode === null)
      process.kill(-child.pid, signal);
  };
  process.on('SIGINT', end).on('SIGTERM', end);
  try {
    const how = await new Promise<string | null>((resolve, reject) => {
      child.on('error', reject).on('close', (status, signal) => {
        resolve(status === 0 ? null : (signal ?? `exit status ${status ?? 0}`));
      });
    });
    if (how !== null) {
      throw new CliError(
        `the image was not built (${how}); the lines above say why, and the image of before is as it was`,
      );
    }
  } finally {
    process.off('SIGINT', end).off('SIGTERM', end);
  }
}
