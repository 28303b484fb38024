import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readdir, readlink } from 'node:fs/promises';

const STTY = ['/usr/bin/stty', '/bin/stty'].find((file) => existsSync(file));
const STTY_TIMEOUT_MS = 1_000;

/**
 * Whether a console's client is attached. It prints nothing to say so. But xenconsole takes the lock, opens
 * the domain's side, and then makes its own terminal raw; only after that it carries bytes
 * (tools/console/client/main.c, `init_term`). Any client that passes keys on unchanged must do the same.
 */
export async function isAttached(pid: number, tty: string): Promise<boolean> {
  return STTY === undefined ? await holdsSecondTerminal(pid, tty) : await isRaw(STTY, tty);
}

function isRaw(stty: string, tty: string): Promise<boolean> {
  return new Promise((resolve) => {
    const options = { env: { LC_ALL: 'C' }, cwd: '/', timeout: STTY_TIMEOUT_MS };
    execFile(stty, ['-F', tty, '-a'], options, (error, stdout) => {
      resolve(error === null && /(^|\s)-icanon\b/.test(stdout));
    });
  });
}

/** Without stty(1): whether the client has another terminal open, the domain's side, beside its own. */
async function holdsSecondTerminal(pid: number, tty: string): Promise<boolean> {
  try {
    const folder = `/proc/${pid}/fd`;
    const links = await Promise.all((await readdir(folder)).map((fd) => readlink(`${folder}/${fd}`)));
    return links.some((link) => /^\/dev\/pts\/\d+$/.test(link) && link !== tty);
  } catch {
    return false;
  }
}
