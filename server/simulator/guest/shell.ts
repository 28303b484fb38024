import { posix } from 'node:path';

import type { Command, Job, Result, Surroundings } from './command.js';
import { isJob } from './command.js';
import type { Pipeline, SimpleCommand } from './command-line.js';
import { CommandLineFault, parseCommandLine } from './command-line.js';
import { FileFault } from './file-system.js';
import type { Tty } from './tty.js';

interface ShellOptions {
  readonly around: Surroundings;
  readonly commands: ReadonlyMap<string, Command>;
  readonly tty: Tty;
  readonly prompt: () => string;
  /** How many bytes a flooding command may write now. */
  readonly room: () => number;
  readonly idle: (idle: boolean) => void;
  /** Called after Ctrl-D or `exit`. */
  readonly ended: () => void;
}

/** A small interactive shell. */
export class Shell {
  readonly #options: ShellOptions;
  #status = 0;
  #pending: Pipeline[] = [];
  #cancelJob: (() => void) | undefined;

  constructor(options: ShellOptions) {
    this.#options = options;
  }

  /** Shows the prompt and reads a line. */
  ask(): void {
    this.#options.idle(true);
    this.#options.tty.ask(this.#options.prompt(), this, { history: true });
  }

  /** Ends silently: the machine is going down. */
  dispose(): void {
    this.#cancelJob?.();
    this.#pending = [];
  }

  line(text: string): void {
    try {
      this.#pending = parseCommandLine(text, (name) => this.#variable(name));
    } catch (fault) {
      if (!(fault instanceof CommandLineFault)) throw fault;
      this.#status = 2;
      this.#pending = [];
      this.#options.tty.print(`sh: ${fault.message}\n`);
    }
    this.#continue();
  }

  interrupt(): void {
    this.#cancelJob?.();
    this.#cancelJob = undefined;
    this.#pending = [];
    this.#status = 130;
    this.ask();
  }

  endOfFile(): void {
    this.#options.tty.print('\n');
    this.#options.ended();
  }

  #continue(): void {
    for (let pipeline = this.#pending.shift(); pipeline; pipeline = this.#pending.shift()) {
      const skip = { always: false, success: this.#status !== 0, failure: this.#status === 0 }[pipeline.when];
      if (skip) continue;
      const outcome = this.#run(pipeline);
      if (outcome === 'waits') return;
    }
    this.ask();
  }

  #run(pipeline: Pipeline): 'done' | 'waits' {
    const { tty } = this.#options;
    let stdin = '';
    for (const [index, command] of pipeline.commands.entries()) {
      const last = index === pipeline.commands.length - 1;
      const outcome = this.#call(command, stdin);
      if (isJob(outcome)) {
        if (pipeline.commands.length > 1 || command.output) {
          tty.print(`sh: ${command.words[0] ?? ''}: only to the console, please\n`);
          this.#status = 1;
          return 'done';
        }
        this.#startJob(outcome);
        return 'waits';
      }
      this.#status = outcome.status ?? 0;
      tty.print(outcome.err ?? '');
      stdin = outcome.out ?? '';
      if (command.output) {
        tty.print(this.#redirect(command.output, stdin));
        stdin = '';
      } else if (last) tty.print(stdin);
      if (outcome.exits === true) {
        this.#pending = [];
        this.#options.ended();
        return 'waits';
      }
      if (outcome.goesDown === true) return 'waits';
    }
    return 'done';
  }

  #call({ words }: SimpleCommand, stdin: string): Result | Job {
    const [name = '', ...args] = words;
    const command = this.#options.commands.get(posix.basename(name));
    if (!command) return { err: `sh: ${name}: not found\n`, status: 127 };
    try {
      return command({ args, stdin, around: this.#options.around });
    } catch (fault) {
      if (!(fault instanceof FileFault)) throw fault;
      return { err: `${name}: ${fault.message}\n`, status: 1 };
    }
  }

  /** @returns the complaint, or an empty text. */
  #redirect(output: NonNullable<SimpleCommand['output']>, text: string): string {
    const { files, cwd } = this.#options.around;
    try {
      files.write(posix.resolve(cwd, output.path), text, output.append);
      return '';
    } catch (fault) {
      if (!(fault instanceof FileFault)) throw fault;
      this.#status = 1;
      return `sh: can't create ${output.path}: ${fault.message}\n`;
    }
  }

  #startJob(job: Job): void {
    const { tty, room, idle, around } = this.#options;
    idle(false);
    tty.hold(this);
    const step = (): void => {
      const budget = room();
      if (budget > 0) {
        const piece = job.next(budget);
        if (piece === undefined) {
          this.#cancelJob = undefined;
          this.#continue();
          return;
        }
        tty.print(piece);
      }
      this.#cancelJob =
        job.every === undefined ? around.clock.soon(step) : around.clock.after(job.every, step);
    };
    step();
  }

  #variable(name: string): string {
    const { around } = this.#options;
    if (name === '?') return String(this.#status);
    const values: Record<string, string> = {
      HOME: '/root',
      HOSTNAME: around.name,
      PWD: around.cwd,
      TERM: 'vt220',
      USER: 'root',
    };
    return values[name] ?? '';
  }
}
