import { spawn } from 'node:child_process';
import { CliError } from './exit-status.js';

/**
 * Runs the admin's editor on a file, and waits for it: $VISUAL or $EDITOR, else vi. Its words are split at blanks, as
 * visudo(8) does, and no shell sees them.
 *
 * @throws CliError when it cannot be started or does not end well
 */
export async function runEditor(file: string, environment = process.env): Promise<void> {
  const chosen = [environment['VISUAL'], environment['EDITOR']].find((one) => (one ?? '').trim() !== '');
  const [command = 'vi', ...args] = (chosen ?? 'vi').trim().split(/\s+/);
  // Ctrl-C at the terminal is the editor's.
  const ignore = (): void => undefined;
  process.on('SIGINT', ignore);
  try {
    const ended = await new Promise<number | NodeJS.Signals | null>((resolve, reject) => {
      spawn(command, [...args, file], { stdio: 'inherit', env: environment })
        .once('error', reject)
        .once('close', (code, signal) => {
          resolve(signal ?? code);
        });
    });
    if (ended !== 0) throw new CliError(`the editor ${command} ended with ${ended ?? 'nothing'}`);
  } catch (error) {
    if (error instanceof CliError) throw error;
    throw new CliError(`the editor ${command} cannot be started: ${(error as Error).message}`);
  } finally {
    process.off('SIGINT', ignore);
  }
}
