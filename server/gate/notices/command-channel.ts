import type { NoticeMessage } from '../../store/notice-messages.js';
import { messageJson, MOST_PER_HOUR } from './notice-channel.js';
import type { NoticeChannel } from './notice-channel.js';
import { runProgram } from './limited-program.js';

/** Runs a command of an admin for each message, which it reads as JSON. */
export class CommandChannel implements NoticeChannel {
  readonly name: string;
  readonly type = 'command';
  readonly most = 100;
  readonly perHour = MOST_PER_HOUR;
  readonly #site: string;
  readonly #command: readonly [file: string, ...args: string[]];

  constructor(name: string, site: string, command: readonly [file: string, ...args: string[]]) {
    this.name = name;
    this.#site = site;
    this.#command = command;
  }

  deliver(message: NoticeMessage, signal: AbortSignal): Promise<string | null> {
    const [file, ...args] = this.#command;
    return runProgram({ file, args, input: `${messageJson(this.#site, message)}\n`, signal });
  }
}
