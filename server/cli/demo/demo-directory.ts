import { accessSync, constants, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { stopSimulator } from '../../simulator/install.js';
import { CliError } from '../command/exit-status.js';
import { type DemoLayout, secondHost, SOCKET_PATH_LIMIT } from './demo-layout.js';
import { clearLeftovers } from './demo-pids.js';

/**
 * Prepares the demo's directory: a new one, or that of an earlier start.
 *
 * @param fresh discard the earlier start
 * @throws CliError in one sentence when the directory cannot be used or is in use
 */
export async function prepareDirectory(layout: DemoLayout, fresh: boolean): Promise<void> {
  const { directory } = layout;
  for (const socket of [layout.dom0Socket, secondHost(layout).socket, layout.controlSocket]) {
    if (Buffer.byteLength(socket) > SOCKET_PATH_LIMIT) {
      throw new CliError(
        `${directory} is too long a path for a Unix socket (${SOCKET_PATH_LIMIT} bytes in all); choose a shorter one with --dir`,
      );
    }
  }
  try {
    // Not recursive: below /proc, Node's own recursion never ends.
    if (!existsSync(directory)) mkdirSync(directory, { mode: 0o700 });
    accessSync(directory, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new CliError(
      `${directory} cannot be written (${code ?? 'unknown error'}); choose another directory with --dir`,
    );
  }
  if (!existsSync(layout.marker) && readdirSync(directory).length > 0) {
    throw new CliError(
      `${directory} holds something that is not a demo; choose another directory with --dir`,
    );
  }
  const running = clearLeftovers(layout.pids, directory);
  if (running !== undefined) {
    throw new CliError(
      `a demo already runs in ${directory} (pid ${running}); stop it first, or choose another --dir`,
    );
  }
  await stopSimulator(layout.xen);
  await stopSimulator(secondHost(layout).xen);
  if (fresh) {
    for (const entry of readdirSync(directory))
      rmSync(`${directory}/${entry}`, { recursive: true, force: true });
  }
  writeFileSync(layout.marker, 'A Postern demo; `--fresh` may remove everything in here.\n', { mode: 0o600 });
}
