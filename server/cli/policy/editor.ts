import { spawn } from 'node:child_process';
import { CliError } from '../command/exit-status.js';

/**
 * Runs the admin's editor on a file, and waits for it: $VISUAL or $EDITOR, else `editor`, which is Debian's, else vi. Its words are
 * split at blanks, as visudo(8) does, and no shell sees them.
 *
 * @throws CliError when it cannot be started or does not end well
 */
export async function runEditor(file: string, environment = process.env): Promise<void> {
  const chosen = [environment['VISUAL'], environment['EDITOR']].find((one) => (one ?? '').trim() !== '');
  const editors = chosen === undefined ? ['editor', 'vi'] : [chosen.trim()];
  // Ctrl-C at the terminal is the editor's.
  const ignore = (): void => undefined;
  process.on('SIGINT', ignore);
  try {
    for (const editor of editors) {
      const ended = await run(editor.split(/\s+/), file, environment);
      if (ended === 0) return;
      if (ended !== null) throw new CliError(`the editor ${editor} ended with ${ended}`);
    }
    if (chosen !== undefined) {
      const [command] = chosen.trim().split(/\s+/);
      throw new CliError(
        `the editor ${command} cannot be started: there is no such program; install it, or name another, as in EDITOR=nano`,
      );
    }
    throw new CliError(
      `no editor was found (${editors.join(', ')}): install one, or name one that there is, as in EDITOR=nano`,
    );
  } finally {
    process.off('SIGINT', ignore);
  }
}

/** @returns the status or signal that it ended with; null when there is no such program */
function run(
  [command = '', ...args]: readonly string[],
  file: string,
  env: NodeJS.ProcessEnv,
): Promise<number | NodeJS.Signals | null> {
  return new Promise((resolve, reject) => {
    spawn(command, [...args, file], { stdio: 'inherit', env })
      .once('error', (error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') resolve(null);
        else reject(new CliError(`the editor ${command} cannot be started: ${error.message}`));
      })
      .once('close', (code, signal) => {
        // After an error it is called too, with a negative status, and comes too late.
        resolve(signal ?? code ?? 1);
      });
  });
}
