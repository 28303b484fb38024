import type { ReadStream, WriteStream } from 'node:tty';
import { CTRL_BRACKET } from '../../../policy/escape-key.js';
import { EscapeFilter } from '../../gate/console/escape-filter.js';
import type { KeyCommand } from '../../gate/console/escape-filter.js';
import { clockTime } from '../../gate/text/clock-time.js';
import { terminalReset } from '../../gate/session/terminal-reset.js';
import { printable } from '../../../policy/printable.js';
import type { ConsoleEnd, ConsoleNote, Presence } from '../../wire/console.js';
import { withEndingSignals } from '../command/ending-signals.js';
import { EXIT } from '../command/exit-status.js';
import type { ConsoleConnection } from './console-connection.js';

/** The admin's terminal. */
export interface AdminTerminal {
  readonly input: Pick<ReadStream, 'on' | 'off' | 'pause' | 'resume'> &
    Partial<Pick<ReadStream, 'setRawMode' | 'isTTY'>>;
  readonly output: Pick<WriteStream, 'write' | 'on' | 'off'> &
    Partial<Pick<WriteStream, 'columns' | 'rows' | 'isTTY'>>;
  /** Takes our own messages, apart from the guest's output. */
  readonly notices: { write(text: string): unknown };
  readonly term: string;
}

const HELP = [
  'Ctrl-] .  leave                Ctrl-] w  who is here',
  'Ctrl-] t  take the keyboard    Ctrl-] Ctrl-]  send Ctrl-] to the guest',
];

const ENDS: Readonly<Record<ConsoleEnd, readonly [sentence: string, status: number]>> = {
  'domain-gone': ['the domain is gone', EXIT.noSuch],
  'shutting-down': ['the dom0 half is stopping', EXIT.hostUnreachable],
  evicted: ['this console was ended by the dom0 half', EXIT.refused],
  protocol: ['this console was ended by the dom0 half: it was not understood', EXIT.failed],
};

/** An admin at a console, until the terminal is restored. */
export class AdminAttachment {
  readonly #terminal: AdminTerminal;
  readonly #connection: ConsoleConnection;
  readonly #passesEscape: boolean;
  readonly #escapes = new EscapeFilter(CTRL_BRACKET);
  readonly #present = new Map<number, Presence>();
  /** Messages that wait for the first picture, which clears the screen. */
  readonly #greeting: string[] = [];
  #me = -1;
  #writing = false;
  #hinted = false;
  #leave: (status: number) => void = () => undefined;

  /**
   * @param passesEscape whether Ctrl-] may go to the guest; on other hosts it would end the console for
   * everybody
   */
  constructor(terminal: AdminTerminal, connection: ConsoleConnection, passesEscape: boolean) {
    this.#terminal = terminal;
    this.#connection = connection;
    this.#passesEscape = passesEscape;
  }

  /** @returns the exit status, once the terminal is restored */
  async run(): Promise<number> {
    return withEndingSignals(
      () => {
        this.#leave(EXIT.failed);
      },
      () => this.#attend(),
    );
  }

  async #attend(): Promise<number> {
    const { input, output, term } = this.#terminal;
    const typed = (data: Buffer): void => {
      for (const command of this.#escapes.push(data)) this.#carryOut(command);
    };
    const resized = (): void => {
      this.#connection.tell({ note: 'resize', cols: output.columns ?? 80, rows: output.rows ?? 24 });
    };
    const left = new Promise<number>((resolve) => (this.#leave = resolve));
    const ended = (): void => {
      this.#leave(EXIT.done);
    };
    input.setRawMode?.(true);
    try {
      this.#connection.listen({
        bytes: (data, taken) => output.write(data, taken),
        note: (note) => {
          this.#handleNote(note);
        },
        closed: (reason) => {
          this.#say(reason);
          this.#leave(EXIT.hostUnreachable);
        },
      });
      input.on('data', typed);
      // Whoever read it before has paused it.
      input.resume();
      input.on('end', ended);
      output.on('resize', resized);
      return await left;
    } finally {
      input.off('data', typed);
      input.off('end', ended);
      output.off('resize', resized);
      this.#connection.close();
      if (output.isTTY === true) output.write(`${terminalReset(term)}\r\n`);
      input.setRawMode?.(false);
      input.pause();
    }
  }

