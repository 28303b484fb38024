import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { runResident } from './resident-command.js';

export const POSTERN = fileURLToPath(new URL('../../server/postern.js', import.meta.url));

/** The result of a command. */
export interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

interface CommandOptions {
  readonly input?: string;
  readonly env?: NodeJS.ProcessEnv;
}

/**
 * Runs an admin's command, with only PATH from this process's environment. Those without input share a process that
 * has loaded the program. A half, or a command that ends its process or lends its terminal, needs
 * {@link posternProcess}.
 */
export async function postern(args: readonly string[], options: CommandOptions = {}): Promise<Ended> {
  const { input = '', env = {} } = options;
  if (input !== '') return posternProcess(args, options);
  return runResident({ args, env: environment(env), cwd: '/' });
}

/** Runs `postern` in its own process, with only PATH from this process's environment. */
export async function posternProcess(
  args: readonly string[],
  { input = '', env = {} }: CommandOptions = {},
): Promise<Ended> {
  const child = startPostern(args, env);
  let stdout = '';
  let stderr = '';
  child.stdout?.setEncoding('utf8').on('data', (data: string) => (stdout += data));
  child.stderr?.setEncoding('utf8').on('data', (data: string) => (stderr += data));
  child.stdin?.on('error', () => undefined);
  child.stdin?.end(input);
  const [status] = (await once(child, 'close')) as [number | null];
  return { status, stdout, stderr };
}

export function startPostern(args: readonly string[], env: NodeJS.ProcessEnv = {}): ChildProcess {
  return spawn(process.execPath, [POSTERN, ...args], {
    cwd: '/',
    env: environment(env),
    stdio: ['pipe', 'pipe', 'pipe'],
  });
}

function environment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return { PATH: process.env['PATH'], SUDO_USER: 'ada', ...env };
}
