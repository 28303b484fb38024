import { StringDecoder } from 'node:string_decoder';

const LONGEST_LINE = 4095;
const QUEUED_CHARACTERS = 4096;
const REMEMBERED_LINES = 100;

interface TtyReader {
  line(text: string): void;
  interrupt(): void;
  endOfFile(): void;
}

/**
 * A terminal line like that of a Linux console, with a small line editor: it echoes
 * input and makes lines of it.
 */
export class Tty {
  readonly #write: (text: string) => void;
  readonly #prompted: () => void;
  readonly #decoder = new StringDecoder('utf8');
  readonly #history: string[] = [];
  #reader: TtyReader | undefined;
  /** Nobody reads: input waits, and only Ctrl-C acts. */
  #busy = true;
  #echo = true;
  #remember = false;
  #line: string[] = [];
  #queue = '';
  #escape = '';
  #historyAt = 0;

  /** @param prompted called after each prompt, before what was typed ahead is taken */
  constructor(write: (text: string) => void, prompted: () => void = () => undefined) {
    this.#write = write;
    this.#prompted = prompted;
  }

  print(text: string): void {
    if (text !== '') this.#write(text.replaceAll('\n', '\r\n'));
  }

  ask(prompt: string, reader: TtyReader, { echo = true, history = false } = {}): void {
    this.print(prompt);
    this.#prompted();
    this.#reader = reader;
    this.#echo = echo;
    this.#remember = history;
    this.#historyAt = this.#history.length;
    this.#line = [];
    this.#busy = false;
    const typedAhead = this.#queue;
    this.#queue = '';
    this.#take(typedAhead);
  }

  /** From now on only Ctrl-C reaches `reader`. */
  hold(reader: TtyReader): void {
    this.#reader = reader;
    this.#busy = true;
  }

  /** Drops input that was not read yet. */
  flush(): void {
    this.#queue = '';
    this.#line = [];
  }

  input(bytes: Buffer): void {
    this.#take(this.#decoder.write(bytes));
  }

  #take(text: string): void {
    let at = 0;
    for (const character of text) {
      if (this.#busy) {
        if (character === '\x03') this.#interrupt();
        else if (this.#queue.length < QUEUED_CHARACTERS) this.#queue += character;
      } else {
        this.#character(character);
      }
      at += character.length;
    }
    if (at === 0) this.#escape = '';
  }

  #character(character: string): void {
    if (this.#escape !== '') {
      this.#inEscape(character);
      return;
    }
    switch (character) {
      case '\x1b':
        this.#escape = character;
        return;
      case '\r':
      case '\n':
        this.#endLine();
        return;
      case '\x7f':
      case '\b':
        if (this.#line.pop() !== undefined) this.#show('\b \b');
        return;
      case '\x15':
        this.#replaceLine('');
        return;
      case '\x17':
        this.#replaceLine(this.#line.join('').replace(/\S*\s*$/, ''));
        return;
      case '\x0c':
        this.#write('\x1b[H\x1b[2J');
        this.#interrupt();
        return;
      case '\x03':
        this.#interrupt();
        return;
      case '\x04':
        if (this.#line.length === 0) {
          this.#busy = true;
          this.#reader?.endOfFile();
        }
        return;
      case '\t':
      case '\0':
        return;
      default:
        if (this.#line.length >= LONGEST_LINE) this.#write('\x07');
        else this.#insert(character);
    }
  }

  #insert(character: string): void {
    this.#line.push(character);
    const code = character.codePointAt(0) ?? 0;
    this.#show(code < 32 ? `^${String.fromCharCode(code + 64)}` : character);
  }

  /** Handles cursor keys. Everything else is swallowed, a terminal's answers to cursor queries included. */
  #inEscape(character: string): void {
    this.#escape += character;
    if (/^\x1b[[O][0-9;?]*$/.test(this.#escape) && this.#escape.length < 32) return;
    const key = this.#escape.slice(1);
    this.#escape = '';
    if (!this.#remember) return;
    if (key === '[A' || key === 'OA') this.#recall(-1);
    if (key === '[B' || key === 'OB') this.#recall(1);
  }

  #recall(step: -1 | 1): void {
    const at = Math.min(Math.max(this.#historyAt + step, 0), this.#history.length);
    this.#historyAt = at;
    this.#replaceLine(this.#history[at] ?? '');
  }

  #replaceLine(text: string): void {
    this.#show('\b \b'.repeat(this.#line.length));
    this.#line = [];
    for (const character of text) this.#insert(character);
  }

  #endLine(): void {
    const text = this.#line.join('');
    this.#line = [];
    this.#busy = true;
    this.#write('\r\n');
    if (this.#remember && text.trim() !== '' && this.#history.at(-1) !== text) {
      this.#history.push(text);
      if (this.#history.length > REMEMBERED_LINES) this.#history.shift();
    }
    this.#reader?.line(text);
  }

  #interrupt(): void {
    this.#line = [];
    this.#queue = '';
    this.#busy = true;
    this.#write('^C\r\n');
    this.#reader?.interrupt();
  }

  #show(text: string): void {
    if (this.#echo) this.#write(text);
  }
}
