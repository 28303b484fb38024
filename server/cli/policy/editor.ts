import { spawn } from 'node:child_process';
import { CliError } from '../command/exit-status.js';

/**
 * Runs the admin's editor on a file, and waits for it: $VISUAL, else $EDITOR, else `editor` (Debian's), else
 * vi. The command is split at blanks, as visudo(8) does, and no shell sees it.
 *
 * @throws CliError when the editor cannot be started or fails
 */
export async function runEditor(file: string, environment = process.env): Promise<void> {
  const chosen = [environment['VISUAL'], environment['EDITOR']].find((one) => (one ?? '').trim() !== '');
  const editors = chosen === undefined ? ['editor', 'vi'] : [chosen.trim()];
  // Ctrl-C at the terminal belongs to the editor.
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

/** @returns the editor's exit status or signal; null when there is no such program */
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
        // Also called after an error, with a negative status, but then the promise is already settled.
        resolve(signal ?? code ?? 1);
      });
  });
}
