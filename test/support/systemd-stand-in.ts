import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { once } from 'node:events';
import type { OwnMachine } from './own-machine.js';

/** The `systemctl` of the machine: it sends its arguments to the stand-in, and prints the answer. */
const CLIENT = `const said = [];
const s = require('net').connect('/run/systemd/stand-in.sock', () => s.end(JSON.stringify(process.argv.slice(2))));
s.on('data', (data) => said.push(data)).on('end', () => {
  const { status, stderr } = JSON.parse(Buffer.concat(said));
  process.stderr.write(stderr);
  process.exitCode = status;
}).on('error', (error) => { console.error(String(error)); process.exitCode = 1; });
`;

/** Exit statuses of systemctl(1) for a failure and for a missing unit. */
const FAILED = 1;
const NO_UNIT = 5;

interface Answer {
  readonly status: number;
  readonly stderr: string;
}

/** A unit file, as far as the stand-in follows it. */
export class UnitFile {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  /** The words of `ExecStart=`. */
  get execStart(): readonly string[] {
    return this.setting('ExecStart')?.split(' ') ?? [];
  }

  setting(name: string): string | undefined {
    return new RegExp(`^${name}=(.*)$`, 'm').exec(this.#text)?.[1];
  }
}

/** Runs units. A start of a running unit or a stop of a stopped one is allowed. */
export interface UnitRunner {
  start(unit: string, file: UnitFile): Promise<void>;
  stop(unit: string): Promise<void>;
}

/**
 * systemd on a machine of a test's own, where it cannot be the first process. `systemctl` supports enable
 * --now, start, stop, restart and daemon-reload for units in /etc/systemd/system, and refuses everything
 * else.
 */
export class SystemdStandIn {
  readonly #machine: OwnMachine;
  readonly #runner: UnitRunner;
  readonly #server: Server;

  /** Use `start`. */
  constructor(machine: OwnMachine, runner: UnitRunner) {
    this.#machine = machine;
    this.#runner = runner;
    this.#server = createServer({ allowHalfOpen: true }, (socket) => void this.#serve(socket));
  }

  static async start(machine: OwnMachine, runner: UnitRunner): Promise<SystemdStandIn> {
    const systemd = new SystemdStandIn(machine, runner);
    writeFileSync(machine.path('usr/local/bin/systemctl.cjs'), CLIENT);
    machine.program('systemctl', `exec '${process.execPath}' /usr/local/bin/systemctl.cjs "$@"`);
    systemd.#server.listen(machine.path('run/systemd/stand-in.sock'));
    await once(systemd.#server, 'listening');
    return systemd;
  }

  async stop(): Promise<void> {
    this.#server.close();
    await once(this.#server, 'close');
  }

  async #serve(socket: Socket): Promise<void> {
    socket.on('error', () => undefined);
    let said = '';
    for await (const data of socket.setEncoding('utf8') as AsyncIterable<string>) said += data;
    const answer = await this.#answer(JSON.parse(said) as readonly string[]);
    socket.end(JSON.stringify(answer));
  }

  async #answer(args: readonly string[]): Promise<Answer> {
    if (args.join(' ') === 'daemon-reload') return { status: 0, stderr: '' };
    const [verb, names] =
      args[0] === 'enable' ? [args.slice(0, 2).join(' '), args.slice(2)] : [args[0], args.slice(1)];
    if (!['enable --now', 'start', 'stop', 'restart'].includes(verb ?? '') || names.length === 0)
      return { status: FAILED, stderr: `systemctl: "${args.join(' ')}" is not stood in for\n` };
    for (const name of names) {
      const unit = name.endsWith('.service') ? name : `${name}.service`;
      const file = this.#unit(unit);
      if (file === undefined)
        return { status: NO_UNIT, stderr: `Failed to ${args[0] ?? ''} ${unit}: Unit ${unit} not found.\n` };
      try {
        if (verb === 'stop' || verb === 'restart') await this.#runner.stop(unit);
        if (verb !== 'stop') await this.#runner.start(unit, file);
      } catch (error) {
        return { status: FAILED, stderr: `Job for ${unit} failed: ${String(error)}\n` };
      }
    }
    return { status: 0, stderr: '' };
  }

  #unit(unit: string): UnitFile | undefined {
    try {
      return new UnitFile(readFileSync(this.#machine.path(`etc/systemd/system/${unit}`), 'utf8'));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      return undefined;
    }
  }
}
