import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Ended } from './postern-command.js';

const RESIDENT = fileURLToPath(new URL('resident-postern.js', import.meta.url));

/** A command whose stdin has nothing. `env` is its whole environment. */
export interface CommandRequest {
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
}

/** These are programs of their own (postern.ts). */
const HALVES: readonly (string | undefined)[] = ['gate', 'gate-worker', 'dom0'];

/** Those that wait for a command. A command that comes while all work has another one start. */
const idle: ChildProcess[] = [];

/**
 * Runs an admin's command in a process that has loaded the program before: a start takes ten times the CPU of the
 * command itself. `resident-command.test.ts` holds the answers to those of processes of their own.
 *
 * @throws when the command ends its process: such a one needs a process of its own
 */
export async function runResident(request: CommandRequest): Promise<Ended> {
  if (HALVES.includes(request.args[0])) throw new Error('a half is a process of its own');
  const resident = idle.pop() ?? startResident();
  hold(resident);
  const ended = await new Promise<Ended>((resolve, reject) => {
    const gone = (status: number | null, signal: string | null): void => {
      reject(new Error(`postern ${request.args.join(' ')} ended its process: ${status ?? String(signal)}`));
    };
    resident.once('exit', gone).once('error', reject);
    resident.once('message', (message) => {
      resident.off('exit', gone).off('error', reject);
      resolve(message as Ended);
    });
    resident.send(request);
  });
  release(resident);
  return ended;
}

function startResident(): ChildProcess {
  const resident = spawn(process.execPath, [RESIDENT], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    cwd: '/',
  });
  resident.once('exit', () => {
    const at = idle.indexOf(resident);
    if (at >= 0) idle.splice(at, 1);
  });
  return resident;
}

/** While it works, the tests wait for it. */
function hold(resident: ChildProcess): void {
  resident.ref();
  resident.channel?.ref();
}

/** It ends when this process does. */
function release(resident: ChildProcess): void {
  resident.unref();
  resident.channel?.unref();
  idle.push(resident);
}