  #carryOut(command: KeyCommand): void {
    switch (command.kind) {
      case 'bytes':
        this.#type(command.bytes);
        return;
      case 'escape-itself':
        if (this.#passesEscape) this.#type(Buffer.from([CTRL_BRACKET.byte]));
        else this.#say("Ctrl-] cannot be sent: this host's console would end for everybody");
        return;
      case 'leave':
        this.#leave(EXIT.done);
        return;
      case 'takeover':
        this.#connection.tell({ note: 'takeover' });
        return;
      case 'help':
        for (const line of HELP) this.#say(line);
        return;
      case 'who':
        for (const { label, mode } of this.#present.values()) this.#say(`${printable(label, 64)} (${mode})`);
        return;
      case 'sysrq':
      case 'reboot':
      case 'break':
      case 'size':
      case 'size-anyway':
        this.#say(`not from here: use xl's own command`);
        return;
      case 'ask-sysrq':
      case 'ask-reboot':
      case 'ask-size':
      case 'cancelled':
      case 'unknown-key':
        this.#say('Ctrl-] ? for help');
    }
  }

  #type(bytes: Buffer): void {
    if (!this.#writing) {
      if (!this.#hinted) this.#say('you are watching: Ctrl-] t takes the keyboard');
      this.#hinted = true;
      return;
    }
    if (this.#connection.write(bytes)) return;
    this.#terminal.input.pause();
    this.#connection.onDrain(() => {
      this.#terminal.input.resume();
    });
  }

  #handleNote(note: ConsoleNote): void {
    switch (note.note) {
      case 'attached': {
        this.#me = note.attachment;
        this.#writing = note.mode === 'write';
        for (const who of note.present) this.#present.set(who.attachment, who);
        const others = note.present.filter(({ attachment }) => attachment !== this.#me);
        const present = others.map(({ label, mode }) => `${printable(label, 64)} (${mode})`).join(', ');
        const watching = this.#writing ? '' : ', watching';
        this.#greeting.push(`console of ${printable(note.domain)}${watching}; leave with Ctrl-] .`);
        if (present !== '') this.#greeting.push(`here already: ${present}`);
        return;
      }
      case 'writer':
        this.#writing = note.attachment === this.#me;
        this.#hinted = false;
        this.#say(
          this.#writing
            ? 'you have the keyboard'
            : `${printable(note.label ?? 'nobody', 64)} has the keyboard`,
        );
        return;
      case 'joined':
        this.#present.set(note.who.attachment, note.who);
        this.#say(`${printable(note.who.label, 64)} has come (${note.who.mode})`);
        return;
      case 'left':
        this.#present.delete(note.who.attachment);
        this.#say(`${printable(note.who.label, 64)} has left`);
        return;
      case 'skipped':
        this.#say(`${note.bytes} bytes were skipped`);
        return;
      case 'state':
        this.#say(`the domain is ${note.state}, its console ${note.console}`);
        return;
      case 'ended': {
        const [sentence, status] = ENDS[note.reason];
        this.#say(sentence);
        this.#leave(status);
        return;
      }
      case 'painted':
        for (const line of this.#greeting.splice(0)) this.#say(line);
        return;
      case 'boot': {
        if (!note.silent) return;
        const line = `the domain started ${clockTime(note.began)}; what is above is from before`;
        // Before the first picture, the line waits with the greeting.
        if (this.#greeting.length > 0) this.#greeting.push(line);
        else this.#say(line);
        return;
      }
      case 'moved':
        this.#say('the domain was moved within its host, and goes on');
        return;
      case 'resized':
      case 'screen':
      case 'ping':
      case 'pong':
        return;
    }
  }

  #say(sentence: string): void {
    this.#terminal.notices.write(`\r\n[${sentence}]\r\n`);
  }
}
