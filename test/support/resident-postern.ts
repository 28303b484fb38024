/**
 * A process that has loaded `postern` and runs one admin's command after the other (resident-command.ts). Each command
 * has its own arguments, environment, directory and streams, and ends when nothing of it is left to wait for,
 * as a process does. What a command does to a whole process (a signal, `process.exit`, an uncaught error) ends this one.
 */
import { Readable, Writable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { run } from '../../server/cli/command-program.js';
import { POSTERN } from './postern-command.js';
import type { Ended } from './postern-command.js';
import type { CommandRequest } from './resident-command.js';

const NODE = process.argv[0] ?? process.execPath;

process.on('message', (request: CommandRequest) => {
  void runCommand(request).then((ended) => process.send?.(ended));
});
process.on('disconnect', () => {
  process.exit();
});

async function runCommand(request: CommandRequest): Promise<Ended> {
  const before = process.getActiveResourcesInfo().length;
  const stdout = new Heard();
  const stderr = new Heard();
  prepare(request, { stdin: Readable.from([]), stdout, stderr });
  await run();
  while (process.getActiveResourcesInfo().length > before) await delay(1);
  return { status: Number(process.exitCode ?? 0), stdout: stdout.text(), stderr: stderr.text() };
}

/** Makes the process what a new one for this command would be. */
function prepare({ args, env, cwd }: CommandRequest, streams: object): void {
  for (const [name, value] of Object.entries(streams) as [string, unknown][])
    Object.defineProperty(process, name, { value, configurable: true });
  for (const name of Object.keys(process.env)) Reflect.deleteProperty(process.env, name);
  Object.assign(process.env, env);
  process.chdir(cwd);
  process.argv = [NODE, POSTERN, ...args];
  process.exitCode = undefined;
}

/** Keeps what is written, as a pipe that is read to its end. */
class Heard extends Writable {
  readonly #pieces: Buffer[] = [];

  override _write(piece: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.#pieces.push(piece);
    done();
  }

  text(): string {
    return Buffer.concat(this.#pieces).toString('utf8');
  }
}
