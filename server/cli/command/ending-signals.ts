/** The signals that end a command, and leave a terminal as it is. */
const ENDING = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const;

/**
 * Runs work that changes the terminal. At a signal that would end the process at once, `end` is called instead. When
 * the work has put the terminal right, the process ends by that signal. Work within work has borrowed the terminal,
 * and hears the signal alone.
 *
 * @param end makes the work finish
 */
export async function withEndingSignals<T>(end: () => void, work: () => Promise<T>): Promise<T> {
  const came: NodeJS.Signals[] = [];
  const hear = (signal: NodeJS.Signals): void => {
    if (process.listeners(signal).at(-1) !== hear) return;
    came.push(signal);
    end();
  };
  for (const signal of ENDING) process.on(signal, hear);
  try {
    return await work();
  } finally {
    for (const signal of ENDING) process.off(signal, hear);
    const [first] = came;
    if (first !== undefined) process.kill(process.pid, first);
  }
}
