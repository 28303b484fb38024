import { spawn } from 'node:child_process';
import { delimiter } from 'node:path';
import { reason } from '../../wire/reason.js';
import { printable } from '../../../policy/printable.js';
import { CliError } from '../command/exit-status.js';
import { findProgram, programPath, requirePrograms } from '../command/programs.js';

/** The programs that unpack, with the packages of Debian that have them. */
const PACKAGES = {
  xz: 'xz-utils',
  gzip: 'gzip',
  zstd: 'zstd',
  tar: 'tar',
  'qemu-img': 'qemu-utils',
} as const;

export type Tool = keyof typeof PACKAGES;

/** Characters of its complaint that are shown. */
const MOST_SAID = 400;

/**
 * Runs a program, and gives its standard output. It ends with the signal, or when nobody takes its output.
 *
 * @param input the descriptor that becomes its standard input; null: it has none
 * @throws CliError when it is not there, or fails
 */
export async function* toolOutput(
  tool: Tool,
  args: readonly string[],
  input: number | null,
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  requirePrograms({ [tool]: PACKAGES[tool] }, 'this image cannot be unpacked');
  signal.throwIfAborted();
  const child = spawn(findProgram(tool) ?? tool, args, {
    cwd: '/',
    env: { LC_ALL: 'C', PATH: programPath().join(delimiter) },
    stdio: [input ?? 'ignore', 'pipe', 'pipe'],
  });
  const ended = new Promise<string | null>((resolve) => {
    child
      .once('error', (error) => {
        resolve(reason(error));
      })
      .once('close', (status, by) => {
        resolve(status === 0 ? null : (by ?? `exit status ${status ?? 0}`));
      });
  });
  const kill = (): void => void child.kill('SIGKILL');
  signal.addEventListener('abort', kill);
  const { stdout, stderr } = child;
  if (stdout === null || stderr === null) throw new Error('a pipe is always there');
  let said = '';
  stderr.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(0, MOST_SAID)));
  try {
    for await (const piece of stdout) yield piece as Buffer;
    const how = await ended;
    signal.throwIfAborted();
    if (how !== null)
      throw new CliError(`the image cannot be unpacked: ${tool} failed (${how}): ${printable(said.trim())}`);
  } finally {
    kill();
    await ended;
    signal.removeEventListener('abort', kill);
  }
}
